/** The calendar periods of a rollup, all in UTC; a week begins on Monday, as in ISO 8601. */
export const PERIODS = ["day", "week", "month"] as const;
export type Period = (typeof PERIODS)[number];

const SQLITE_STARTS: Readonly<Record<Period, string>> = {
  day: "date(timestamp, 'unixepoch')",
  week: "date(timestamp, 'unixepoch', '-6 days', 'weekday 1')",
  month: "strftime('%Y-%m-01', timestamp, 'unixepoch')",
};

/** The first day of the period that holds `timestamp`, on SQLite. */
export function sqliteStart(period: Period): string {
  return SQLITE_STARTS[period];
}

/** The same on PostgreSQL. */
export function postgresStart(period: Period): string {
  return `to_char(date_trunc('${period}', to_timestamp(timestamp) AT TIME ZONE 'UTC'), 'YYYY-MM-DD')`;
}

/** `oracle_required_by_day`, `_by_week` and `_by_month` on SQLite. */
export const SQLITE_ROLLUPS: readonly string[] = PERIODS.map((period) => rowView(period, sqliteStart(period)));

/** The same on PostgreSQL. */
export const POSTGRES_ROLLUPS: readonly string[] = PERIODS.map((period) => rowView(period, postgresStart(period)));

/** Where a rollup's operations come from. */
export interface RollupSource {
  /** The first day of a period, see `sqliteStart`. */
  readonly start: string;
  readonly from: string;
  /** The columns `operations`, `failed` and `blocked`. */
  readonly counts: string;
}

function rowView(period: Period, start: string): string {
  const failed = "sum(CASE WHEN success THEN 0 ELSE 1 END) AS failed, sum(CASE WHEN oracle_required_blocked THEN 1 ELSE 0 END) AS blocked";
  return rollupView(period, { start, from: "oracle_required_operations", counts: `count(*) AS operations, ${failed}` });
}

/**
 * How many operations of each kind stand in each period, and how many of these an oracle blocked.
 *
 * @see seed 000, sections 3.1 and 5 (rollups, share of failures, caller category)
 */
export function rollupView(period: Period, { start, from, counts }: RollupSource): string {
  return `CREATE VIEW oracle_required_by_${period} AS
    SELECT ${start} AS period_start, contract, action_type, caller_category, reason_code, ${counts}
    FROM ${from}
    GROUP BY 1, contract, action_type, caller_category, reason_code`;
}
