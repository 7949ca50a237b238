import type { Kysely } from "kysely";
import type { Tables } from "./tables.ts";

/** A connection or an open transaction. */
export type Db = Kysely<Tables>;

/** A value a column can take on both databases. */
export type Value = string | number | boolean | null;

/** Many rows for one table. The text values are ready for a column: see `toText`. */
export interface Bulk {
  readonly table: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Value[])[];
  /** When given, a row whose `key` columns are there already replaces the other columns. */
  readonly key?: readonly string[];
}

/** A table that only grows. Its rows may go under an open prune record, or never. */
export interface Guarded {
  readonly table: string;
  readonly prunable: boolean;
}

/** What the database must enforce. */
export interface Protection {
  readonly guarded: readonly Guarded[];
  /** Tables whose rows the writer may change and remove. */
  readonly mutable: readonly string[];
}

/** One row of a contract's SELECT. */
export type SelectedRow = Readonly<Record<string, Value>>;

/** Everything in which SQLite and PostgreSQL differ. */
export interface Engine {
  readonly kind: "sqlite" | "postgres";
  readonly db: Db;
  /** How `:cursor` of a contract's SELECT is written as the first parameter. */
  readonly cursorParameter: string;
  /** Says whether a table or view is there. */
  readonly has: (db: Db, table: string) => Promise<boolean>;
  /** Does `work` in one transaction of a connection that may make tables. */
  readonly migrating: <T>(work: (tx: Db) => Promise<T>) => Promise<T>;
  /** Makes the triggers and rights of `protection` what they must be; changes nothing when they are. */
  readonly protect: (tx: Db, protection: Protection) => Promise<void>;
  /** True while this process holds the writer lock, or could take it again with nobody having had it in between. */
  readonly holdsLock: (epoch: number) => Promise<boolean>;
  /** The epoch of the writer row, kept from changing until `tx` ends. */
  readonly epoch: (tx: Db) => Promise<number>;
  /** Which of the ids are in `facts` already. */
  readonly known: (tx: Db, ids: readonly string[]) => Promise<ReadonlySet<string>>;
  readonly insert: (tx: Db, bulk: Bulk) => Promise<void>;
  /** Turns an error of the driver into an OffingError; any other is given back as it is. */
  readonly fault: (error: unknown) => unknown;
  /** Gives the lock and every connection back. */
  readonly close: () => Promise<void>;
}
