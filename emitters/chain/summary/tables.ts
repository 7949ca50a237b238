import { finalityView, POSTGRES_FINAL, SQLITE_FINAL } from "../finality.ts";
import { PERIODS, type Period, postgresStart, rollupView, sqliteStart } from "../reports/rollup-views.ts";

const columns = (integer: string): string =>
  `fact_id text NOT NULL UNIQUE, id text NOT NULL, chain_id ${integer} NOT NULL, block_number ${integer} NOT NULL, block_hash text NOT NULL,
    timestamp ${integer} NOT NULL, contract text NOT NULL, action_type text NOT NULL, outcome text NOT NULL, caller_category text NOT NULL,
    evidence text NOT NULL, route text, operations ${integer} NOT NULL CHECK (operations > 0), callers ${integer} NOT NULL,
    first_tx_hash text NOT NULL, last_tx_hash text NOT NULL, application ${integer} NOT NULL`;

/** What stands of the summaries. */
const STANDING = `CREATE VIEW oracle_required_summaries AS
  SELECT id, block_number, timestamp, contract, action_type, outcome, caller_category, evidence, route, operations, callers, first_tx_hash,
    last_tx_hash, chain_id, block_hash, application, fact_id, seq
  FROM oracle_required_summary_log s
  WHERE NOT EXISTS (SELECT 1 FROM facts f WHERE f.retracts = s.fact_id)`;

const BOTH = `(
  SELECT timestamp, contract, action_type, caller_category, reason_code, 1 AS operations, CASE WHEN success THEN 0 ELSE 1 END AS failed,
    CASE WHEN oracle_required_blocked THEN 1 ELSE 0 END AS blocked
  FROM oracle_required_operations
  UNION ALL
  SELECT timestamp, contract, action_type, caller_category, NULL AS reason_code, operations, 0 AS failed, 0 AS blocked
  FROM oracle_required_summaries
) counted`;

const COUNTS = ["operations", "failed", "blocked"].map((column) => `CAST(sum(${column}) AS bigint) AS ${column}`).join(", ");

interface Dialect {
  readonly integer: "INTEGER" | "bigint";
  readonly final: string;
  readonly start: (period: Period) => string;
}

/** The table of summaries, and the views that count what they stand for. */
function summaryTables({ integer, final, start }: Dialect): readonly string[] {
  return [
    `CREATE TABLE oracle_required_summary_log (seq ${integer} PRIMARY KEY, ${columns(integer)})`,
    STANDING,
    "DROP VIEW oracle_required_finality",
    finalityView(final, ["oracle_required_operation_log", "oracle_required_summary_log", "oracle_config_change_log"]),
    ...PERIODS.flatMap((period) => [
      `DROP VIEW oracle_required_by_${period}`,
      rollupView(period, { start: start(period), from: BOTH, counts: COUNTS }),
    ]),
  ];
}

/** What summaries add on SQLite. */
export const SQLITE_SUMMARIES: readonly string[] = summaryTables({ integer: "INTEGER", final: SQLITE_FINAL, start: sqliteStart });

/** The same on PostgreSQL. */
export const POSTGRES_SUMMARIES: readonly string[] = summaryTables({ integer: "bigint", final: POSTGRES_FINAL, start: postgresStart });
