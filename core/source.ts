import type { Json, StoredFact } from "#core/fact.ts";
import type { ReadonlyState } from "#core/state.ts";

/** One observation with the cursor that stands once it is interpreted; one cursor per feed. */
export interface Seen<O> {
  readonly feed: string;
  readonly observation: O;
  /** Where the feed goes on after this observation. Undefined leaves the feed's cursor where it is (ticks). */
  readonly cursor?: Json;
}

/** What the ledger holds already, for a source that looks at it again. */
export interface History {
  /** The facts after `seq`, at most `limit`, in order. */
  read(afterSeq: number, limit: number): Promise<readonly StoredFact[]>;
  /** One fact by its id. */
  fact(id: string): Promise<StoredFact | undefined>;
}

/** Where a source goes on: the cursors and the state of the last commit. */
export interface Resume {
  readonly cursors: ReadonlyMap<string, Json>;
  /** The live state, committed whenever the source is pulled. */
  readonly state: ReadonlyState;
  /** Left out where no ledger is kept. */
  readonly history?: History;
}

/**
 * The only part of an emitter that waits on the world.
 *
 * It is pulled: each array it yields becomes one transaction, and it is asked for the next only after that one is durable. Bad answers of
 * the world are counted and retried inside; it throws only for what no retry mends. It ends soon (under 1 s) once `signal` aborts.
 */
export type Source<O> = (resume: Resume, signal: AbortSignal) => AsyncIterable<readonly Seen<O>[]>;
