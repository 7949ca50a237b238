import { createHash } from "node:crypto";
import type { Fact, StoredFact } from "#core/fact.ts";
import type { Total } from "#core/ledger/ledger.ts";
import type { Exemplar, MetricPoint } from "#core/otlp-proto.ts";
import { boundedLabels, bucketOf, labelsKey } from "#core/series.ts";
import type { Increment, Labels, MetricDefinition, Signal } from "#core/signal.ts";

/** The three series a ledger counter has; their sum (total + late - retracted) is the count of current rows. */
export const SIBLINGS = ["total", "late", "retracted"] as const;
export type Sibling = (typeof SIBLINGS)[number];

/** The name of a counter's sibling: the plain name for `total`. */
export function siblingName(metric: string, sibling: Sibling): string {
  return sibling === "total" ? metric : `${metric}.${sibling}`;
}

/** Which sibling a fact's counts belong to, by its own marks. */
export function siblingOf(fact: Pick<Fact, "late" | "retracts">): Sibling {
  if (fact.retracts !== undefined) return "retracted";
  return fact.late ? "late" : "total";
}

/** A digest of everything that decides how facts become totals; another digest folds them again. */
export function foldDigest(domain: string, projection: number, metrics: readonly MetricDefinition[]): string {
  const shape = metrics.map(({ name, instrument, labels, closed, buckets }) => ({ name, instrument, labels, closed, buckets }));
  return createHash("sha256").update(JSON.stringify({ domain, projection, shape })).digest("hex").slice(0, 32);
}

interface Series {
  readonly metric: MetricDefinition;
  readonly name: string;
  readonly brief: string;
  readonly labels: Labels;
  readonly bornAtMs: number;
  value: number;
  buckets: number[] | null;
  exemplar?: Exemplar;
}

/** What folding one batch needs to know besides its signals. */
export interface FoldContext {
  readonly stored: StoredFact;
  readonly atMs: number;
  /** Called for a label value outside its closed set; it is counted as `unknown`. */
  readonly onUnknownLabel: () => void;
}

/**
 * The totals of every ledger series, in memory, at the projector's cursor.
 *
 * Series are born with a 0 point of their own so that `increase()` sees the first step; their birth is their start time for ever.
 */
export class Totals {
  readonly #series = new Map<string, Series>();
  readonly #changed = new Set<Series>();
  readonly #newborn = new Set<Series>();
  readonly #metrics: ReadonlyMap<string, MetricDefinition>;

  constructor(metrics: readonly MetricDefinition[], totals: readonly Total[]) {
    this.#metrics = new Map(metrics.map((metric) => [metric.name, metric]));
    for (const total of totals) {
      const { metric, sibling } = this.#resolve(total.metric);
      if (metric === undefined) continue;
      const buckets = total.buckets === null ? null : [...total.buckets];
      const series = newSeries({ metric, sibling, labels: JSON.parse(total.labels) as Labels, bornAtMs: total.bornAtMs });
      this.#series.set(keyOf(series), Object.assign(series, { value: total.value, buckets }));
    }
  }

  /** Gives every sibling of these label tuples a series, at 0 when it is new. */
  bear(zeros: readonly Increment[], atMs: number): void {
    for (const { metric, labels } of zeros) for (const sibling of SIBLINGS) this.#at({ metric, sibling, labels, bornAtMs: atMs - 1 });
    for (const metric of this.#metrics.values()) {
      const alone = metric.instrument === "histogram" && metric.labels.length === 0;
      if (alone) this.#at({ metric, sibling: "total", labels: {}, bornAtMs: atMs - 1 });
    }
  }

