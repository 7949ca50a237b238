import type { Protection } from "./engine.ts";
import type { Migration } from "./ledger.ts";

/** Who owns the tables of this file in `migrations`; an emitter's own tables are owned by its domain. */
export const LEDGER_OWNER = "ledger";

/** The record of what was migrated; made before everything else. */
export const MIGRATIONS_TABLE: { readonly sqlite: string; readonly postgres: string } = {
  sqlite: `CREATE TABLE IF NOT EXISTS migrations (owner TEXT NOT NULL, version INTEGER NOT NULL, applied_at_ms INTEGER NOT NULL,
    PRIMARY KEY (owner, version))`,
  postgres: `CREATE TABLE IF NOT EXISTS migrations (owner text NOT NULL, version integer NOT NULL, applied_at_ms bigint NOT NULL,
    PRIMARY KEY (owner, version))`,
};

/** What the database enforces on the ledger's own tables. */
export const LEDGER_PROTECTION: Protection = {
  guarded: [
    { table: "facts", prunable: true },
    { table: "dead_letters", prunable: true },
    { table: "prune_records", prunable: false },
    { table: "prune_closures", prunable: false },
  ],
  mutable: ["writer", "state", "cursors", "projection", "totals"],
};

/** The ledger's own tables. The body of a fact is text, not a JSON type: it comes back byte for byte. */
export const LEDGER_MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    sqlite: [
      `CREATE TABLE ledger_info (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), id TEXT NOT NULL, domain TEXT NOT NULL,
        created_at_ms INTEGER NOT NULL)`,
      `CREATE TABLE writer (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), epoch INTEGER NOT NULL, pid INTEGER, host TEXT,
        started_at_ms INTEGER)`,
      "INSERT INTO writer (only_row, epoch) VALUES (1, 0)",
      `CREATE TABLE facts (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
        time_ms INTEGER NOT NULL CHECK (typeof(time_ms) = 'integer'), late BOOLEAN NOT NULL CHECK (late IN (0, 1)), retracts TEXT,
        written_at_ms INTEGER NOT NULL, body TEXT NOT NULL)`,
      "CREATE INDEX facts_retracts ON facts (retracts) WHERE retracts IS NOT NULL",
      "CREATE TABLE state (collection TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (collection, key)) WITHOUT ROWID",
      "CREATE TABLE cursors (feed TEXT PRIMARY KEY NOT NULL, cursor TEXT NOT NULL) WITHOUT ROWID",
      `CREATE TABLE projection (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), generation INTEGER NOT NULL, digest TEXT NOT NULL,
        cursor_seq INTEGER NOT NULL, pending_to_seq INTEGER, pending_at_ms INTEGER)`,
      `CREATE TABLE totals (metric TEXT NOT NULL, labels TEXT NOT NULL, value REAL NOT NULL, buckets TEXT, born_at_ms INTEGER NOT NULL,
        PRIMARY KEY (metric, labels)) WITHOUT ROWID`,
      `CREATE TABLE dead_letters (seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, origin TEXT NOT NULL, reason TEXT NOT NULL,
        item TEXT NOT NULL)`,
      `CREATE TABLE prune_records (record INTEGER PRIMARY KEY, table_name TEXT NOT NULL, from_seq INTEGER NOT NULL, to_seq INTEGER NOT NULL,
        reason TEXT NOT NULL, at_ms INTEGER NOT NULL, cursor_seq INTEGER NOT NULL, row_count INTEGER NOT NULL, selects TEXT NOT NULL,
        counts TEXT NOT NULL)`,
      `CREATE TABLE prune_closures (record INTEGER PRIMARY KEY REFERENCES prune_records (record), at_ms INTEGER NOT NULL,
        row_count INTEGER NOT NULL, counts TEXT NOT NULL)`,
    ],
    postgres: [
      `CREATE TABLE ledger_info (only_row integer PRIMARY KEY CHECK (only_row = 1), id text NOT NULL, domain text NOT NULL,
        created_at_ms bigint NOT NULL)`,
      `CREATE TABLE writer (only_row integer PRIMARY KEY CHECK (only_row = 1), epoch bigint NOT NULL, pid integer, host text,
        started_at_ms bigint)`,
      "INSERT INTO writer (only_row, epoch) VALUES (1, 0)",
      `CREATE TABLE facts (seq bigint PRIMARY KEY, id text COLLATE "C" NOT NULL UNIQUE, kind text NOT NULL, time_ms bigint NOT NULL,
        late boolean NOT NULL, retracts text COLLATE "C", written_at_ms bigint NOT NULL, body text NOT NULL)`,
      "CREATE INDEX facts_retracts ON facts (retracts) WHERE retracts IS NOT NULL",
      `CREATE TABLE state (collection text COLLATE "C" NOT NULL, key text COLLATE "C" NOT NULL, value text NOT NULL,
        PRIMARY KEY (collection, key))`,
      `CREATE TABLE cursors (feed text COLLATE "C" PRIMARY KEY, cursor text NOT NULL)`,
      `CREATE TABLE projection (only_row integer PRIMARY KEY CHECK (only_row = 1), generation bigint NOT NULL, digest text NOT NULL,
        cursor_seq bigint NOT NULL, pending_to_seq bigint, pending_at_ms bigint)`,
      `CREATE TABLE totals (metric text COLLATE "C" NOT NULL, labels text COLLATE "C" NOT NULL, value double precision NOT NULL,
        buckets text, born_at_ms bigint NOT NULL, PRIMARY KEY (metric, labels))`,
      `CREATE TABLE dead_letters (seq bigint PRIMARY KEY, at_ms bigint NOT NULL, origin text NOT NULL, reason text NOT NULL,
        item text NOT NULL)`,
      `CREATE TABLE prune_records (record bigint PRIMARY KEY, table_name text NOT NULL, from_seq bigint NOT NULL, to_seq bigint NOT NULL,
        reason text NOT NULL, at_ms bigint NOT NULL, cursor_seq bigint NOT NULL, row_count bigint NOT NULL, selects text NOT NULL,
        counts text NOT NULL)`,
      `CREATE TABLE prune_closures (record bigint PRIMARY KEY REFERENCES prune_records (record), at_ms bigint NOT NULL,
        row_count bigint NOT NULL, counts text NOT NULL)`,
    ],
  },
];
