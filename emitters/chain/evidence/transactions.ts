import { blockByHash } from "../blocks.ts";
import { isSilent } from "../frames.ts";
import type { ChainPool } from "../methods.ts";
import type { Frame } from "../observation.ts";
import type { RawBlock, RawReceipt, RawTransaction } from "../shapes.ts";
import { createBlockTracer, type TraceOptions } from "./block-traces.ts";
import { filledIn, isOutlineOf, type Mined, minedOf, outlinesOf } from "./mined.ts";

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
 * Of a block that came with hashes alone, receipts tell who called whom, and the root frames, which must agree, with what: for that the
 * tracer's word stands alone. Where they do not tell all that may be needed the block is asked for once more, whole.
 *
 * It throws SOURCE_UNREACHABLE or SOURCE_RESPONSE_INVALID.
 */
export function createTransactions(options: TraceOptions): (told: ToldBlock, signal: AbortSignal) => Promise<TracedBlock> {
  const framesOf = createBlockTracer(options);
  return async ({ block, receipts }, signal) => {
    const outlined = block.transactions === undefined ? outlinesOf(receipts) : undefined;
    const shown = outlined && (await framesOf({ block, outlined }, signal));
    if (outlined !== undefined && shown?.some(isSilent) === false)
      return { mined: outlined.flatMap((one, index) => (shown[index] === undefined ? [] : [filledIn(one, shown[index])])), frames: shown };
    const mined = minedOf(block.transactions ?? (await wholeOf(options.pool, block, signal)), receipts);
    // What was not to be had a moment ago is not asked for again, unless it was held against something that is not so.
    const isLost = shown === undefined && outlined?.every((one, index) => isOutlineOf(one, mined[index])) === true;
    return { mined, frames: isLost ? undefined : await framesOf({ block, outlined: mined }, signal) };
  };
}

async function wholeOf(pool: ChainPool, { number, hash, hashes }: RawBlock, signal: AbortSignal): Promise<readonly RawTransaction[]> {
  const wanted = { hash, whole: true, aside: true, atBlock: number };
  const { transactions = [], hashes: told } = await blockByHash(pool, wanted, signal);
  if (transactions.length === hashes.length && told.every((each, index) => each === hashes[index])) return transactions;
  throw pool.reject("unknown", "the node answered with other transactions of the same block");
}
