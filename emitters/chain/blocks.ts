import type { PoolRequest } from "#core/rpc/pool.ts";
import type { ChainPool, ReadMethod } from "./methods.ts";
import { parseBlock, type RawBlock } from "./shapes.ts";

/**
 * Asks for one block.
 *
 * @throws SOURCE_UNREACHABLE, SOURCE_RESPONSE_INVALID
 */
export async function askBlock(pool: ChainPool, request: PoolRequest<ReadMethod>, signal: AbortSignal): Promise<RawBlock> {
  const read = (result: unknown) => (result === null ? null : parseBlock(result));
  const { result: found, provider } = await pool.ask({ ...request, read }, signal);
  if (found != null) {
    if (request.params[0] === "latest") pool.heard(provider, { head: found.number });
    return found;
  }
  if (found === null) throw pool.reject("null_block", "the node does not have a block that it should have", provider);
  throw pool.reject("unknown", "the node answered with something that is no block", provider);
}

/** Which block, and whether its transactions are wanted whole. */
export interface ByHash extends Pick<PoolRequest<ReadMethod>, "aside" | "atBlock"> {
  readonly hash: string;
  readonly whole: boolean;
}

/** Asks for the block with a hash. @throws what `askBlock` throws */
export async function blockByHash(pool: ChainPool, { hash, whole, ...how }: ByHash, signal: AbortSignal): Promise<RawBlock> {
  const found = await askBlock(pool, { method: "eth_getBlockByHash", params: [hash, whole], ...how }, signal);
  if (found.hash === hash) return found;
  throw pool.reject("unknown", "the node answered with another block");
}
