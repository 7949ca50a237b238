/** The calendar periods of a rollup, all in UTC; a week begins on Monday, as in ISO 8601. */
export const PERIODS = ["day", "week", "month"] as const;
export type Period = (typeof PERIODS)[number];

const SQLITE_START: Readonly<Record<Period, string>> = {
  day: "date(timestamp, 'unixepoch')",
  week: "date(timestamp, 'unixepoch', '-6 days', 'weekday 1')",
  month: "strftime('%Y-%m-01', timestamp, 'unixepoch')",
};

function postgresStart(period: Period): string {
  return `to_char(date_trunc('${period}', to_timestamp(timestamp) AT TIME ZONE 'UTC'), 'YYYY-MM-DD')`;
}

/** `oracle_required_by_day`, `_by_week` and `_by_month` on SQLite. */
export const SQLITE_ROLLUPS: readonly string[] = PERIODS.map((period) => view(period, SQLITE_START[period]));

/** The same on PostgreSQL. */
export const POSTGRES_ROLLUPS: readonly string[] = PERIODS.map((period) => view(period, postgresStart(period)));

/**
 * How many operations of each kind stand in each period, and how many of these an oracle blocked.
 *
 * @see seed 000, sections 3.1 and 5 (rollups, share of failures, caller category)
 */
function view(period: Period, start: string): string {
  return `CREATE VIEW oracle_required_by_${period} AS
    SELECT ${start} AS period_start, contract, action_type, caller_category, reason_code, count(*) AS operations,
      sum(CASE WHEN success THEN 0 ELSE 1 END) AS failed, sum(CASE WHEN oracle_required_blocked THEN 1 ELSE 0 END) AS blocked
    FROM oracle_required_operations
    GROUP BY 1, contract, action_type, caller_category, reason_code`;
}
