import type { Fact, Json, StoredFact } from "#core/fact.ts";
import type { State, StateChange } from "#core/state.ts";

/**
 * A row for one of an emitter's own tables. The ledger adds `seq` and `fact_id` of the fact it belongs to.
 *
 * Booleans are boolean on PostgreSQL; on SQLite 0 and 1, which read as booleans again from a column declared BOOLEAN. What no text column
 * holds (NUL, half a character) is written out as U+2400 and four hexadecimal digits; the fact itself keeps it as it was.
 */
export interface RecordRow {
  readonly table: string;
  readonly values: Readonly<Record<string, string | number | boolean | null>>;
}

/**
 * SQL that makes an emitter's tables and views; run once per version, in order, in one transaction with its version number and with the
 * triggers and rights that make the tables append-only. An append-only table has no partial and no expression index that is unique.
 */
export interface Migration {
  readonly version: number;
  readonly sqlite: readonly string[];
  readonly postgres: readonly string[];
}

/** An emitter's own tables: append-only, written in the transaction of the fact they belong to. */
export interface RecordTables<F extends Fact> {
  readonly migrations: readonly Migration[];
  /** Tables guarded by the append-only triggers; each has `seq` (primary key or part of it) and `fact_id`. Their rows may be pruned. */
  readonly appendOnly: readonly string[];
  /** Pure: what a fact adds. */
  readonly rows: (fact: F) => readonly RecordRow[];
  /**
   * Rows that come from configuration (reason codes); appended at start when not there yet, `key` says by which columns. Their tables are
   * guarded like the append-only ones, and never pruned.
   */
  readonly reference: readonly { readonly table: string; readonly key: readonly string[]; readonly values: RecordRow["values"] }[];
}

/** What could not be used or delivered, kept with its reason. */
export interface DeadLetter {
  readonly origin: "source" | "interpret" | "projector";
  /** A bounded word: it becomes a label. */
  readonly reason: string;
  readonly item: Json;
}

/** One transaction of the ingest loop. */
export interface Commit {
  readonly facts: readonly Fact[];
  readonly changes: readonly StateChange[];
  readonly cursors: ReadonlyMap<string, Json>;
  readonly deadLetters?: readonly DeadLetter[];
}

/** The value of one series at the projector's cursor. */
export interface Total {
  readonly metric: string;
  /** Labels as JSON with sorted keys: part of the series' identity. */
  readonly labels: string;
  /** Counter value, or the sum of a histogram. */
  readonly value: number;
  /** Histogram only: counts per bucket, the last one unbounded. */
  readonly buckets: readonly number[] | null;
  /** The series' birth in the ledger, Unix milliseconds: its start time for ever. */
  readonly bornAtMs: number;
}

/** Where the projector stands. */
export interface Projection {
  readonly generation: number;
  /** Of the contract and the emitter's projection number; another digest means another generation. */
  readonly digest: string;
  readonly cursorSeq: number;
  /** An export that was begun and whose acknowledgement was not recorded: it is sent again, to the same cursor and time stamp. */
  readonly pending: { readonly toSeq: number; readonly atMs: number } | null;
  readonly totals: readonly Total[];
}

/** The projector's side of the ledger: its own transactions, never mixed with the ingest loop's. */
export interface ProjectionStore {
  /** The present generation, or undefined before the first. */
  load(): Promise<Projection | undefined>;
  /** Replaces the projection by a new generation with its folded totals. */
  restart(projection: Omit<Projection, "generation" | "pending">): Promise<Projection>;
  /** Records, before anything is sent, to where and with which time stamp it will be. */
  intend(pending: { readonly toSeq: number; readonly atMs: number }): Promise<void>;
  /** After acknowledgement: the changed totals, the new cursor, what was refused for good. `next` is the next intention, none when left out. */
  settle(done: {
    readonly cursorSeq: number;
    readonly totals: readonly Total[];
    readonly deadLetters: readonly DeadLetter[];
    readonly next?: { readonly toSeq: number; readonly atMs: number };
  }): Promise<void>;
}

/** One transaction of a stream: how far it was read, what is remembered, and what was counted up to there. */
export interface StreamCommit {
  readonly changes: readonly StateChange[];
  /** The series that changed, with their values now. */
  readonly totals: readonly Total[];
  readonly deadLetters?: readonly DeadLetter[];
}

