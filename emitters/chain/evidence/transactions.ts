import { blockByHash } from "../blocks.ts";
import type { ChainPool } from "../methods.ts";
import type { Frame } from "../observation.ts";
import type { RawBlock, RawReceipt, RawTransaction } from "../shapes.ts";
import { createBlockTracer, type TraceOptions } from "./block-traces.ts";
import { filledIn, type Mined, minedOf, outlinesOf } from "./mined.ts";

/** A block, whole or with the hashes of its transactions alone, and its receipts, which were proved to be all of its own. */
export interface ToldBlock {
  readonly block: RawBlock;
  readonly receipts: readonly RawReceipt[];
}

/** The transactions of a block in their order, and the root frames of all of them where they are to be had. */
export interface TracedBlock {
  readonly mined: readonly Mined[];
  readonly frames: readonly Frame[] | undefined;
}

/**
 * Makes a function that gives all transactions of a block with their traces.
 *
 * Of a block that came with hashes alone, receipts and call traces tell what its transactions are, each held against the other. Where that
 * is not to be had the block is asked for once more, whole.
 *
 * It throws SOURCE_UNREACHABLE or SOURCE_RESPONSE_INVALID.
 */
export function createTransactions(options: TraceOptions): (told: ToldBlock, signal: AbortSignal) => Promise<TracedBlock> {
  const framesOf = createBlockTracer(options);
  return async ({ block, receipts }, signal) => {
    const outlined = block.transactions === undefined ? outlinesOf(receipts) : undefined;
    const shown = outlined && (await framesOf({ block, outlined }, signal));
    if (outlined !== undefined && shown !== undefined)
      return { mined: outlined.flatMap((one, index) => (shown[index] === undefined ? [] : [filledIn(one, shown[index])])), frames: shown };
    const mined = minedOf(block.transactions ?? (await wholeOf(options.pool, block, signal)), receipts);
    // What was not to be had a moment ago is not asked for again.
    return { mined, frames: outlined === undefined ? await framesOf({ block, outlined: mined }, signal) : undefined };
  };
}

async function wholeOf(pool: ChainPool, { hash, hashes }: RawBlock, signal: AbortSignal): Promise<readonly RawTransaction[]> {
  const { transactions = [], hashes: told } = await blockByHash(pool, { hash, whole: true }, signal);
  if (transactions.length === hashes.length && told.every((each, index) => each === hashes[index])) return transactions;
  throw pool.reject("unknown", "the node answered with other transactions of the same block");
}
