import type { Json } from "#core/fact.ts";
import type { State } from "#core/state.ts";
import type { ActivityFields } from "./facts.ts";

/** Where an activity stands in its trace. */
export interface Place {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string | undefined;
}

/** One side of a pair. */
export interface Side {
  readonly ms: number;
  /** Undefined when this side does not say it. */
  readonly name?: string | undefined;
  readonly status?: string | undefined;
  readonly fields: ActivityFields;
}

/** An activity of which only one side was seen, or only that it is there, because lines inside it name it. */
export interface Open extends Place {
  readonly kind: string;
  readonly begin?: Side | undefined;
  readonly end?: Side | undefined;
  /** When our side saw it. */
  readonly seenMs: number;
}

/** Why something open was given up. */
export type GivenUp = { readonly key: string; readonly open: Open; readonly why: "limit" | "wait" };

const OPEN = "open";
const CLOSED = "closed";
/** Ended activities whose end would be recognised if it came again. */
const CLOSED_KEPT = 10_000;

/**
 * What has begun in the log and not ended, or ended before its begin was read: kept in the state, so that a restart forgets none of it,
 * and bounded, the oldest going first.
 */
export class Pairs {
  readonly #limit: number;
  #counted: State | undefined;
  #open = 0;
  #closed = 0;
  #version = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Another number whenever what is open has changed. */
  get version(): number {
    return this.#version;
  }

  get(state: State, key: string): Open | undefined {
    // This class wrote it.
    return state.get(OPEN, key) as Open | undefined;
  }

  /** Keeps an open activity; gives back what had to make room. */
  put(state: State, key: string, open: Open): GivenUp | undefined {
    this.#count(state);
    this.#version += 1;
    if (state.get(OPEN, key) === undefined) this.#open += 1;
    state.set(OPEN, key, open as unknown as Json);
    return this.#open > this.#limit ? this.#oldest(state, "limit") : undefined;
  }

  isEmpty(state: State): boolean {
    this.#count(state);
    return this.#open === 0;
  }

  take(state: State, key: string): void {
    this.#count(state);
    if (state.get(OPEN, key) === undefined) return;
    this.#version += 1;
    state.delete(OPEN, key);
    this.#open -= 1;
  }

  /** Remembers that this one ended. */
  close(state: State, key: string): void {
    this.#count(state);
    if (state.get(CLOSED, key) !== undefined) return;
    state.set(CLOSED, key, 1);
    this.#closed += 1;
    if (this.#closed <= CLOSED_KEPT) return;
    const [first] = state.entries(CLOSED);
    if (first === undefined) return;
    state.delete(CLOSED, first[0]);
    this.#closed -= 1;
  }

  reopen(state: State, key: string): void {
    this.#count(state);
    if (state.get(CLOSED, key) === undefined) return;
    state.delete(CLOSED, key);
    this.#closed -= 1;
  }

  hasClosed(state: State, key: string): boolean {
    return state.get(CLOSED, key) !== undefined;
  }

  /** Gives up ends whose begin was not read within `waitMs`, looking at the oldest first. */
  expire(state: State, { atMs, waitMs, ageMs }: { atMs: number; waitMs: number; ageMs: number }): GivenUp[] {
    this.#count(state);
    const gone: GivenUp[] = [];
    for (const [key, value] of state.entries(OPEN)) {
      const open = value as unknown as Open;
      const age = atMs - open.seenMs;
      // They stand in the order they came, so nothing after a young one is old.
      if (age < waitMs) break;
      if (open.end === undefined && age < ageMs) continue;
      gone.push({ key, open, why: "wait" });
    }
    for (const { key } of gone) this.take(state, key);
    return gone;
  }

  /** How many have begun and not ended. */
  static open(state: Pick<State, "entries">): number {
    let open = 0;
    for (const [, value] of state.entries(OPEN)) if ((value as unknown as Open).begin !== undefined) open += 1;
    return open;
  }

  #oldest(state: State, why: GivenUp["why"]): GivenUp | undefined {
    const [first] = state.entries(OPEN);
    if (first === undefined) return undefined;
    const [key, value] = first;
    this.take(state, key);
    return { key, open: value as unknown as Open, why };
  }

  /** Counted once from the state, which a restart brings back. */
  #count(state: State): void {
    if (this.#counted === state) return;
    this.#counted = state;
    this.#open = [...state.entries(OPEN)].length;
    this.#closed = [...state.entries(CLOSED)].length;
  }
}
