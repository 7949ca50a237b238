import type { Clock } from "#core/clock.ts";
import { OffingError } from "#core/errors.ts";
import type { Json } from "#core/fact.ts";
import type { Log } from "#core/log.ts";
import type { History, Seen } from "#core/source.ts";
import type { ReadonlyState } from "#core/state.ts";
import type { ChainFact, OperationFact } from "../facts.ts";
import type { ChainObservation } from "../observation.ts";
import type { Reader } from "../reader.ts";
import type { Watch } from "../watch.ts";
import { redecoded, registryDigest } from "./redecode.ts";
import { type WeakTransaction, weakOf } from "./weak.ts";

/** What looking at history again needs. */
export interface AgainOptions {
  readonly reader: Pick<Reader, "byHash" | "complete" | "canTrace">;
  readonly watch: Watch;
  readonly state: ReadonlyState;
  readonly cursors: ReadonlyMap<string, Json>;
  /** Absent where no ledger is kept. */
  readonly history: History | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

type Batch = readonly Seen<ChainObservation>[];

const PAGE = 1_000;
/** How long one turn may look through the ledger, so that the head is not kept waiting. */
const TURN_MS = 250;
const BLOCKS_PER_TURN = 4;
const FIRST_MS = 60_000;
const LONGEST_MS = 6 * 3_600_000;

/** Makes the feeds that look at what is known already once more; pulled while the head rests. */
export function createAgain(options: AgainOptions): (signal: AbortSignal) => AsyncGenerator<Batch, void> {
  const [decode, prove] = [createRedecoder(options), createRegrader(options)];
  return async function* (signal) {
    yield* decode();
    yield* prove(signal);
  };
}

/**
 * Makes the feed that reads stored failures again when the registry has changed: one observation a page, with the cursor after it.
 *
 * A ledger that was read by this registry before is not looked through.
 */
function createRedecoder({ watch, cursors, history, clock, log }: AgainOptions): () => AsyncGenerator<Batch, void> {
  const digest = registryDigest(watch);
  const stood = cursors.get("registry") as Progress | undefined;
  let progress: Progress = stood?.digest === digest ? stood : { digest, seq: 0, done: false };
  if (stood !== undefined && stood.digest !== digest) log.info("the registry of reasons has changed: stored failures are read again");
  return async function* () {
    const untilMs = clock.nowMs() + TURN_MS;
    while (!progress.done && history !== undefined && clock.nowMs() <= untilMs) {
      const page = await history.read(progress.seq, PAGE);
      const facts: OperationFact[] = [];
      for (const { fact } of page) if (await isChanged(fact as ChainFact, { history, watch })) facts.push(fact as OperationFact);
      progress = { digest, seq: page.at(-1)?.seq ?? progress.seq, done: page.length < PAGE };
      yield [{ feed: "registry", observation: { type: "redecode", facts: facts as unknown as readonly Json[] }, cursor: progress }];
    }
  };
}

type Progress = { readonly digest: string; readonly seq: number; readonly done: boolean };

async function isChanged(fact: ChainFact, { history, watch }: { readonly history: History; readonly watch: Watch }): Promise<boolean> {
  if (fact.kind !== "operation" || redecoded(fact, watch) === undefined) return false;
  return (await history.fact(`${fact.id}:retracted`)) === undefined;
}

/**
 * Makes the feed that proves weakly proved operations again: a better endpoint may have come, or one that was away came back. What an
 * earlier process left is tried at once, what is new after a minute, and each block ever more seldom.
 */
function createRegrader({ reader, state, clock }: AgainOptions): (signal: AbortSignal) => AsyncGenerator<Batch, void> {
  const tries = new Map<string, Try>();
  let first = true;
  return async function* (signal) {
    const nowMs = clock.nowMs();
    const blocks = blocksOf(state, hasUnseen(state) && (await reader.canTrace(signal)));
    for (const hash of tries.keys()) if (!blocks.has(hash)) tries.delete(hash);
    for (const hash of blocks.keys()) if (!tries.has(hash)) tries.set(hash, { dueMs: first ? nowMs : nowMs + FIRST_MS, waitMs: FIRST_MS });
    first = false;
    const due = [...blocks].filter(([hash]) => (tries.get(hash)?.dueMs ?? nowMs) <= nowMs).slice(0, BLOCKS_PER_TURN);
    for (const [hash, wanted] of due) {
      const waitMs = Math.min((tries.get(hash)?.waitMs ?? FIRST_MS) * 2, LONGEST_MS);
      tries.set(hash, { dueMs: nowMs + waitMs, waitMs });
      const again = await provedAgain(reader, { hash, wanted, observedAtMs: nowMs }, signal);
      if (again.length > 0) yield again;
    }
  };
}

interface Try {
  readonly dueMs: number;
  readonly waitMs: number;
}

function hasUnseen(state: ReadonlyState): boolean {
  for (const [, { operations }] of weakOf(state)) if (operations.length === 0) return true;
  return false;
}

/** What no trace has shown is worth a question only where traces are to be had. */
function blocksOf(state: ReadonlyState, canTrace: boolean): ReadonlyMap<string, ReadonlyMap<string, WeakTransaction>> {
  const blocks = new Map<string, Map<string, WeakTransaction>>();
  for (const [txHash, weak] of weakOf(state)) {
    if (weak.operations.length === 0 && !canTrace) continue;
    const block = blocks.get(weak.hash) ?? new Map<string, WeakTransaction>();
    blocks.set(weak.hash, block.set(txHash, weak));
  }
  return blocks;
}

interface Wanted {
  readonly hash: string;
  readonly wanted: ReadonlyMap<string, WeakTransaction>;
  readonly observedAtMs: number;
}

/** A block that cannot be had now is tried again another time; the faults were counted. */
async function provedAgain(reader: AgainOptions["reader"], { hash, wanted, observedAtMs }: Wanted, signal: AbortSignal): Promise<Batch> {
  try {
    const block = await reader.byHash(hash, signal);
    const { number, timeMs, transactions, grade } = await reader.complete({ block, observedAtMs }, signal);
    const told = new Set(transactions.map((transaction) => transaction.hash));
    const foreign = grade === "traced" ? [...wanted.keys()].filter((txHash) => !told.has(txHash)) : [];
    const better = transactions.flatMap((transaction) => {
      const isBetter = transaction.trace !== null || transaction.revert !== undefined;
      if (!wanted.has(transaction.hash) || !isBetter) return [];
      return [{ feed: "regrade", observation: { type: "regrade", number, hash, timeMs, transaction } as const }];
    });
    return [...better, ...foreign.map((txHash) => ({ feed: "regrade", observation: { type: "foreign", txHash } as const }))];
  } catch (error) {
    if (signal.aborted || !(error instanceof OffingError) || error.retry === "never") throw error;
    return [];
  }
}
