import type { Clock } from "#core/clock.ts";
import { OffingError } from "#core/errors.ts";
import { errorFields, onChange } from "#core/log.ts";
import { backoffMs } from "#core/retry.ts";
import { answerFault } from "#core/rpc/endpoint.ts";
import { type Header, jointOf, type Known, linkedLength, nextStep, type Step } from "#core/rpc/head.ts";
import { createPool } from "#core/rpc/pool.ts";
import type { Seen, Source } from "#core/source.ts";
import type { ReadonlyState } from "#core/state.ts";
import { type Backfill, createBackfill } from "./backfill.ts";
import { blocksInOrder } from "./blocks-in-order.ts";
import { createCanary } from "./canary/feed.ts";
import type { ChainConfig } from "./config.ts";
import { createAgain } from "./evidence/again.ts";
import type { Begin } from "./in-order.ts";
import { blockAt, firstOf, tipOf } from "./memory.ts";
import { type ChainPool, methodsFor } from "./methods.ts";
import type { BlockSeen, ChainObservation, TickSeen } from "./observation.ts";
import { createReader, type Reader } from "./reader.ts";
import type { RawBlock } from "./shapes.ts";
import type { SourceDeps } from "./source-deps.ts";
import { watchOf } from "./watch.ts";

type Batch = readonly Seen<ChainObservation>[];

/** A tick comes at least so often, also while the node is silent: it is the emitter's heartbeat. */
const TICK_MS = 5_000;
const BACKOFF = { firstMs: 250, capMs: TICK_MS };

/**
 * Follows a chain by parent hash from where the state stands: polls the head, reads what is new and yields each block once its parent is
 * applied, with a tick for every poll. A head too far away is gone on at, and a feed of its own fills in what lies between while the head
 * rests.
 *
 * Nothing that a node says wrongly gets further than a counter: it is asked again, for ever, with one log line when that begins and one
 * when it ends.
 *
 * @throws SOURCE_CHAIN_MISMATCH
 */
export function chainSource(config: ChainConfig, deps: SourceDeps): Source<ChainObservation> {
  return async function* ({ state, cursors, history }, signal) {
    const { clock, log } = deps;
    const watch = watchOf(config);
    const pool = createPool({
      methods: methodsFor(config.rpc),
      chainId: config.chainId,
      genesis: config.genesisHash,
      rpc: config.rpc,
      ...deps,
    });
    const reader = createReader({ pool, watch, rpc: config.rpc, ...deps });
    const follower: Follower = { config, pool, reader, state, ...deps };
    const backfill = createBackfill(follower);
    const canary = createCanary({ ...follower, canary: config.canary });
    const again = createAgain({ reader, watch, state, cursors, history, ...deps });
    const say = onChange(log, "chain source");
    const silence: Position = { head: null, safe: null, finalized: null };
    let [checked, failures] = [false, 0];
    while (!signal.aborted) {
      const attempt = attemptUnder(signal);
      // Where the head was told and its blocks were not, the lag must show it.
      let heard = silence;
      const hear = (position: Position): void => {
        heard = position;
      };
      pool.survey(signal);
      try {
        if (!checked) yield* ticking(warnOfMissingCode(follower, attempt.signal), { clock, position: silence });
        checked = true;
        const { behind, position } = yield* turn({ ...follower, hear }, attempt.signal);
        say(undefined);
        failures = 0;
        if (!behind) yield* canary(attempt.signal);
        if (!behind) yield* again(attempt.signal);
        if (!behind) yield* resting({ backfill, clock, position, restMs: config.rpc.pollIntervalMs }, signal);
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof OffingError) || error.retry === "never") throw error;
        failures += 1;
        say(`${error.code}: ${error.message}`, errorFields(error));
        yield [tickAt(clock, heard)];
        await clock.sleep(backoffMs(failures, BACKOFF), signal);
      } finally {
        // What is still being asked for this turn is of no use to the next one.
        attempt.end();
      }
    }
  };
}

interface Follower extends SourceDeps {
  readonly config: ChainConfig;
  readonly pool: ChainPool;
  readonly reader: Reader;
  readonly state: ReadonlyState;
}

