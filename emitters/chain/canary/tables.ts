const columns = (integer: string): string =>
  `fact_id text NOT NULL UNIQUE, chain_id ${integer} NOT NULL, block_number ${integer} NOT NULL, block_hash text NOT NULL,
    timestamp ${integer} NOT NULL, contract text NOT NULL, action_type text NOT NULL, canary_outcome text NOT NULL, reason_code text,
    revert_kind text, error text`;

/** The table of simulated calls on SQLite: one row each. */
export const SQLITE_CANARY: readonly string[] = [`CREATE TABLE oracle_canary_log (seq INTEGER PRIMARY KEY, ${columns("INTEGER")})`];

/** The same on PostgreSQL. */
export const POSTGRES_CANARY: readonly string[] = [`CREATE TABLE oracle_canary_log (seq bigint PRIMARY KEY, ${columns("bigint")})`];