/** The side of a ledger that keeps no facts: what was read is not stored, only how far, what is open and what it came to. */
export interface StreamStore {
  /** Every total as of the last commit. */
  totals(): Promise<readonly Total[]>;
  commit(commit: StreamCommit): Promise<void>;
}

/**
 * A range of rows that may be deleted, and why; itself appended and never changed. The range ends no later than the projector's cursor
 * (for `dead_letters`: the last one). Order only what can neither be retracted nor seen again: what went is forgotten.
 */
export interface PruneOrder {
  readonly table: string;
  readonly fromSeq: number;
  readonly toSeq: number;
  readonly reason: string;
  /** The contract's SELECT per metric: what each counts less after the delete is kept with the record, so that totals still reconcile. */
  readonly selects: Readonly<Record<string, string>>;
}

/** What prunes took away, by metric and labels (JSON with sorted keys). */
export interface PrunedCount {
  readonly metric: string;
  readonly labels: string;
  readonly count: number;
}

/**
 * The truth: append-only SQL with one writer. It knows no contract and no signal.
 *
 * Every method throws OffingError: LEDGER_UNREACHABLE, LEDGER_FULL (both worth a retry, nothing was written or the retry finds it written),
 * LEDGER_LOST (this process was fenced), LEDGER_REFUSED (a rule of the database or of the ledger; no retry helps).
 */
export interface Ledger {
  /** Minted with the ledger, anew on a restore: `service.instance.id` of everything counted from it. */
  readonly id: string;
  /** Cursors of every feed. */
  cursors(): Promise<ReadonlyMap<string, Json>>;
  state(): Promise<State>;
  /**
   * Writes one batch in one transaction, and yields to the event loop at least once. Facts whose id is already there, or twice in the batch,
   * are left out. Returns the stored new ones; their seqs follow each other without a gap.
   */
  append(commit: Commit): Promise<readonly StoredFact[]>;
  /** The facts after `seq`, at most `limit`, in order. */
  read(afterSeq: number, limit: number): Promise<readonly StoredFact[]>;
  /** One fact by its id. */
  fact(id: string): Promise<StoredFact | undefined>;
  /** The highest seq ever given, 0 when empty; a prune does not lower it. */
  head(): Promise<number>;
  /**
   * Runs a SELECT of the contract with `:cursor` bound to a seq, wherever it stands: for `reconcile` and `/state`, never for a hot path.
   * It cannot write. Integers are numbers (one that is not safe is refused), numeric columns of PostgreSQL decimal strings.
   */
  select(sql: string, cursorSeq: number): Promise<readonly Readonly<Record<string, string | number | boolean | null>>[]>;
  readonly projection: ProjectionStore;
  /** For an emitter that keeps no facts; one ledger is used this way or the other, never both. */
  readonly stream: StreamStore;
  /** Bytes on disk, and rows of facts and of each of the emitter's own tables; counted anew at each call. */
  sizes(): Promise<{ readonly bytes: number; readonly rows: Readonly<Record<string, number>> }>;
  /** Throws LEDGER_LOST unless this process still is the writer; asked before every export. */
  assertWriter(): Promise<void>;
  /**
   * Deletes the rows of an order, oldest first, under an appended prune record; returns how many went. A prune that was cut short is
   * finished by the next call, whatever that one orders.
   */
  prune(order: PruneOrder): Promise<number>;
  /** What the SELECTs count less for all prunes so far: a metric's SELECT plus this is what its total, late and retracted come to. */
  pruned(): Promise<readonly PrunedCount[]>;
  close(): Promise<void>;
}

/** Where a ledger is: a file, beside which `<file>-lock` stands, or a schema that is made when it is missing. */
export type LedgerLocation = { readonly sqlite: string } | { readonly postgresUrl: string; readonly schema: string };

/** A writer takes the lock and migrates; a reader (reconcile, status) does neither. */
export interface OpenOptions<F extends Fact> {
  readonly location: LedgerLocation;
  readonly domain: string;
  readonly mode: "write" | "read";
  readonly records: RecordTables<F>;
  /** Unix milliseconds; the clock of `written_at_ms`. */
  readonly nowMs: () => number;
}