/** So close to the head each block has a commit of its own. */
const NEAR_BLOCKS = 32;

/** Where the node says it stands. */
type Position = Pick<TickSeen, "head" | "safe" | "finalized">;

interface Turned {
  /** True when the chain is further than what was applied. */
  readonly behind: boolean;
  readonly position: Position;
}

interface Turning extends Follower {
  /** Told where the node stands as soon as it has said so. */
  readonly hear: (position: Position) => void;
}

/** One poll and everything that follows from it. */
async function* turn({ hear, ...follower }: Turning, signal: AbortSignal): AsyncGenerator<Batch, Turned> {
  const { config, clock, state, pool, reader } = follower;
  const { head, safe, finalized } = yield* ticking(reader.heads(signal), {
    clock,
    position: { head: null, safe: null, finalized: null },
  });
  const observedAtMs = clock.nowMs();
  const position: Position = { head: head.number, safe, finalized };
  hear(position);
  yield [tickAt(clock, position)];
  const step = nextStep(knownOf(state), head, { startBlock: config.startBlock, jumpAbove: config.backfillAboveBlocks });
  if (step.type === "stale") pool.reject("stale_head", "the node shows a head that was left behind");
  if (step.type === "wait" || step.type === "stale") return { behind: false, position };
  const applied = tipOf(state)?.number;
  const begin = yield* ticking(planOf(follower, { step, head, observedAtMs }, signal), { clock, position });
  // Of each block one thing is asked at a time: as many blocks as requests keep the node busy, and more would only lie around.
  const blocks = blocksInOrder(begin, { width: config.rpc.concurrency, blockOf: ({ observation }) => observation });
  const { maxBlocksPerBatch } = config.rpc;
  for (let before: readonly Header[] = []; ; ) {
    // At the head each block is written as soon as it is there; far behind it, many at once.
    const isNear = head.number - (tipOf(state)?.number ?? 0) <= Math.min(NEAR_BLOCKS, maxBlocksPerBatch);
    const size = isNear ? 1 : maxBlocksPerBatch;
    const { done, failed } = yield* ticking(blocks.take(size), { clock, position });
    const linked = done.slice(0, linkedLength([...before, ...done.map(({ observation }) => observation)]) - before.length);
    const newest = linked.at(-1)?.observation;
    if (newest !== undefined) {
      yield linked;
      if (tipOf(state)?.hash !== newest.hash) throw answerFault("unknown", "blocks that were read could not be applied");
      before = [newest];
    }
    if (failed !== undefined) throw failed.error;
    if (newest === undefined || linked.length < done.length) break;
  }
  if (step.type === "jump") follower.log.info("went on at the head, and fills in what lies below it", { head: head.number, applied });
  return { behind: (tipOf(state)?.number ?? 0) < head.number, position };
}

interface Stepping {
  readonly step: Exclude<Step, { readonly type: "wait" | "stale" }>;
  readonly head: RawBlock;
  /** When the head was learnt of. */
  readonly observedAtMs: number;
}

type SeenNext = Seen<BlockSeen>;

/** The blocks to apply next, in order: those that follow the newest applied one, or a branch that leads to the first of them. */
async function planOf(follower: Follower, { step, head, observedAtMs }: Stepping, signal: AbortSignal): Promise<Begin<SeenNext>> {
  const { reader, state, clock } = follower;
  const whole = async (block: RawBlock): Promise<SeenNext> => seenAt(await reader.complete({ block, observedAtMs }, signal));
  const listed = (headers: readonly Header[]): Begin<SeenNext> => {
    const left = headers.values();
    return () => {
      const { value } = left.next();
      return value && reader.byHash(value.hash, signal).then(whole);
    };
  };
  if (step.type === "branch") return listed(await readBranch(follower, head, signal));
  if (step.type === "jump") {
    const jump = listed([head]);
    return () => jump()?.then((seen) => ({ ...seen, observation: { ...seen.observation, joins: "jump" } }));
  }
  const first = await reader.byNumber(step.from, signal);
  if (jointOf(knownOf(state), first) !== "joins") return listed(await readBranch(follower, first, signal));
  let next = step.from;
  return () => {
    // The head moves on meanwhile and is looked at again now and then.
    if (next > step.to || clock.nowMs() - observedAtMs > TICK_MS) return undefined;
    next += 1;
    return next - 1 === step.from ? whole(first) : reader.byNumber(next - 1, signal).then(whole);
  };
}

