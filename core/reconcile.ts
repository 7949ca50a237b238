import { facts as factCounter } from "#contract/generated/shared.ts";
import { hasTrace, type LogLine, queryLoki, queryPrometheus, rawSamples } from "#core/backends.ts";
import type { Clock } from "#core/clock.ts";
import type { StoredFact } from "#core/fact.ts";
import type { Ledger, PrunedCount } from "#core/ledger/ledger.ts";
import { logTimeUnixNano } from "#core/otlp-proto.ts";
import { boundedLabels, labelsKey } from "#core/series.ts";
import type { Labels, LogCount, MetricDefinition, Signal } from "#core/signal.ts";

/** What is compared with what. */
export interface ReconcileOptions {
  /** Opened for reading. */
  readonly ledger: Ledger;
  /** The metrics with a SELECT. */
  readonly metrics: readonly MetricDefinition[];
  readonly signals: (stored: StoredFact) => readonly Signal[];
  readonly backends: { readonly prometheus: string; readonly loki: string; readonly tempo?: string };
  readonly clock: Clock;
  /** How long the backends may take to catch up with the ledger before a difference counts. */
  readonly waitMs: number;
}

/** One series, in the ledger and in the backends; null where a backend is not asked about it. */
export interface ReconcileRow {
  readonly metric: string;
  readonly prometheusName: string;
  readonly labels: Labels;
  /** Rows counted by SQL, with those that were pruned. */
  readonly ledger: number;
  /** total + late - retracted. */
  readonly prometheus: number | null;
  /** Records less retractions. */
  readonly loki: number | null;
  /** Of `ledger`, those whose fact was pruned: nobody knows the ids of their records, so Loki is not asked for them. */
  readonly pruned: number;
  readonly equal: boolean;
}

/** The result of one comparison. */
export interface ReconcileReport {
  readonly equal: boolean;
  readonly ledgerId: string;
  /** The ledger position compared at. */
  readonly cursorSeq: number;
  readonly rows: readonly ReconcileRow[];
  readonly facts: number;
  /** Ids of facts that have no log record in Loki, at most 100. */
  readonly missingLogs: readonly string[];
  readonly missingLogCount: number;
  /** Ids of facts whose trace Tempo does not hold; null when no Tempo is configured. */
  readonly missingTraces: readonly string[] | null;
  /** What could not be compared at all, in words. */
  readonly faults: readonly string[];
}

const POLL_MS = 500;
const FACTS_PER_PAGE = 2_000;
const MISSING_SHOWN = 100;
const TEMPO_SAMPLE = 500;

/**
 * Proves that the backends say what the ledger says, at one ledger position.
 *
 * The ledger's side is counted by SQL from fact rows, never from the totals. Prometheus is asked at the very moment of the newest export
 * whose cursor gauge covers the projector's cursor. Every fact must have its log record in Loki, and its trace in Tempo where there is one.
 * Differences are looked at again until `waitMs` is over, because backends take a moment.
 *
 * @throws BACKEND_UNREACHABLE, LEDGER_UNREACHABLE
 */
export async function reconcile(options: ReconcileOptions): Promise<ReconcileReport> {
  const deadlineMs = options.clock.nowMs() + options.waitMs;
  for (;;) {
    const report = await compare(options);
    if (report.equal || options.clock.nowMs() >= deadlineMs) return report;
    await options.clock.sleep(POLL_MS);
  }
}

async function compare(options: ReconcileOptions): Promise<ReconcileReport> {
  const { ledger, backends } = options;
  const projection = await ledger.projection.load();
  const empty = { ledgerId: ledger.id, rows: [], facts: 0, missingLogs: [], missingLogCount: 0, missingTraces: null };
  if (projection === undefined) {
    return { ...empty, equal: false, cursorSeq: 0, faults: ["nothing was projected from this ledger yet: run the emitter first"] };
  }
  const exported = await exportedCursor(backends.prometheus, ledger.id);
  if (exported === undefined || exported.cursorSeq < projection.cursorSeq) {
    const stands = exported === undefined ? "knows nothing of this ledger in the last 15 minutes" : `stands at ${exported.cursorSeq}`;
    return {
      ...empty,
      equal: false,
      cursorSeq: projection.cursorSeq,
      faults: [`Prometheus ${stands}, the projector at ${projection.cursorSeq}`],
    };
  }
  const { cursorSeq, atMs } = exported;
  const pruned = await ledger.pruned();
  const logs = await scanLogs(options, { cursorSeq, factsWent: pruned.some(({ metric }) => metric === factCounter.name) });
  const rows: ReconcileRow[] = [];
  for (const metric of options.metrics) rows.push(...(await compareMetric(options, { metric, cursorSeq, atMs, logs, pruned })));
  const missingTraces = await missingTracesOf(options, cursorSeq);
  const equal = rows.every((row) => row.equal) && logs.missingCount === 0 && (missingTraces ?? []).length === 0;
  const { facts, missing: missingLogs, missingCount: missingLogCount } = logs;
  return { equal, ledgerId: ledger.id, cursorSeq, rows, facts, missingLogs, missingLogCount, missingTraces, faults: [] };
}

