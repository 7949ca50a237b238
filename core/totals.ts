import { createHash } from "node:crypto";
import type { Total } from "#core/ledger/ledger.ts";
import type { Exemplar, MetricPoint } from "#core/otlp-proto.ts";
import { labelsKey, seriesName } from "#core/series.ts";
import type { Increment, Labels, MetricDefinition } from "#core/signal.ts";
import { emptyBuckets, SIBLINGS, type Sibling, siblingName, type Tally } from "#core/tally.ts";

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
      this.#series.set(seriesName(series.name, metric, series.labels), Object.assign(series, { value: total.value, buckets }));
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

  /** Adds what a batch of facts counts; what is new is born a millisecond before `atMs`. */
  fold(tally: Tally, atMs: number): void {
    for (const { metric, sibling, labels, value, buckets, example } of tally.additions()) {
      const series = this.#at({ metric, sibling, labels, bornAtMs: atMs - 1 });
      series.value += value;
      for (const [index, count] of (buckets ?? []).entries()) {
        if (series.buckets !== null) series.buckets[index] = (series.buckets[index] ?? 0) + count;
      }
      if (example !== undefined) series.exemplar = { ...example, atMs };
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
    const key = seriesName(siblingName(wanted.metric.name, wanted.sibling), wanted.metric, wanted.labels);
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
  const name = siblingName(metric.name, sibling);
  return { metric, name, brief: briefs[sibling], labels, bornAtMs, value: 0, buckets: emptyBuckets(metric) };
}

function toTotal(series: Series): Total {
  const { name, labels, value, buckets, bornAtMs } = series;
  return { metric: name, labels: labelsKey(labels), value, buckets: buckets === null ? null : [...buckets], bornAtMs };
}
