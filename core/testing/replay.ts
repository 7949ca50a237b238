import type { Emitter } from "#core/emitter.ts";
import type { Fact, Json, StoredFact } from "#core/fact.ts";
import type { Signal } from "#core/signal.ts";
import type { Seen } from "#core/source.ts";
import { State, type StateChange } from "#core/state.ts";

/** What an emitter knows between two batches, as a ledger would keep it. */
export interface Kept {
  readonly entries: ReadonlyMap<string, StateChange>;
  readonly cursors: ReadonlyMap<string, Json>;
  readonly facts: number;
}

/** Nothing seen yet. */
export const NOTHING: Kept = { entries: new Map(), cursors: new Map(), facts: 0 };

/** One batch, interpreted and kept. */
export interface Step<F extends Fact> {
  readonly stored: readonly StoredFact<F>[];
  /** The signals of each stored fact, in the same order. */
  readonly signals: readonly (readonly Signal[])[];
  readonly kept: Kept;
}

/** An emitter's pure half with a state that goes through JSON, as it does in a ledger. */
export class Replay<O, F extends Fact> {
  readonly state: State;
  readonly #emitter: Emitter<O, F>;
  #kept: Kept;

  constructor(emitter: Emitter<O, F>, from: Kept = NOTHING) {
    this.#emitter = emitter;
    this.#kept = from;
    // In the order of a table's key, not in the order they were set: interpret must not rely on the latter.
    const entries = [...from.entries].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
    this.state = new State(JSON.parse(JSON.stringify(entries)) as StateChange[]);
  }

  /** What is known now. */
  get kept(): Kept {
    return this.#kept;
  }

  /** Interprets one batch and keeps what it changed. */
  step(batch: readonly Seen<O>[]): Step<F> {
    const facts = batch.flatMap(({ observation }) => this.#emitter.interpret(this.state, observation));
    const entries = new Map(this.#kept.entries);
    for (const change of this.state.changes()) {
      const key = JSON.stringify([change.collection, change.key]);
      if (change.value === undefined) entries.delete(key);
      else entries.set(key, change);
    }
    this.state.settle();
    const cursors = new Map(this.#kept.cursors);
    for (const { feed, cursor } of batch) if (cursor !== undefined) cursors.set(feed, cursor);
    const stored = facts.map((fact, index) => ({ seq: this.#kept.facts + index + 1, writtenAtMs: fact.timeMs, fact }));
    this.#kept = { entries, cursors, facts: this.#kept.facts + facts.length };
    return { stored, signals: stored.map((one) => this.#emitter.signals(one)), kept: this.#kept };
  }
}

/** Interprets batches one after the other. */
export function replay<O, F extends Fact>(
  emitter: Emitter<O, F>,
  batches: readonly (readonly Seen<O>[])[],
  from: Kept = NOTHING,
): readonly Step<F>[] {
  const run = new Replay(emitter, from);
  return batches.map((batch) => run.step(batch));
}