/** The newest exported ledger position and the time stamp that all points of that export share. */
async function exportedCursor(prometheus: string, ledgerId: string): Promise<{ cursorSeq: number; atMs: number } | undefined> {
  const samples = await rawSamples(prometheus, `offing_ledger_cursor{instance=${JSON.stringify(ledgerId)}}`, 15);
  const last = samples.at(-1);
  return last === undefined ? undefined : { cursorSeq: last.value, atMs: last.atMs };
}

interface MetricQuestion {
  readonly metric: MetricDefinition;
  readonly cursorSeq: number;
  readonly atMs: number;
  readonly logs: LogScan;
  readonly pruned: readonly PrunedCount[];
}

async function compareMetric(
  options: ReconcileOptions,
  { metric, cursorSeq, atMs, logs, pruned }: MetricQuestion,
): Promise<ReconcileRow[]> {
  if (metric.ledger === undefined) return [];
  const counted = new Map<string, number>();
  for (const row of await options.ledger.select(metric.ledger.select, cursorSeq)) {
    const { value, ...labels } = row;
    // A column cannot have a dot in its name, a label can.
    const columns = stringsOf(labels);
    const own = Object.fromEntries(metric.labels.map((label) => [label, columns[prometheusLabel(label)] ?? ""]));
    grow(counted, labelsKey(boundedLabels(metric, own)), Number(value));
  }
  for (const { metric: name, labels, count } of pruned) if (name === metric.name) grow(counted, labels, count);
  const shown = await netInPrometheus(options, { metric, atMs });
  const { logs: lines } = metric.ledger;
  const keys = [...new Set([...counted.keys(), ...shown.keys()])].sort();
  return keys.map((key) => {
    const ledger = counted.get(key) ?? 0;
    const prometheus = shown.get(key) ?? 0;
    const loki = lines === undefined ? null : (logs.counts.get(`${metric.name}${key}`) ?? 0);
    const gone = loki === null || logs.present === undefined ? 0 : ledger - (logs.present.get(`${metric.name}${key}`) ?? 0);
    const equal = ledger === prometheus && (loki === null || ledger - gone === loki);
    const row = { metric: metric.name, prometheusName: metric.prometheus, labels: JSON.parse(key) as Labels };
    return { ...row, ledger, prometheus, loki, pruned: gone, equal };
  });
}

async function netInPrometheus(
  options: ReconcileOptions,
  { metric, atMs }: { metric: MetricDefinition; atMs: number },
): Promise<Map<string, number>> {
  const net = new Map<string, number>();
  const base = metric.prometheus.replace(/_total$/, "");
  const siblings = [
    { name: `${base}_total`, sign: 1 },
    { name: `${base}_late_total`, sign: 1 },
    { name: `${base}_retracted_total`, sign: -1 },
  ];
  for (const { name, sign } of siblings) {
    const query = `${name}{instance=${JSON.stringify(options.ledger.id)}}`;
    for (const { labels, value } of await queryPrometheus(options.backends.prometheus, query, atMs)) {
      const own = metric.labels.map((label) => [label, labels[prometheusLabel(label)] ?? ""] as const);
      grow(net, labelsKey(Object.fromEntries(own)), sign * value);
    }
  }
  return net;
}

interface LogScan {
  facts: number;
  missing: string[];
  missingCount: number;
  /** Records less retractions, by metric name and labels. */
  counts: Map<string, number>;
  /** The same told by the facts that are there; undefined when none went. */
  present: Map<string, number> | undefined;
}

