import type { Clock } from "#core/clock.ts";
import type { Emitter } from "#core/emitter.ts";
import { OffingError } from "#core/errors.ts";
import type { Fact, Json, StoredFact } from "#core/fact.ts";
import type { DeadLetter, Ledger } from "#core/ledger/ledger.ts";
import { errorFields, type Log, onChange } from "#core/log.ts";
import { backoffMs } from "#core/retry.ts";
import type { Seen } from "#core/source.ts";
import type { State } from "#core/state.ts";

/** What the loop works with. */
export interface LoopOptions<O, F extends Fact> {
  readonly emitter: Pick<Emitter<O, F>, "source" | "interpret">;
  readonly ledger: Ledger;
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
  /** Called after each commit: something new may be projected, and gauges may be read from the state. */
  readonly onCommit: (stored: readonly StoredFact[]) => void;
  /** Called for each dead letter. */
  readonly onDeadLetter: (letter: DeadLetter) => void;
}

const BACKOFF = { firstMs: 100, capMs: 5_000 };

/**
 * The loop of every emitter: pull observations, interpret them, and commit facts, changed state and cursors in one transaction.
 *
 * The source is pulled again only after the commit, so a crash at any moment loses nothing and repeats nothing. An observation that
 * cannot be interpreted becomes a dead letter and the loop goes on. A ledger that is full or away is waited for.
 *
 * @throws LEDGER_LOST when another emitter took over; whatever the source throws for good
 */
export async function ingest<O, F extends Fact>(options: LoopOptions<O, F>, abort: AbortSignal): Promise<void> {
  const { emitter, ledger, state } = options;
  const cursors = await ledger.cursors();
  for await (const batch of emitter.source({ cursors, state, history: ledger }, abort)) {
    if (batch.length > 0) await commitBatch(options, batch, abort);
    if (abort.aborted) return;
  }
}

async function commitBatch<O, F extends Fact>(options: LoopOptions<O, F>, batch: readonly Seen<O>[], abort: AbortSignal): Promise<void> {
  const facts: F[] = [];
  const deadLetters: DeadLetter[] = [];
  try {
    for (const { observation } of batch) facts.push(...options.emitter.interpret(options.state, observation));
  } catch (error) {
    options.state.revert();
    const [only] = batch;
    if (batch.length > 1) {
      // One of them is bad: each gets a commit of its own, and only the bad one is lost to the dead letters.
      for (const seen of batch) await commitBatch(options, [seen], abort);
      return;
    }
    const item = { feed: only?.feed ?? "", error: String(error), observation: (only?.observation ?? null) as Json };
    deadLetters.push({ origin: "interpret", reason: "undecodable", item });
    options.log.error("an observation could not be interpreted and is kept as a dead letter", errorFields(error));
    facts.length = 0;
  }
  const cursors = new Map<string, Json>();
  for (const { feed, cursor } of batch) if (cursor !== undefined) cursors.set(feed, cursor);
  const stored = await appendPatiently(options, { facts, changes: options.state.changes(), cursors, deadLetters }, abort);
  if (stored === undefined) return;
  options.state.settle();
  for (const letter of deadLetters) options.onDeadLetter(letter);
  options.onCommit(stored);
}

/** Appends until it succeeds; undefined when aborted while waiting for a ledger that is full or away. */
async function appendPatiently<O, F extends Fact>(
  { ledger, clock, log }: LoopOptions<O, F>,
  commit: Parameters<Ledger["append"]>[0],
  abort: AbortSignal,
): Promise<readonly StoredFact[] | undefined> {
  const say = onChange(log, "ledger");
  for (let attempt = 1; ; attempt += 1) {
    try {
      const stored = await ledger.append(commit);
      say(undefined);
      return stored;
    } catch (error) {
      if (!(error instanceof OffingError) || error.retry === "never") throw error;
      say(error.code, errorFields(error));
      await clock.sleep(backoffMs(attempt, BACKOFF), abort);
      if (abort.aborted) return undefined;
    }
  }
}
