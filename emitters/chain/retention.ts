import type { Ledger, PruneOrder } from "#core/ledger/ledger.ts";
import type { MetricDefinition } from "#core/signal.ts";
import type { ChainConfig } from "./config.ts";
import { finalOf, WINDOW_BLOCKS } from "./memory.ts";

/** One range that may go. */
export interface Prunable {
  readonly order: PruneOrder;
  readonly rows: number;
  /** Of the rows' texts. */
  readonly bytes: number;
}

/** What a policy is held against. */
export interface PruneScope {
  readonly ledger: Ledger;
  readonly retention: Pick<ChainConfig["retention"], "successFactsMs" | "canariesMs" | "deadLettersMs">;
  readonly metrics: readonly MetricDefinition[];
  readonly nowMs: number;
}

/** Fewer rows in a run than this are not worth a record of their own, and stay. */
const SHORTEST_RUN = 100;

/**
 * What the policy lets go, oldest first.
 *
 * Of operations that went through only the facts' full text goes; their rows stay, so every table, rollup and total is as before. Of simulated
 * calls fact and row go. Failures, changes of configuration, retractions and what they name stay whole. Nothing goes that is not final, could
 * still be taken back or applied again, or was not projected yet.
 */
export async function prunableIn(scope: PruneScope): Promise<readonly Prunable[]> {
  return [...(await projectedIn(scope)), ...(await deadLettersIn(scope))];
}

async function projectedIn({ ledger, retention, metrics, nowMs }: PruneScope): Promise<readonly Prunable[]> {
  const final = finalOf(await ledger.state());
  const projection = await ledger.projection.load();
  if (final === undefined || projection === undefined) return [];
  const selects = Object.fromEntries(metrics.flatMap(({ name, ledger: rule }) => (rule === undefined ? [] : [[name, rule.select]])));
  const [before, simulatedBefore] = [secondsBefore(nowMs, retention.successFactsMs), secondsBefore(nowMs, retention.canariesMs)];
  const facts = await ledger.select(runsSql({ block: final - WINDOW_BLOCKS, before, simulatedBefore }), projection.cursorSeq);
  const canaries = await ledger.select(canariesSql(simulatedBefore), projection.cursorSeq);
  const ofFacts = {
    table: "facts",
    selects,
    reason: "chain.retention.success_facts and .canaries: calls that went through or were simulated",
  };
  const ofCanaries = { table: "oracle_canary_log", selects, reason: "chain.retention.canaries: simulated calls" };
  return [...facts.flatMap((row) => prunable(row, ofFacts)), ...canaries.flatMap((row) => prunable(row, ofCanaries))];
}

async function deadLettersIn({ ledger, retention, nowMs }: PruneScope): Promise<readonly Prunable[]> {
  const letters = await ledger.select(lettersSql(nowMs - retention.deadLettersMs), 0);
  const ofLetters = { table: "dead_letters", selects: {}, reason: "chain.retention.dead_letters: what could not be used" };
  return letters.flatMap((row) => prunable(row, ofLetters));
}

type Row = Awaited<ReturnType<Ledger["select"]>>[number];

/** A range without rows is none. */
function prunable(row: Row, order: Pick<PruneOrder, "table" | "selects" | "reason">): readonly Prunable[] {
  const rows = Number(row["rows"]);
  if (rows === 0) return [];
  return [{ order: { ...order, fromSeq: Number(row["from_seq"]), toSeq: Number(row["to_seq"]) }, rows, bytes: Number(row["bytes"]) }];
}

function secondsBefore(nowMs: number, ageMs: number): number {
  return Math.floor((nowMs - ageMs) / 1000);
}

interface Runs {
  readonly block: number;
  readonly before: number;
  readonly simulatedBefore: number;
}

/** Runs of facts without a break in their positions. */
function runsSql({ block, before, simulatedBefore }: Runs): string {
  return `SELECT min(seq) AS from_seq, max(seq) AS to_seq, count(*) AS rows, sum(bytes) AS bytes
    FROM (
      SELECT seq, bytes, seq - row_number() OVER (ORDER BY seq) AS run
      FROM (
        SELECT f.seq, length(f.body) AS bytes
        FROM facts f JOIN (
          SELECT seq, outcome, block_number, timestamp FROM oracle_required_operation_log
          UNION ALL SELECT seq, outcome, block_number, timestamp FROM oracle_required_summary_log
        ) o ON o.seq = f.seq
        WHERE o.outcome = 'success' AND o.block_number <= ${Math.trunc(block)} AND o.timestamp < ${Math.trunc(before)} AND f.seq <= :cursor
          AND NOT EXISTS (SELECT 1 FROM facts r WHERE r.retracts = f.id)
        UNION ALL
        SELECT f.seq, length(f.body) AS bytes FROM facts f
        WHERE f.kind = 'canary' AND f.time_ms < ${Math.trunc(simulatedBefore) * 1000} AND f.seq <= :cursor
      ) may
    ) single
    GROUP BY run HAVING count(*) >= ${SHORTEST_RUN} ORDER BY 1`;
}

/** The oldest rows of simulated calls, up to the first that is too young. */
function canariesSql(before: number): string {
  const old = Math.trunc(before);
  return `SELECT min(seq) AS from_seq, max(seq) AS to_seq, count(*) AS rows,
      coalesce(sum(length(fact_id) + length(block_hash) + coalesce(length(error), 0)), 0) AS bytes
    FROM oracle_canary_log
    WHERE timestamp < ${old} AND seq <= :cursor
      AND seq < coalesce((SELECT min(y.seq) FROM oracle_canary_log y WHERE y.timestamp >= ${old}), ${Number.MAX_SAFE_INTEGER})`;
}

function lettersSql(beforeMs: number): string {
  return `SELECT min(seq) AS from_seq, max(seq) AS to_seq, count(*) AS rows, coalesce(sum(length(item)), 0) AS bytes
    FROM dead_letters WHERE at_ms < ${Math.trunc(beforeMs)} AND :cursor = :cursor`;
}
