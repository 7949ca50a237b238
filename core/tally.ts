import type { Fact } from "#core/fact.ts";
import { boundedLabels, bucketOf, seriesName } from "#core/series.ts";
import type { Increment, Labels, MetricDefinition, Recording, Signal } from "#core/signal.ts";

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

/** What some facts add to one series. */
export interface Addition {
  readonly metric: MetricDefinition;
  readonly sibling: Sibling;
  readonly labels: Labels;
  value: number;
  /** Histogram only: counts per bucket. */
  readonly buckets: number[] | null;
  /** The last of them that has a span. */
  example?: Example;
}

/** A fact, and its span, as an example of what a series counts. */
export interface Example {
  readonly traceId: string;
  readonly spanId: string;
  readonly value: number;
  readonly factId: string;
}

/** What a batch of facts adds to the totals, summed up so that the facts need not be kept until the batch is exported. */
export class Tally {
  readonly #additions = new Map<string, Addition>();

  /** Counts the increments and recordings among one fact's signals; calls back for a label value outside its closed set, which counts as `unknown`. */
  count(signals: readonly Signal[], fact: Fact, onUnknownLabel: () => void): void {
    const span = signals.find((signal) => signal.type === "span");
    for (const signal of signals) {
      if (signal.type !== "increment" && signal.type !== "recording") continue;
      const labels = boundedLabels(signal.metric, signal.labels);
      if (labels !== signal.labels) onUnknownLabel();
      const addition = this.#at(signal, labels, signal.type === "recording" ? "total" : siblingOf(fact));
      addition.value += signal.value;
      if (addition.buckets !== null) {
        const index = bucketOf(signal.metric.buckets ?? [], signal.value);
        addition.buckets[index] = (addition.buckets[index] ?? 0) + 1;
      }
      if (span !== undefined) addition.example = { traceId: span.traceId, spanId: span.spanId, value: signal.value, factId: fact.id };
    }
  }

  /** One for each series, in the order in which they were met. */
  additions(): Iterable<Addition> {
    return this.#additions.values();
  }

  #at({ metric }: Increment | Recording, labels: Labels, sibling: Sibling): Addition {
    const key = seriesName(siblingName(metric.name, sibling), metric, labels);
    const known = this.#additions.get(key);
    if (known !== undefined) return known;
    const addition = { metric, sibling, labels, value: 0, buckets: emptyBuckets(metric) };
    this.#additions.set(key, addition);
    return addition;
  }
}

/** A histogram's buckets, all at 0; null for what has none. */
export function emptyBuckets({ instrument, buckets = [] }: MetricDefinition): number[] | null {
  return instrument === "histogram" ? new Array<number>(buckets.length + 1).fill(0) : null;
}
