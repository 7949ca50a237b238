import { OffingError } from "#core/errors.ts";
import { errorFields, onChange } from "#core/log.ts";
import { backoffMs } from "#core/retry.ts";
import { answerFault } from "#core/rpc/endpoint.ts";
import type { Seen } from "#core/source.ts";
import type { ReadonlyState } from "#core/state.ts";
import { blocksInOrder } from "./blocks-in-order.ts";
import type { ChainConfig } from "./config.ts";
import type { Done, InOrder } from "./in-order.ts";
import { blockAt, floorOf, islandOf } from "./memory.ts";
import type { BlockSeen, ChainObservation } from "./observation.ts";
import type { Reader } from "./reader.ts";
import type { SourceDeps } from "./source-deps.ts";

/** Fills in what lies below the chain that is followed, from its lowest block down, while there is nothing to do at the head. */
export interface Backfill {
  /**
   * Waits for the next blocks, at most `ms`; undefined when they are not there by then or nothing is wanted.
   *
   * @throws only what no retry mends
   */
  readonly take: (ms: number, signal: AbortSignal) => Promise<Batch | undefined>;
}

/** What a backfill needs. */
export interface BackfillOptions extends SourceDeps {
  readonly config: Pick<ChainConfig, "startBlock" | "rpc">;
  readonly reader: Reader;
  readonly state: ReadonlyState;
}

type Batch = readonly Seen<ChainObservation>[];

/** The blocks to read next: from `from` down, the first of which has this hash, and in the end all down to `lowest`. */
interface Wanted {
  readonly from: number;
  readonly lowest: number;
  readonly hash: string;
}

/** Blocks on their way down. */
interface Reading {
  /** Of the block that is taken next. */
  readonly hash: string;
  readonly blocks: InOrder<BlockSeen>;
  /** The next of them. */
  readonly next: Promise<Done<BlockSeen>>;
}

/** While these are written the head waits. */
const MOST_AT_ONCE = 64;
const BACKOFF = { firstMs: 500, capMs: 30_000 };
const APART = "the block below the lowest one is another than its child says";
const LOST = "the blocks below the gap are no part of this chain and too old to be taken back: the gap stays";

/**
 * Opens a backfill. It walks down by parent hash, so each of its blocks is proved to lead to the block that the head stands on, and it stops
 * at the configured first block, or where the chain meets what was applied before.
 *
 * It reads ahead while the ledger writes; a fault of its own is waited out without disturbing the head.
 */
export function createBackfill(options: BackfillOptions): Backfill {
  const { state, clock, log } = options;
  const say = onChange(log, "backfill");
  let reading: Reading | undefined;
  let [failures, restUntilMs] = [0, 0];
  const atOnce = Math.min(MOST_AT_ONCE, options.config.rpc.maxBlocksPerBatch);
  return {
    take: async (ms, signal) => {
      const wanted = wantedIn(state, options.config);
      if (wanted === "lost") say(LOST);
      const restMs = restUntilMs - clock.nowMs();
      if (wanted === undefined || wanted === "lost" || restMs > 0) {
        await clock.sleep(wanted === undefined || wanted === "lost" ? ms : Math.min(ms, restMs), signal);
        return undefined;
      }
      if (reading?.hash !== wanted.hash) {
        const blocks = downFrom(options, wanted, signal);
        reading = { hash: wanted.hash, blocks, next: blocks.take(atOnce) };
      }
      const { blocks, next } = reading;
      const nap = new AbortController();
      const settled = await Promise.race([next, clock.sleep(ms, AbortSignal.any([signal, nap.signal]))]);
      nap.abort();
      if (settled === undefined || signal.aborted) return undefined;
      reading = undefined;
      // It had come to its end, and what is wanted now lies below that.
      if (settled.done.length === 0 && settled.failed === undefined) return undefined;
      const linked = linkedDown(settled.done, wanted.hash);
      const lowest = linked.at(-1);
      if (lowest === undefined) {
        // The chain may be moving below us: what the head makes of it comes first.
        const error = settled.done.length === 0 ? settled.failed?.error : answerFault("unknown", APART);
        if (!(error instanceof OffingError) || error.retry === "never") throw error;
        failures += 1;
        restUntilMs = clock.nowMs() + backoffMs(failures, BACKOFF);
        say(`${error.code}: ${error.message}`, errorFields(error));
        return undefined;
      }
      failures = 0;
      say(undefined);
      if (linked.length === settled.done.length && settled.failed === undefined)
        reading = { hash: lowest.parentHash, blocks, next: blocks.take(atOnce) };
      return linked.map(seenBelow);
    },
  };
}

/** What is missing below the lowest block. */
function wantedIn(state: ReadonlyState, { startBlock }: BackfillOptions["config"]): Wanted | "lost" | undefined {
  const floor = floorOf(state);
  if (floor === undefined || floor.parentHash === "") return undefined;
  const from = floor.number - 1;
  const island = islandOf(state);
  const lowest = island === undefined ? (startBlock === "latest" ? floor.number : startBlock) : Math.min(from, island.number + 1);
  if (from < lowest) return undefined;
  if (island?.number === from && blockAt(state, from) === undefined) return "lost";
  return { from, lowest, hash: floor.parentHash };
}

/** Reads from the wanted block down. */
function downFrom({ reader, clock, config }: BackfillOptions, { from, lowest }: Wanted, signal: AbortSignal): InOrder<BlockSeen> {
  let next = from;
  const begin = (): Promise<BlockSeen> | undefined => {
    if (next < lowest) return undefined;
    const observedAtMs = clock.nowMs();
    next -= 1;
    return reader.byNumber(next + 1, signal).then((block) => reader.complete({ block, observedAtMs }, signal));
  };
  return blocksInOrder(begin, { width: config.rpc.concurrency, blockOf: (block) => block });
}

/** Those of the blocks that lead down from the one with this hash. */
function linkedDown(blocks: readonly BlockSeen[], hash: string): readonly BlockSeen[] {
  const broken = blocks.findIndex((block, index) => block.hash !== (index === 0 ? hash : blocks[index - 1]?.parentHash));
  return broken === -1 ? blocks : blocks.slice(0, broken);
}

function seenBelow(block: BlockSeen): Seen<ChainObservation> {
  return { feed: "backfill", observation: { ...block, joins: "backfill" }, cursor: { number: block.number, hash: block.hash } };
}
