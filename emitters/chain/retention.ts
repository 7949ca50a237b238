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
  readonly retention: Pick<ChainConfig["retention"], "successFactsMs" | "deadLettersMs">;
  readonly metrics: readonly MetricDefinition[];
  readonly nowMs: number;
}

/** Fewer rows in a run than this are not worth a record of their own, and stay. */
const SHORTEST_RUN = 100;

/**
 * What the policy lets go, oldest first.
 *
 * Of an operation that went through, only the fact's full text goes; its row in the operation log stays, so every table, rollup and total is as
 * before. Failures, changes of configuration, retractions and what they name stay whole. Nothing goes that is not final, could still be
 * taken back or applied again, or was not projected yet.
 */
export async function prunableIn({ ledger, retention, metrics, nowMs }: PruneScope): Promise<readonly Prunable[]> {
  const final = finalOf(await ledger.state());
  const projection = await ledger.projection.load();
  const found: Prunable[] = [];
  if (final !== undefined && projection !== undefined) {
    const before = Math.floor((nowMs - retention.successFactsMs) / 1000);
    const selects = Object.fromEntries(metrics.flatMap(({ name, ledger: rule }) => (rule === undefined ? [] : [[name, rule.select]])));
    const reason = "the full text of operations that went through is kept for chain.retention.success_facts";
    for (const run of await ledger.select(runsSql({ block: final - WINDOW_BLOCKS, before }), projection.cursorSeq)) {
      const order = { table: "facts", fromSeq: Number(run["from_seq"]), toSeq: Number(run["to_seq"]), reason, selects };
      found.push({ order, rows: Number(run["rows"]), bytes: Number(run["bytes"]) });
    }
  }
  const [letters] = await ledger.select(lettersSql(nowMs - retention.deadLettersMs), 0);
  if (letters !== undefined && Number(letters["rows"]) > 0) {
    const reason = "dead letters are kept for chain.retention.dead_letters";
    const order = { table: "dead_letters", fromSeq: Number(letters["from_seq"]), toSeq: Number(letters["to_seq"]), reason, selects: {} };
    found.push({ order, rows: Number(letters["rows"]), bytes: Number(letters["bytes"]) });
  }
  return found;
}

/** Runs of facts without a break in their positions. */
function runsSql({ block, before }: { readonly block: number; readonly before: number }): string {
  return `SELECT min(seq) AS from_seq, max(seq) AS to_seq, count(*) AS rows, sum(bytes) AS bytes
    FROM (
      SELECT f.seq, length(f.body) AS bytes, f.seq - row_number() OVER (ORDER BY f.seq) AS run
      FROM facts f JOIN (
        SELECT seq, outcome, block_number, timestamp FROM oracle_required_operation_log
        UNION ALL SELECT seq, outcome, block_number, timestamp FROM oracle_required_summary_log
      ) o ON o.seq = f.seq
      WHERE o.outcome = 'success' AND o.block_number <= ${Math.trunc(block)} AND o.timestamp < ${Math.trunc(before)} AND f.seq <= :cursor
        AND NOT EXISTS (SELECT 1 FROM facts r WHERE r.retracts = f.id)
    ) single
    GROUP BY run HAVING count(*) >= ${SHORTEST_RUN} ORDER BY 1`;
}

function lettersSql(beforeMs: number): string {
  return `SELECT min(seq) AS from_seq, max(seq) AS to_seq, count(*) AS rows, coalesce(sum(length(item)), 0) AS bytes
    FROM dead_letters WHERE at_ms < ${Math.trunc(beforeMs)} AND :cursor = :cursor`;
}
