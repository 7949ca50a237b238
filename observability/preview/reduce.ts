/** A point of a series; null where there was none. */
export type Point = readonly [atMs: number, value: number | null];

/** How a series becomes one number, by Grafana's name of it. */
const REDUCERS: Readonly<Record<string, (values: readonly number[]) => number | undefined>> = {
  lastNotNull: (values) => values.at(-1),
  last: (values) => values.at(-1),
  firstNotNull: (values) => values[0],
  first: (values) => values[0],
  min: (values) => (values.length === 0 ? undefined : Math.min(...values)),
  max: (values) => (values.length === 0 ? undefined : Math.max(...values)),
  mean: (values) => (values.length === 0 ? undefined : sum(values) / values.length),
  sum: (values) => (values.length === 0 ? undefined : sum(values)),
  count: (values) => values.length,
  range: (values) => (values.length === 0 ? undefined : Math.max(...values) - Math.min(...values)),
  diff: (values) => (values.length === 0 ? undefined : (values.at(-1) ?? 0) - (values[0] ?? 0)),
};

/** What a legend calls a reduced value. */
export const REDUCER_NAMES: Readonly<Record<string, string>> = {
  lastNotNull: "Last *",
  last: "Last",
  firstNotNull: "First *",
  first: "First",
  min: "Min",
  max: "Max",
  mean: "Mean",
  sum: "Total",
  count: "Count",
  range: "Range",
  diff: "Difference",
};

/** One number for a series; undefined where it has no value, and for a reducer nobody knows. */
export function reduce(points: readonly Point[], reducer: string): number | undefined {
  const values = points.flatMap(([, value]) => (value === null || Number.isNaN(value) ? [] : [value]));
  return REDUCERS[reducer]?.(values);
}

/** The points on a grid of equal steps, null where a series has none: a gap is drawn as a gap. */
export function onGrid(points: readonly (readonly [number, number])[], times: readonly number[]): readonly Point[] {
  const values = new Map(points);
  return times.map((at) => {
    const value = values.get(at);
    return [at, value === undefined || !Number.isFinite(value) ? null : value];
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
