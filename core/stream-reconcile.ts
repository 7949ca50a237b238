import { queryPrometheus } from "#core/backends.ts";
import type { Clock } from "#core/clock.ts";
import type { Ledger, Total } from "#core/ledger/ledger.ts";
import type { ReconcileReport, ReconcileRow } from "#core/reconcile.ts";
import { labelsKey } from "#core/series.ts";
import type { Labels, MetricDefinition } from "#core/signal.ts";
import { LAST_EXPORT, type LastExport, SHOWN } from "#core/stream-export.ts";
import { COMMIT_KEY } from "#core/stream-loop.ts";
import type { Snapshot } from "#core/stream-totals.ts";

/** What is compared with what. */
export interface StreamReconcileOptions {
  /** Opened for reading. */
  readonly ledger: Ledger;
  readonly metrics: readonly MetricDefinition[];
  readonly prometheus: string;
  readonly clock: Clock;
  /** How long Prometheus may take to catch up before a difference counts. */
  readonly waitMs: number;
}

const POLL_MS = 500;

/**
 * Proves that Prometheus says what a stream's ledger says: every counter, and every bucket of every histogram, at the time stamp of the last
 * export that was acknowledged; and that this export carried the totals of a commit that is not behind the ledger's for good.
 *
 * A stream keeps no facts, so nothing can be counted again: what was read wrongly is not found, what was lost on its way is.
 *
 * @throws BACKEND_UNREACHABLE, LEDGER_UNREACHABLE
 */
export async function reconcileStream(options: StreamReconcileOptions): Promise<ReconcileReport> {
  const deadlineMs = options.clock.nowMs() + options.waitMs;
  let before = -1;
  for (;;) {
    const { report, commit } = await compare(options, before);
    if (report.equal || options.clock.nowMs() >= deadlineMs) return report;
    before = commit ?? before;
    await options.clock.sleep(POLL_MS);
  }
}

/** @param before - the export seen at the last look: one that moves on is catching up */
async function compare(options: StreamReconcileOptions, before: number): Promise<{ report: ReconcileReport; commit: number | undefined }> {
  const { ledger } = options;
  const state = await ledger.state();
  const committed = (state.get(COMMIT_KEY.collection, COMMIT_KEY.key) as number | undefined) ?? 0;
  const last = state.get(LAST_EXPORT.collection, LAST_EXPORT.key) as LastExport | undefined;
  const empty = { ledgerId: ledger.id, rows: [], facts: 0, missingLogs: [], missingLogCount: 0, missingTraces: null };
  if (last === undefined) {
    const faults = ["nothing was shown of this ledger yet: run the emitter first"];
    return { report: { ...empty, equal: false, cursorSeq: committed, faults }, commit: undefined };
  }
  const shown = new Map(state.entries(SHOWN)) as ReadonlyMap<string, unknown> as ReadonlyMap<string, Snapshot>;
  const rows: ReconcileRow[] = [];
  for (const metric of options.metrics) rows.push(...(await compareMetric(options, { metric, shown, atMs: last.atMs })));
  const stands = last.commit < committed && last.commit === before;
  const behind = committed - last.commit;
  const faults = stands
    ? [`the last acknowledged export is ${behind} commits behind the ledger and does not move: is the emitter running?`]
    : [];
  // While the emitter runs there is nearly always a commit that is not shown yet; one more look tells whether it moves.
  const equal = rows.every((row) => row.equal) && !stands && (behind === 0 || before >= 0);
  return { report: { ...empty, rows, equal, cursorSeq: last.commit, faults }, commit: last.commit };
}

interface MetricQuestion {
  readonly metric: MetricDefinition;
  readonly shown: ReadonlyMap<string, Snapshot>;
  readonly atMs: number;
}

async function compareMetric(options: StreamReconcileOptions, { metric, shown, atMs }: MetricQuestion): Promise<ReconcileRow[]> {
  const isHistogram = metric.instrument === "histogram";
  const name = isHistogram ? `${metric.prometheus}_bucket` : metric.prometheus;
  const ledger = new Map<string, number>();
  for (const [key, snapshot] of shown) {
    if (!key.startsWith(`${metric.name}{`)) continue;
    for (const [labels, value] of samplesOf(metric, JSON.parse(key.slice(metric.name.length)) as Labels, snapshot))
      ledger.set(labels, value);
  }
  const found = new Map<string, number>();
  const query = `${name}{instance=${JSON.stringify(options.ledger.id)}}`;
  const names = isHistogram ? [...metric.labels, "le"] : metric.labels;
  for (const { labels, value } of await queryPrometheus(options.prometheus, query, atMs)) {
    const own = names.map((label) => [label, label === "le" ? bound(labels[label] ?? "") : (labels[label] ?? "")] as const);
    found.set(labelsKey(Object.fromEntries(own)), value);
  }
  return [...new Set([...ledger.keys(), ...found.keys()])].sort().map((key) => {
    const [ours, theirs] = [ledger.get(key) ?? 0, found.get(key) ?? null];
    const row = { metric: metric.name, prometheusName: name, labels: JSON.parse(key) as Labels, ledger: ours, prometheus: theirs };
    return { ...row, loki: null, pruned: 0, equal: ours === theirs };
  });
}

/** A series as Prometheus counts it: buckets add up. */
function samplesOf(metric: MetricDefinition, labels: Labels, { value, buckets }: Pick<Total, "value" | "buckets">): [string, number][] {
  if (buckets === null) return [[labelsKey(labels), value]];
  let sum = 0;
  return buckets.map((count, index) => {
    sum += count;
    return [labelsKey({ ...labels, le: String(metric.buckets?.[index] ?? "+Inf") }), sum];
  });
}

/** `1.0` and `1` are one bound. */
function bound(text: string): string {
  return text === "+Inf" ? text : String(Number(text));
}
