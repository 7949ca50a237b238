import type { Json } from "#core/fact.ts";
import type { Total } from "#core/ledger/ledger.ts";
import type { Exemplar, MetricPoint } from "#core/otlp-proto.ts";
import { bucketOf, labelsKey } from "#core/series.ts";
import type { Increment, Labels, MetricDefinition } from "#core/signal.ts";
import type { Example, StreamSeries } from "#core/stream.ts";
import { emptyBuckets } from "#core/tally.ts";

/** The value of one series at one moment. */
export interface Snapshot {
  readonly value: number;
  readonly buckets: readonly number[] | null;
}

/** What a group of observations changed, frozen: the series may move on while this is on its way to the ledger. */
export interface SealedTotals {
  readonly totals: readonly Total[];
  readonly accept: () => void;
}

/** Points for one export, and what the ledger keeps of it. */
export interface TotalsExport {
  readonly points: readonly MetricPoint[];
  /** The series whose values were not shown before: keys with their values. */
  readonly moved: readonly { readonly key: string; readonly value: Json }[];
  /** Takes the values as shown. */
  readonly acknowledge: () => void;
}

/** What the ledger remembers of earlier exports: series keys with the values that were acknowledged, and that were about to be sent. */
export interface EarlierExports {
  readonly shown: Iterable<readonly [string, Json]>;
  readonly intended: Iterable<readonly [string, Json]>;
}

/**
 * The totals of a stream's series in their three stages: as counted, as committed, and as the Collector last acknowledged them.
 *
 * Only what is committed is shown, so no counter ever falls. A series is born with a 0 point, so that `increase()` sees its first step.
 */
export class StreamTotals {
  readonly #series = new Map<string, Series>();
  readonly #changed = new Set<Series>();
  readonly #metrics: ReadonlyMap<string, MetricDefinition>;

