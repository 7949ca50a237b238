import type { Ledger } from "#core/ledger/ledger.ts";
import { type ChangeRow, type Episode, episodesOf, type OperationRow } from "./episodes.ts";

/** What was blocked, since when, for whom, and what was changed before. */
export interface Explanation {
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly operations: number;
  readonly blocked: number;
  readonly episodes: readonly Episode[];
  /** Every change of configuration since then, in order. */
  readonly changes: readonly ChangeRow[];
}

/** What to explain. Times are the chain's, Unix milliseconds. */
export interface ExplainOptions {
  readonly sinceMs: number;
  readonly untilMs: number;
  /** How long before an episode a change of configuration may explain it. */
  readonly windowMs: number;
}

/**
 * Reads what stands in the ledger between two moments and groups it into episodes.
 *
 * @throws LEDGER_UNREACHABLE
 */
export async function explain(ledger: Pick<Ledger, "select" | "head">, options: ExplainOptions): Promise<Explanation> {
  const [since, until] = [Math.floor(options.sinceMs / 1000), Math.floor(options.untilMs / 1000)];
  const head = await ledger.head();
  const operations = await ledger.select(
    `SELECT timestamp, block_number, contract, action_type, caller, caller_category, success, reason_code, oracle_required_blocked
      FROM oracle_required_operations WHERE timestamp BETWEEN ${since} AND ${until} ORDER BY block_number, seq`,
    head,
  );
  const changes = await ledger.select(
    `SELECT timestamp, block_number, module, changed_by, change_summary FROM oracle_config_changes
      WHERE timestamp BETWEEN ${since - Math.ceil(options.windowMs / 1000)} AND ${until} ORDER BY block_number, seq`,
    head,
  );
  // Those that share a row went through in the middle of a block: no episode begins or ends with one.
  const shared = await ledger.select(
    `SELECT coalesce(sum(operations), 0) AS operations FROM oracle_required_summaries WHERE timestamp BETWEEN ${since} AND ${until}`,
    head,
  );
  const rows = operations.map(operationOf);
  const changed = changes.map(changeOf);
  return {
    sinceMs: options.sinceMs,
    untilMs: options.untilMs,
    operations: rows.length + Number(shared[0]?.["operations"] ?? 0),
    blocked: rows.filter(({ blocked }) => blocked).length,
    episodes: episodesOf(rows, changed, options),
    changes: changed.filter(({ atMs }) => atMs >= options.sinceMs),
  };
}

type Row = Awaited<ReturnType<Ledger["select"]>>[number];

function operationOf(row: Row): OperationRow {
  return {
    atMs: Number(row["timestamp"]) * 1000,
    blockNumber: Number(row["block_number"]),
    contract: String(row["contract"]),
    actionType: String(row["action_type"]),
    caller: String(row["caller"]),
    callerCategory: String(row["caller_category"]),
    success: row["success"] === true,
    reasonCode: row["reason_code"] === null ? null : String(row["reason_code"]),
    blocked: row["oracle_required_blocked"] === true,
  };
}

function changeOf(row: Row): ChangeRow {
  return {
    atMs: Number(row["timestamp"]) * 1000,
    blockNumber: Number(row["block_number"]),
    module: String(row["module"]),
    changedBy: String(row["changed_by"]),
    summary: String(row["change_summary"]),
  };
}
