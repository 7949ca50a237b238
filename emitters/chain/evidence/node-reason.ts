import { OffingError } from "#core/errors.ts";
import { Reverted } from "#core/rpc/endpoint.ts";
import type { PoolRequest } from "#core/rpc/pool.ts";
import type { ChainPool, ReadMethod } from "../methods.ts";
import type { RawBlock } from "../shapes.ts";
import type { Mined, RootBytes } from "./mined.ts";

/**
 * What the node itself says a transaction reverted with: in its receipt, as Besu can, or when asked for it, as Erigon, Reth and anvil can.
 *
 * @see https://docs.otterscan.io/api-docs/ots-api ots_getTransactionError
 */
export async function nodeReason(pool: ChainPool, { transaction, receipt }: Mined, signal: AbortSignal): Promise<RootBytes | undefined> {
  if (receipt.revertReason !== undefined) return { by: "node", data: receipt.revertReason };
  const method = "ots_getTransactionError";
  if (!(await pool.supports(method, signal))) return undefined;
  const data = await quietly(pool, { method, params: [transaction.hash], aside: true }, signal);
  return typeof data === "string" && /^0x[0-9a-f]*$/i.test(data) ? { by: "node", data: data.toLowerCase() } : undefined;
}

/**
 * What the same call reverts with at the end of the parent block: an approximation, because state may have moved before the transaction's
 * turn. Undefined when the call goes through there.
 */
export async function parentCall(
  pool: ChainPool,
  { block, one }: { readonly block: RawBlock; readonly one: Mined },
  signal: AbortSignal,
): Promise<RootBytes | undefined> {
  const { from, to, input, value, gas } = one.transaction;
  const params = [{ from, to, input, value, gas }, { blockHash: block.parentHash }];
  const answer = await quietly(pool, { method: "eth_call", params, mayRevert: true, aside: true }, signal);
  return answer instanceof Reverted ? { by: "call", data: answer.data } : undefined;
}

/** The answer, or undefined for a fault, which was counted: there are lower rungs. */
async function quietly(pool: ChainPool, request: PoolRequest<ReadMethod>, signal: AbortSignal): Promise<unknown> {
  try {
    return (await pool.ask(request, signal)).result;
  } catch (error) {
    if (signal.aborted || !(error instanceof OffingError) || error.retry === "never") throw error;
    return undefined;
  }
}