/** Walks the ledger and Loki side by side, a page of facts at a time: memory stays flat however long the ledger is. */
async function scanLogs(
  options: ReconcileOptions,
  { cursorSeq, factsWent }: { readonly cursorSeq: number; readonly factsWent: boolean },
): Promise<LogScan> {
  const scan: LogScan = { facts: 0, missing: [], missingCount: 0, counts: new Map(), present: factsWent ? new Map() : undefined };
  for (let after = 0; after < cursorSeq; ) {
    const page = (await options.ledger.read(after, FACTS_PER_PAGE)).filter(({ seq }) => seq <= cursorSeq);
    const [first, last] = [page[0], page.at(-1)];
    if (first === undefined || last === undefined) break;
    if (scan.present !== undefined) for (const stored of page) countFact(options, stored, scan.present);
    const wanted = new Set(page.map(({ fact }) => fact.id));
    const seen = new Set<string>();
    const query = `{service_instance_id=${JSON.stringify(options.ledger.id)}}`;
    const [fromUnixNano, toUnixNano] = span(page.map(({ writtenAtMs, seq }) => BigInt(logTimeUnixNano(writtenAtMs, seq))));
    for await (const lines of queryLoki(options.backends.loki, { query, fromUnixNano, toUnixNano })) {
      for (const line of lines) countLine(options.metrics, { line, wanted, seen, counts: scan.counts });
    }
    const missing = [...wanted].filter((id) => !seen.has(id));
    scan.facts += page.length;
    scan.missingCount += missing.length;
    scan.missing.push(...missing.slice(0, MISSING_SHOWN - scan.missing.length));
    after = last.seq;
  }
  return scan;
}

function countFact({ signals }: ReconcileOptions, stored: StoredFact, counts: Map<string, number>): void {
  for (const signal of signals(stored)) {
    if (signal.type !== "increment" || signal.metric.ledger?.logs === undefined) continue;
    const { metric, labels, value } = signal;
    const key = labelsKey(boundedLabels(metric, labels));
    grow(counts, `${metric.name}${key}`, stored.fact.retracts === undefined ? value : -value);
  }
}

/** The first and the last moment; pages follow the ledger's order, not the clock's, which may have stepped back. */
function span(times: readonly bigint[]): readonly [bigint, bigint] {
  const sorted = [...times].sort((a, b) => (a < b ? -1 : 1));
  return [sorted[0] ?? 0n, sorted.at(-1) ?? 0n];
}

interface LineContext {
  readonly line: LogLine;
  readonly wanted: ReadonlySet<string>;
  readonly seen: Set<string>;
  readonly counts: Map<string, number>;
}

/** A resent line counts once: its fact id tells. */
function countLine(metrics: readonly MetricDefinition[], { line, wanted, seen, counts }: LineContext): void {
  const id = line.labels["offing_fact_id"] ?? "";
  if (!wanted.has(id) || seen.has(id)) return;
  seen.add(id);
  for (const metric of metrics) {
    const logs = metric.ledger?.logs;
    const stands = logs === undefined ? 0 : standsFor(logs, line.labels);
    if (logs === undefined || stands === 0) continue;
    const labels = metric.labels.map((label) => [label, line.labels[prometheusLabel(label)] ?? ""] as const);
    const fits = Object.entries(logs.where ?? {}).every(([key, values]) => values.includes(line.labels[prometheusLabel(key)] ?? ""));
    if (!fits || labels.some(([, value]) => value === "")) continue;
    const key = labelsKey(boundedLabels(metric, Object.fromEntries(labels)));
    grow(counts, `${metric.name}${key}`, stands);
  }
}

/** How many a record counts for: less than 0 when it takes back, 0 when it is about something else. */
function standsFor({ event, retracted, summary }: LogCount, labels: Labels): number {
  const name = labels["event_name"];
  if (name === event) return 1;
  if (name === retracted) return -1;
  if (summary === undefined || (name !== summary.event && name !== summary.retracted)) return 0;
  return Number(labels[prometheusLabel(summary.count)] ?? 0) * (name === summary.event ? 1 : -1);
}

/** The newest facts are looked up by id; Tempo has no other reliable way to a late span. */
async function missingTracesOf(options: ReconcileOptions, cursorSeq: number): Promise<readonly string[] | null> {
  const { tempo } = options.backends;
  if (tempo === undefined) return null;
  const missing: string[] = [];
  for (const stored of await options.ledger.read(Math.max(0, cursorSeq - TEMPO_SAMPLE), TEMPO_SAMPLE)) {
    const span = options.signals(stored).find((signal) => signal.type === "span");
    if (span !== undefined && !(await hasTrace(tempo, span.traceId))) missing.push(stored.fact.id);
  }
  return missing;
}

function prometheusLabel(key: string): string {
  return key.replace(/[^A-Za-z0-9_]/g, "_");
}

function stringsOf(row: Readonly<Record<string, string | number | boolean | null>>): Labels {
  return Object.fromEntries(Object.entries(row).map(([key, value]) => [key, String(value)]));
}

function grow(map: Map<string, number>, key: string, by: number): void {
  map.set(key, (map.get(key) ?? 0) + by);
}