  /** Counts the increments and recordings among one fact's signals. */
  fold(signals: readonly Signal[], context: FoldContext): void {
    const { fact } = context.stored;
    const span = signals.find((signal) => signal.type === "span");
    for (const signal of signals) {
      if (signal.type !== "increment" && signal.type !== "recording") continue;
      const labels = boundedLabels(signal.metric, signal.labels);
      if (labels !== signal.labels) context.onUnknownLabel();
      const sibling = signal.type === "recording" ? "total" : siblingOf(fact);
      const series = this.#at({ metric: signal.metric, sibling, labels, bornAtMs: context.atMs - 1 });
      if (series.buckets !== null) {
        const index = bucketOf(series.metric.buckets ?? [], signal.value);
        series.buckets[index] = (series.buckets[index] ?? 0) + 1;
      }
      series.value += signal.value;
      if (span !== undefined) {
        series.exemplar = { traceId: span.traceId, spanId: span.spanId, value: signal.value, atMs: context.atMs, factId: fact.id };
      }
      this.#changed.add(series);
    }
  }

  /** Every series at `atMs`; what was born since the last `settle` comes with its 0 point one millisecond earlier. */
  points(atMs: number): MetricPoint[] {
    const points: MetricPoint[] = [];
    for (const series of this.#series.values()) {
      const metric = { ...series.metric, name: series.name, brief: series.brief };
      const common = { metric, labels: series.labels, startMs: series.bornAtMs };
      const empty = series.buckets === null ? {} : { buckets: series.buckets.map(() => 0) };
      if (this.#newborn.has(series)) points.push({ ...common, atMs: series.bornAtMs, value: 0, ...empty });
      points.push({
        ...common,
        atMs,
        value: series.value,
        ...(series.buckets === null ? {} : { buckets: [...series.buckets] }),
        ...(series.exemplar === undefined ? {} : { exemplar: series.exemplar }),
      });
    }
    return points;
  }

  /** The series that changed or were born since the last `settle`. */
  changes(): Total[] {
    return [...new Set([...this.#newborn, ...this.#changed])].map(toTotal);
  }

  /** Every series. */
  all(): Total[] {
    return [...this.#series.values()].map(toTotal);
  }

  /** Called when an export was acknowledged and recorded. */
  settle(): void {
    for (const series of this.#changed) delete series.exemplar;
    this.#changed.clear();
    this.#newborn.clear();
  }

  #at(wanted: Birth): Series {
    const key = keyOf({ ...wanted, name: siblingName(wanted.metric.name, wanted.sibling) });
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    const series = newSeries(wanted);
    this.#series.set(key, series);
    this.#newborn.add(series);
    return series;
  }

  #resolve(name: string): { metric: MetricDefinition | undefined; sibling: Sibling } {
    for (const sibling of ["late", "retracted"] as const) {
      const metric = name.endsWith(`.${sibling}`) ? this.#metrics.get(name.slice(0, -sibling.length - 1)) : undefined;
      if (metric !== undefined) return { metric, sibling };
    }
    return { metric: this.#metrics.get(name), sibling: "total" };
  }
}

interface Birth {
  readonly metric: MetricDefinition;
  readonly sibling: Sibling;
  readonly labels: Labels;
  /** One millisecond before the first export of a value: the time of its 0 point. */
  readonly bornAtMs: number;
}

function newSeries({ metric, sibling, labels, bornAtMs }: Birth): Series {
  const briefs = { total: metric.brief, late: `Late: ${metric.brief}`, retracted: `Retracted: ${metric.brief}` };
  const buckets = metric.instrument === "histogram" ? new Array<number>((metric.buckets ?? []).length + 1).fill(0) : null;
  return { metric, name: siblingName(metric.name, sibling), brief: briefs[sibling], labels, bornAtMs, value: 0, buckets };
}

/** Cheaper than sorted JSON: the contract fixes which labels a metric has and in which order. */
function keyOf({ name, metric, labels }: Pick<Series, "name" | "metric" | "labels">): string {
  let key = name;
  for (const label of metric.labels) key += `\u0000${labels[label] ?? ""}`;
  return key;
}

function toTotal(series: Series): Total {
  const { name, labels, value, buckets, bornAtMs } = series;
  return { metric: name, labels: labelsKey(labels), value, buckets: buckets === null ? null : [...buckets], bornAtMs };
}
