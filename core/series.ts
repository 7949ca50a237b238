import type { Labels, MetricDefinition } from "#core/signal.ts";

/** Labels as JSON with sorted keys: the same labels give the same text. */
export function labelsKey(labels: Labels): string {
  return JSON.stringify(Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))));
}

/** The identity of one series under a name of its metric: the contract fixes which labels a metric has and in which order. */
export function seriesName(name: string, metric: Pick<MetricDefinition, "labels">, labels: Labels): string {
  let key = name;
  for (const label of metric.labels) key += `\u0000${labels[label] ?? ""}`;
  return key;
}

/** The index of the bucket that `value` falls in: bounds are inclusive upper ends, the last bucket is unbounded. */
export function bucketOf(bounds: readonly number[], value: number): number {
  const index = bounds.findIndex((bound) => value <= bound);
  return index === -1 ? bounds.length : index;
}

/** The labels with every value outside its closed set replaced by `unknown`; the same object when there is none. */
export function boundedLabels(metric: Pick<MetricDefinition, "closed">, labels: Labels): Labels {
  let result = labels;
  for (const label in metric.closed) {
    const value = labels[label];
    if (value === undefined || metric.closed[label]?.includes(value) === true) continue;
    result = { ...result, [label]: "unknown" };
  }
  return result;
}
