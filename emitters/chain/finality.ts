import { PERIODS, POSTGRES_ROLLUPS, SQLITE_ROLLUPS } from "./reports/rollup-views.ts";

/** Up to where rows count as final, read off the state: so finality moves without a row being changed. */
export const SQLITE_FINAL: string = finalBlock("CAST(s.value AS INTEGER)");
/** The same on PostgreSQL. */
export const POSTGRES_FINAL: string = finalBlock("s.value::bigint");

function finalBlock(number: string): string {
  return `coalesce((SELECT ${number} FROM state s WHERE s.collection = 'chain' AND s.key = 'final'), -1)`;
}

/** What stands is provisional until its block is final, and what a retraction names is orphaned. */
export function finalityView(final: string, tables: readonly string[]): string {
  const rows = tables.map(
    (table) => `SELECT t.seq, t.fact_id, t.id, t.block_number, t.block_hash,
        CASE WHEN EXISTS (SELECT 1 FROM facts f WHERE f.retracts = t.fact_id) THEN 'orphaned'
          WHEN t.block_number <= ${final} THEN 'final' ELSE 'provisional' END AS finality
      FROM ${table} t`,
  );
  return `CREATE VIEW oracle_required_finality AS ${rows.join(" UNION ALL ")}`;
}

const FIRST_TABLES = ["oracle_required_operation_log", "oracle_config_change_log"];

/** The view of every row ever written with its finality, on SQLite. */
export const SQLITE_FINALITY: readonly string[] = [finalityView(SQLITE_FINAL, FIRST_TABLES)];

/** The same on PostgreSQL. */
export const POSTGRES_FINALITY: readonly string[] = [finalityView(POSTGRES_FINAL, FIRST_TABLES)];

/** Adds the column to the view of what stands; the rollups stand on that view and are made anew. */
function finalityColumn(final: string, rollups: readonly string[]): readonly string[] {
  return [
    ...PERIODS.map((period) => `DROP VIEW oracle_required_by_${period}`),
    "DROP VIEW oracle_required_operations",
    `CREATE VIEW oracle_required_operations AS
      SELECT id, tx_hash, block_number, timestamp, contract, caller, action_type, success, reason_code, oracle_required_blocked,
        oracle_unhealthy_flag, meta, chain_id, block_hash, frame_path, outcome, caller_category, route, evidence, confidence, revert_kind,
        unresolved, CASE WHEN block_number <= ${final} THEN 'final' ELSE 'provisional' END AS finality, application, fact_id, seq
      FROM (
        SELECT o.*, row_number() OVER (
          PARTITION BY o.id
          ORDER BY CASE o.evidence WHEN 'trace' THEN 0 WHEN 'receipt' THEN 0 WHEN 'simulation' THEN 1 WHEN 'node' THEN 2 WHEN 'call' THEN 3
            ELSE 4 END, o.seq DESC
        ) AS place
        FROM oracle_required_operation_log o
        WHERE NOT EXISTS (SELECT 1 FROM facts f WHERE f.retracts = o.fact_id)
      ) ranked
      WHERE place = 1`,
    ...rollups,
  ];
}

/** The column `finality` of `oracle_required_operations`, on SQLite. */
export const SQLITE_FINALITY_COLUMN: readonly string[] = finalityColumn(SQLITE_FINAL, SQLITE_ROLLUPS);

/** The same on PostgreSQL. */
export const POSTGRES_FINALITY_COLUMN: readonly string[] = finalityColumn(POSTGRES_FINAL, POSTGRES_ROLLUPS);
