import { bucketOf, seriesName } from "#core/series.ts";
import type { GaugePoint, Increment, Labels, MetricDefinition, Recording, SpanSignal } from "#core/signal.ts";

/** Metrics of the process itself, since its start; what the ledger counts never goes this way. */
export interface Meter {
  readonly count: (increment: Increment) => void;
  readonly record: (recording: Recording) => void;
  readonly set: (point: GaugePoint) => void;
  /** Keeps a span until it is taken; beyond 256 the oldest go. */
  readonly trace: (span: SpanSignal) => void;
  /** The spans since they were taken last. */
  readonly takeSpans: () => readonly SpanSignal[];
  /** Every series as it stands. */
  readonly collect: () => readonly MeterSeries[];
}

/** One series of the process. */
export interface MeterSeries {
  readonly metric: MetricDefinition;
  readonly labels: Labels;
  readonly value: number;
  readonly buckets: readonly number[] | null;
}

const SPANS_KEPT = 256;

/** A meter in memory. Label sets are bounded by the contract, so it cannot grow without bound. */
export function createMeter(): Meter {
  const series = new Map<string, MeterSeries>();
  const spans: SpanSignal[] = [];
  const grow = (metric: MetricDefinition, labels: Labels, value: number, buckets: number[] | null): void => {
    const key = seriesName(metric.name, metric, labels);
    const before = series.get(key);
    if (buckets !== null) for (const [index, count] of (before?.buckets ?? []).entries()) buckets[index] = (buckets[index] ?? 0) + count;
    series.set(key, { metric, labels, value: (before?.value ?? 0) + value, buckets });
  };
  return {
    count: ({ metric, labels, value }) => grow(metric, labels, value, null),
    record: ({ metric, labels, value }) => {
      const bounds = metric.buckets ?? [];
      const buckets = new Array<number>(bounds.length + 1).fill(0);
      buckets[bucketOf(bounds, value)] = 1;
      grow(metric, labels, value, buckets);
    },
    set: ({ metric, labels, value }) => void series.set(seriesName(metric.name, metric, labels), { metric, labels, value, buckets: null }),
    trace: (span) => {
      spans.push(span);
      if (spans.length > SPANS_KEPT) spans.shift();
    },
    takeSpans: () => spans.splice(0),
    collect: () => [...series.values()],
  };
}