function seenAt(observation: BlockSeen): SeenNext {
  return { feed: "blocks", observation, cursor: { number: observation.number, hash: observation.hash } };
}

interface Resting extends TickOptions {
  readonly backfill: Backfill;
  readonly restMs: number;
}

/** Until the head is looked at again the backfill has its turn. */
async function* resting({ backfill, clock, position, restMs }: Resting, signal: AbortSignal): AsyncGenerator<Batch> {
  const untilMs = clock.nowMs() + restMs;
  for (let leftMs = restMs; leftMs > 0 && !signal.aborted; leftMs = untilMs - clock.nowMs()) {
    const batch = await backfill.take(Math.min(leftMs, TICK_MS), signal);
    if (batch !== undefined) yield batch;
    else if (untilMs > clock.nowMs()) yield [tickAt(clock, position)];
  }
}

/**
 * The headers from the first block after the fork up to `head`, in order.
 *
 * @throws SOURCE_RESPONSE_INVALID when the fork lies below everything that can still be taken back
 */
async function readBranch({ reader, pool, state }: Follower, head: Header, signal: AbortSignal): Promise<readonly Header[]> {
  const known = knownOf(state);
  const branch: Header[] = [];
  for (let lowest = headerOf(head); ; lowest = headerOf(await reader.byHash(lowest.parentHash, signal))) {
    branch.push(lowest);
    const joint = jointOf(known, lowest);
    if (joint === "joins") return branch.reverse();
    if (joint === "lost") throw pool.reject("unknown", LOST);
  }
}

const LOST =
  "the node's chain shares no block with the last ones of the ledger: ask a node of the same chain, or start a new ledger beside this one";

/** A typed address that holds no contract is an easy mistake, and may also be a contract that comes later. */
async function warnOfMissingCode({ config, reader, log }: Follower, signal: AbortSignal): Promise<void> {
  const watched = [...config.contracts, ...config.modules];
  const missing = await reader.withoutCode([...new Set(watched.map(({ address }) => address))], signal);
  for (const { name, address } of watched) {
    if (missing.includes(address)) log.warn("a watched address holds no contract at the head", { name, address });
  }
}

interface TickOptions {
  readonly clock: Clock;
  readonly position: Position;
}

/** Waits for `work`, with a tick whenever it takes long. */
async function* ticking<T>(work: Promise<T>, { clock, position }: TickOptions): AsyncGenerator<Batch, T> {
  let done = false;
  const end = (): void => {
    done = true;
  };
  const settled = work.then(end, end);
  while (!done) {
    const nap = new AbortController();
    await Promise.race([settled, clock.sleep(TICK_MS, nap.signal)]);
    nap.abort();
    if (!done) yield [tickAt(clock, position)];
  }
  return await work;
}

function tickAt(clock: Clock, position: Position): Seen<ChainObservation> {
  return { feed: "ticks", observation: { type: "tick", atMs: clock.nowMs(), ...position } };
}

/** A signal for one turn: it aborts with the given one, and when the turn ends. */
function attemptUnder(signal: AbortSignal): { readonly signal: AbortSignal; readonly end: () => void } {
  const controller = new AbortController();
  const abort = (): void => controller.abort(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  const end = (): void => {
    signal.removeEventListener("abort", abort);
    controller.abort();
  };
  return { signal: controller.signal, end };
}

function headerOf({ number, hash, parentHash }: Header): Header {
  return { number, hash, parentHash };
}

function knownOf(state: ReadonlyState): Known {
  return { tip: tipOf(state), first: firstOf(state), hashAt: (number) => blockAt(state, number)?.hash };
}
