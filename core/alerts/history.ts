import type { Ledger } from "#core/ledger/ledger.ts";

/** One row of the history. */
export interface HistoryRow {
  readonly at: string;
  readonly status: string;
  readonly severity: string;
  readonly alertname: string;
  readonly domain: string;
  readonly job: string | null;
  readonly instance: string | null;
  readonly summary: string | null;
  readonly startedAt: string;
  /** How long it had fired when it resolved, seconds; null for one that began. */
  readonly firedSeconds: number | null;
  readonly evidence: string;
  readonly runbook: string | null;
  readonly factId: string;
}

/** Which rows, Unix milliseconds: from `sinceMs` to before `untilMs`. */
export interface HistoryRange {
  readonly sinceMs: number;
  readonly untilMs: number;
}

/**
 * The transitions of a range, oldest first, and before them those alerts that fired already when the range began.
 *
 * @throws LEDGER_UNREACHABLE
 */
export async function readHistory(
  ledger: Pick<Ledger, "select" | "head">,
  { sinceMs, untilMs }: HistoryRange,
): Promise<{ readonly openBefore: readonly HistoryRow[]; readonly transitions: readonly HistoryRow[] }> {
  const head = await ledger.head();
  const columns = `t.at_ms, t.status, t.severity, t.alertname, t.domain, t.job, t.instance, t.summary, t.started_at_ms, t.evidence,
    t.runbook_url, t.fact_id`;
  const [since, until] = [Math.floor(sinceMs), Math.ceil(untilMs)];
  const transitions = await ledger.select(
    `SELECT ${columns} FROM alert_transitions t WHERE t.seq <= :cursor AND t.at_ms >= ${since} AND t.at_ms < ${until} ORDER BY t.at_ms, t.seq`,
    head,
  );
  const openBefore = await ledger.select(
    `SELECT ${columns} FROM alert_transitions t WHERE t.seq <= :cursor AND t.at_ms < ${since} AND t.status = 'firing'
      AND NOT EXISTS (SELECT 1 FROM alert_transitions r WHERE r.fingerprint = t.fingerprint AND r.status = 'resolved'
        AND r.started_at_ms = t.started_at_ms AND r.seq > t.seq AND r.at_ms < ${since})
      ORDER BY t.at_ms, t.seq`,
    head,
  );
  return { openBefore: openBefore.map(rowOf), transitions: transitions.map(rowOf) };
}

function rowOf(row: Readonly<Record<string, unknown>>): HistoryRow {
  const text = (value: unknown): string | null => (value === null ? null : String(value));
  const [atMs, startedAtMs] = [Number(row["at_ms"]), Number(row["started_at_ms"])];
  return {
    at: new Date(atMs).toISOString(),
    status: String(row["status"]),
    severity: String(row["severity"]),
    alertname: String(row["alertname"]),
    domain: String(row["domain"]),
    job: text(row["job"]),
    instance: text(row["instance"]),
    summary: text(row["summary"]),
    startedAt: new Date(startedAtMs).toISOString(),
    firedSeconds: row["status"] === "resolved" ? Math.round((atMs - startedAtMs) / 1000) : null,
    evidence: String(row["evidence"]),
    runbook: text(row["runbook_url"]),
    factId: String(row["fact_id"]),
  };
}
