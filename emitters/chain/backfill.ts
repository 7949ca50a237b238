import { OffingError } from "#core/errors.ts";
import { errorFields, onChange } from "#core/log.ts";
import { backoffMs } from "#core/retry.ts";
import { answerFault } from "#core/rpc/endpoint.ts";
import type { Seen } from "#core/source.ts";
import type { ReadonlyState } from "#core/state.ts";
import type { ChainConfig } from "./config.ts";
import { blockAt, floorOf, islandOf } from "./memory.ts";
import type { ChainObservation } from "./observation.ts";
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

interface Reading {
  readonly wanted: Wanted;
  readonly result: Promise<{ readonly batch: Batch } | { readonly error: unknown }>;
}

const BACKOFF = { firstMs: 500, capMs: 30_000 };
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
  const start = (wanted: Wanted, signal: AbortSignal): void => {
    const result = read(options, wanted, signal).then(
      (batch) => ({ batch }),
      (error: unknown) => ({ error }),
    );
    reading = { wanted, result };
  };
  return {
    take: async (ms, signal) => {
      const wanted = wantedIn(state, options.config);
      if (wanted === "lost") say(LOST);
      const restMs = restUntilMs - clock.nowMs();
      if (wanted === undefined || wanted === "lost" || restMs > 0) {
        await clock.sleep(wanted === undefined || wanted === "lost" ? ms : Math.min(ms, restMs), signal);
        return undefined;
      }
      if (reading?.wanted.hash !== wanted.hash) start(wanted, signal);
      const nap = new AbortController();
      const settled = await Promise.race([reading?.result, clock.sleep(ms, AbortSignal.any([signal, nap.signal]))]);
      nap.abort();
      if (settled === undefined || signal.aborted) return undefined;
      reading = undefined;
      if ("error" in settled) {
        if (!(settled.error instanceof OffingError) || settled.error.retry === "never") throw settled.error;
        failures += 1;
        restUntilMs = clock.nowMs() + backoffMs(failures, BACKOFF);
        say(`${settled.error.code}: ${settled.error.message}`, errorFields(settled.error));
        return undefined;
      }
      failures = 0;
      say(undefined);
      const next = wantedBelow(wanted, settled.batch);
      if (next !== undefined) start(next, signal);
      return settled.batch;
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

/** What is wanted once this batch is applied. */
function wantedBelow({ lowest }: Wanted, batch: Batch): Wanted | undefined {
  const last = batch.at(-1)?.observation;
  return last?.type !== "block" || last.number <= lowest ? undefined : { from: last.number - 1, lowest, hash: last.parentHash };
}

async function read({ reader, clock, config }: BackfillOptions, { from, lowest, hash }: Wanted, signal: AbortSignal): Promise<Batch> {
  const observedAtMs = clock.nowMs();
  const to = Math.max(lowest, from - config.rpc.maxBlocksPerBatch + 1);
  const numbers = Array.from({ length: from - to + 1 }, (_, index) => from - index);
  const blocks = await Promise.all(numbers.map((number) => reader.byNumber(number, signal)));
  const broken = blocks.findIndex((block, index) => block.hash !== (index === 0 ? hash : blocks[index - 1]?.parentHash));
  // The chain may be moving below us: what the head makes of it comes first.
  if (broken === 0) throw answerFault("unknown", "the block below the lowest one is another than its child says");
  const linked = broken === -1 ? blocks : blocks.slice(0, broken);
  const whole = await Promise.all(linked.map((block) => reader.complete({ block, observedAtMs }, signal)));
  return whole.map((block) => {
    const cursor = { number: block.number, hash: block.hash };
    return { feed: "backfill", observation: { ...block, joins: "backfill" }, cursor };
  });
}
