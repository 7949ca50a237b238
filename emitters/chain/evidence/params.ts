import { encodeFunctionData } from "viem/utils";
import { OffingError } from "#core/errors.ts";
import { setterFrames } from "../frames.ts";
import type { ChainPool } from "../methods.ts";
import type { ParamRead, TransactionSeen } from "../observation.ts";
import type { RawBlock } from "../shapes.ts";
import type { Watch } from "../watch.ts";

/** A block with what mattered of it. */
export interface Changing {
  readonly block: RawBlock;
  readonly transactions: readonly TransactionSeen[];
}

/**
 * Reads the configured parameters of every contract whose configuration a block changes, at the end of the block before and of this one.
 *
 * What a node does not have any more is null: the change itself is known without it.
 */
export async function readParams(
  { pool, watch }: { readonly pool: ChainPool; readonly watch: Watch },
  { block, transactions }: Changing,
  signal: AbortSignal,
): Promise<readonly ParamRead[]> {
  const changed = new Set(transactions.flatMap((transaction) => changedBy(transaction, watch)));
  const wanted = [...watch.reads.values()].filter(({ address }) => changed.has(address));
  return await Promise.all(
    wanted.map(async ({ address, ...reader }): Promise<ParamRead> => {
      const data = encodeFunctionData({ abi: [reader], args: [] });
      const at = (blockHash: string) => valueAt(pool, { to: address, data, blockHash }, signal);
      const [before, after] = await Promise.all([at(block.parentHash), at(block.hash)]);
      return { address, name: reader.name, before, after };
    }),
  );
}

/** The contracts that a transaction changes. */
function changedBy({ logs, trace, to, input, success }: TransactionSeen, watch: Watch): readonly string[] {
  const set = trace === null ? [] : setterFrames(trace, watch).map(({ frame }) => frame.to ?? "");
  const direct = success && trace === null && input !== undefined && to !== null ? [to] : [];
  return [...logs.map(({ address }) => address), ...set, ...direct];
}

interface Call {
  readonly to: string;
  readonly data: string;
  readonly blockHash: string;
}

async function valueAt(pool: ChainPool, { to, data, blockHash }: Call, signal: AbortSignal): Promise<string | null> {
  try {
    const { result } = await pool.ask({ method: "eth_call", params: [{ to, data }, { blockHash }], mayRevert: true, aside: true }, signal);
    return typeof result === "string" && result !== "0x" ? result : null;
  } catch (error) {
    if (signal.aborted || !(error instanceof OffingError) || error.retry === "never") throw error;
    return null;
  }
}
