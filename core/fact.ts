/** A value that survives JSON: what facts, state, cursors and observations are made of. Money and uint256 stand as decimal strings. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/**
 * What became known of the world: the shape every emitter's union of facts extends.
 *
 * A fact is written once. Its id comes from the world, so seeing it again gives the same id; further fields are the emitter's own and
 * must be JSON.
 */
export interface Fact {
  /** Stable id from the world, unique within one ledger. A prefix that grows with time keeps the index warm. */
  readonly id: string;
  /** The discriminant of the emitter's union. */
  readonly kind: string;
  /** The world's own time of it, Unix milliseconds. */
  readonly timeMs: number;
  /** True when it was older than the live horizon at the tick that saw it, or came by a backfill: it counts in the late sibling. */
  readonly late: boolean;
  /** The id of the fact this one takes back; it counts in the retracted sibling. */
  readonly retracts?: string;
}

/** A fact as the ledger holds it. */
export interface StoredFact<F extends Fact = Fact> {
  /** Position in the ledger's total order, from 1. */
  readonly seq: number;
  /** When the ledger wrote it, Unix milliseconds: the timestamp of its log record, so a resend is the same line. */
  readonly writtenAtMs: number;
  readonly fact: F;
}