  constructor(metrics: readonly MetricDefinition[], totals: readonly Total[], { shown, intended }: EarlierExports) {
    this.#metrics = new Map(metrics.map((metric) => [metric.name, metric]));
    for (const { metric: name, labels: text, value, buckets, bornAtMs } of totals) {
      const metric = this.#metrics.get(name);
      if (metric === undefined) continue;
      const series = new Series(metric, { labels: JSON.parse(text) as Labels, bornAtMs, changed: this.#changed });
      series.restore({ value, buckets: fitting(metric, buckets) });
      this.#series.set(series.key, series);
    }
    for (const [key, value] of shown) {
      const series = this.#series.get(key);
      // This class wrote it.
      if (series !== undefined) series.shown = value as unknown as Snapshot;
    }
    for (const [key, value] of intended) {
      const series = this.#series.get(key);
      if (series === undefined) continue;
      series.unborn = series.shown === undefined;
      series.shown = value as unknown as Snapshot;
    }
  }

  /** Gives these label tuples a series at 0 when they have none. */
  bear(zeros: readonly Increment[], atMs: number): void {
    for (const { metric, labels } of zeros) this.at(metric, labels, atMs);
  }

  /** The series of these labels, new when there is none. */
  at(metric: MetricDefinition, labels: Labels, atMs: number): StreamSeries {
    const key = `${metric.name}${labelsKey(labels)}`;
    let series = this.#series.get(key);
    if (series === undefined) {
      series = new Series(metric, { labels, bornAtMs: atMs, changed: this.#changed });
      this.#series.set(key, series);
      this.#changed.add(series);
    }
    return series;
  }

  /** Freezes what changed since the last seal. */
  seal(): SealedTotals {
    const frozen = [...this.#changed].map((series) => series.freeze());
    this.#changed.clear();
    return {
      totals: frozen.map(({ total }) => total),
      accept: () => {
        for (const { accept } of frozen) accept();
      },
    };
  }

  /** The series' values as they were last shown, or were about to be by a process that died: what is repeated after a start or an outage. */
  shownPoints(atMs: number): MetricPoint[] {
    return [...this.#series.values()].flatMap((series) => {
      if (series.shown === undefined) return [];
      const birth = series.unborn && atMs - series.bornAtMs < OLDEST_ZERO_MS ? [series.birth()] : [];
      return [...birth, series.point(series.shown, atMs)];
    });
  }

  /** The committed values at `atMs`. */
  export(atMs: number): TotalsExport {
    const points: MetricPoint[] = [];
    const moved: { series: Series; now: Snapshot }[] = [];
    for (const series of this.#series.values()) {
      const { committed, shown } = series;
      if (committed === undefined) continue;
      if (shown === undefined && atMs - series.bornAtMs < OLDEST_ZERO_MS) points.push(series.birth());
      points.push({ ...series.point(committed, atMs), ...(series.exemplar === undefined ? {} : { exemplar: series.exemplar }) });
      if (shown !== committed) moved.push({ series, now: committed });
    }
    return {
      points,
      moved: moved.map(({ series, now }) => ({ key: series.key, value: { value: now.value, buckets: now.buckets } })),
      acknowledge: () => {
        for (const { series, now } of moved) {
          series.shown = now;
          series.unborn = false;
          delete series.exemplar;
        }
      },
    };
  }
}

/** Prometheus refuses the whole request for one sample beyond its out-of-order window of a day. */
const OLDEST_ZERO_MS = 20 * 3_600_000;

class Series implements StreamSeries {
  readonly key: string;
  readonly bornAtMs: number;
  committed: Snapshot | undefined;
  shown: Snapshot | undefined;
  /** Nobody knows whether its 0 point was taken. */
  unborn = false;
  exemplar?: Exemplar;
  readonly #metric: MetricDefinition;
  readonly #labels: Labels;
  readonly #labelsText: string;
  readonly #changed: Set<Series>;
  #value = 0;
  #buckets: number[] | null;
  /** What was counted last with an example, and where. */
  #example: Example | undefined;
  #exampleValue = 0;

  constructor(metric: MetricDefinition, { labels, bornAtMs, changed }: { labels: Labels; bornAtMs: number; changed: Set<Series> }) {
    this.#metric = metric;
    this.#labels = labels;
    this.#labelsText = labelsKey(labels);
    this.key = `${metric.name}${this.#labelsText}`;
    this.bornAtMs = bornAtMs;
    this.#changed = changed;
    this.#buckets = emptyBuckets(metric);
  }

  restore({ value, buckets }: Snapshot): void {
    this.#value = value;
    this.#buckets = buckets === null ? null : [...buckets];
    this.committed = { value, buckets };
  }

  add(value: number, example?: Example): void {
    this.#value += value;
    const buckets = this.#buckets;
    if (buckets !== null) {
      const index = bucketOf(this.#metric.buckets ?? [], value);
      buckets[index] = (buckets[index] ?? 0) + 1;
    }
    if (example !== undefined) {
      this.#example = example;
      this.#exampleValue = value;
    }
    this.#changed.add(this);
  }

  freeze(): { total: Total; accept: () => void } {
    const now: Snapshot = { value: this.#value, buckets: this.#buckets === null ? null : [...this.#buckets] };
    const example = this.#example === undefined ? undefined : { ...this.#example, value: this.#exampleValue };
    this.#example = undefined;
    return {
      total: { metric: this.#metric.name, labels: this.#labelsText, bornAtMs: this.bornAtMs, ...now },
      accept: () => {
        this.committed = now;
        if (example !== undefined) this.exemplar = example;
      },
    };
  }

  birth(): MetricPoint {
    return this.point({ value: 0, buckets: emptyBuckets(this.#metric) }, this.bornAtMs);
  }

  point({ value, buckets }: Snapshot, atMs: number): MetricPoint {
    const common = { metric: this.#metric, labels: this.#labels, startMs: this.bornAtMs, atMs, value };
    return buckets === null ? common : { ...common, buckets };
  }
}

/** The stored buckets, unless the contract has given the metric others since: then what they counted stays in the last one. */
function fitting(metric: MetricDefinition, buckets: readonly number[] | null): readonly number[] | null {
  const empty = emptyBuckets(metric);
  if (buckets === null || empty === null || buckets.length === empty.length) return empty === null ? null : (buckets ?? empty);
  empty[empty.length - 1] = buckets.reduce((sum, n) => sum + n, 0);
  return empty;
}
