import type { Ledger } from "#core/ledger/ledger.ts";
import type { Period } from "./rollup-views.ts";

/** Operations of one contract and action in one period. */
export interface RollupRow {
  /** The first day of the period in UTC, such as 2026-01-31. */
  readonly periodStart: string;
  readonly contract: string;
  readonly actionType: string;
  readonly operations: number;
  /** Whose own frame failed, for whatever reason. */
  readonly failed: number;
  /** Which an oracle blocked. */
  readonly blocked: number;
  /** `blocked` over `operations`, 0 to 1. */
  readonly blockedShare: number;
  /** Blocked operations by reason code. */
  readonly byReason: Readonly<Record<string, number>>;
  /** Blocked operations by caller category. */
  readonly byCaller: Readonly<Record<string, number>>;
}

/** Which periods to tell of. */
export interface RollupOptions {
  readonly by: Period;
  /** Only periods that begin on or after this day, such as 2026-01-31. */
  readonly since?: string;
}

/**
 * Operations and what of them an oracle blocked, by UTC day, week or month, the newest period first.
 *
 * @throws LEDGER_UNREACHABLE
 */
export async function rollup(ledger: Pick<Ledger, "select" | "head">, { by, since = "" }: RollupOptions): Promise<readonly RollupRow[]> {
  const sql = `SELECT period_start, contract, action_type, caller_category, reason_code, operations, failed, blocked
    FROM oracle_required_by_${by}`;
  const groups = new Map<string, Draft>();
  for (const row of await ledger.select(sql, await ledger.head())) {
    const [periodStart, contract, actionType] = [String(row["period_start"]), String(row["contract"]), String(row["action_type"])];
    if (periodStart < since) continue;
    const key = `${periodStart} ${contract} ${actionType}`;
    const draft = groups.get(key) ?? {
      periodStart,
      contract,
      actionType,
      operations: 0,
      failed: 0,
      blocked: 0,
      byReason: {},
      byCaller: {},
    };
    groups.set(key, draft);
    const blocked = Number(row["blocked"]);
    draft.operations += Number(row["operations"]);
    draft.failed += Number(row["failed"]);
    draft.blocked += blocked;
    if (blocked > 0) {
      count(draft.byReason, String(row["reason_code"]), blocked);
      count(draft.byCaller, String(row["caller_category"]), blocked);
    }
  }
  return [...groups.values()].sort(newestFirst).map((draft) => ({ ...draft, blockedShare: draft.blocked / draft.operations }));
}

interface Draft extends Omit<RollupRow, "blockedShare" | "byReason" | "byCaller"> {
  operations: number;
  failed: number;
  blocked: number;
  readonly byReason: Record<string, number>;
  readonly byCaller: Record<string, number>;
}

function count(into: Record<string, number>, name: string, value: number): void {
  into[name] = (into[name] ?? 0) + value;
}

function newestFirst(a: Draft, b: Draft): number {
  if (a.periodStart !== b.periodStart) return a.periodStart < b.periodStart ? 1 : -1;
  return `${a.contract} ${a.actionType}` < `${b.contract} ${b.actionType}` ? -1 : 1;
}
