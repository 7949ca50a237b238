import type { Counter, Gauge, Histogram, Labels, MetricDefinition } from "#core/signal.ts";

/** A metric of the contract, typed by its labels. */
export type Metric<L extends Labels> = Counter<L> | Gauge<L> | Histogram<L>;

/** Labels that Prometheus puts beside every metric's own. */
export type TargetLabel = "job" | "instance";

/** A PromQL expression that gives an instant vector; its labels and unit are known. */
export interface Vector<Label extends string = string> {
  readonly promql: string;
  /** UCUM as in the contract, or what a function made of it: `{failure}/s` after a rate, `1` for a ratio. */
  readonly unit: string;
  /** The labels that are left, by their contract keys. */
  readonly labels: readonly Label[];
}

/** What a label must be: one value, one of several, or anything but a value; a label that is not there is empty. */
export type Match<Value> = Value | readonly Value[] | { readonly not: Value | "" };
/** A condition on any of a metric's own labels. */
export type Matches<L> = { readonly [Key in keyof L]?: Match<L[Key]> };

/** Writes selectors for one emitter's series. */
export interface Selector {
  /** The series of a metric; the plain `_total` one of a ledger counter. */
  readonly series: <L extends Labels>(metric: Metric<L>, match?: Matches<NoInfer<L>>) => Vector<LabelOf<L>>;
  /** The late or retracted sibling of a ledger counter. */
  readonly sibling: <L extends Labels>(counter: Counter<L>, which: "late" | "retracted", match?: Matches<NoInfer<L>>) => Vector<LabelOf<L>>;
  /** What the ledger holds now: total + late - retracted, by the counter's own labels and instance. */
  readonly net: <L extends Labels>(counter: Counter<L>, match?: Matches<NoInfer<L>>) => Vector<LabelOf<L>>;
  /** The count, the sum or the buckets of a histogram. */
  readonly histogram: <L extends Labels>(histogram: Histogram<L>, part: HistogramPart, match?: Matches<NoInfer<L>>) => Vector<LabelOf<L>>;
}

/** A metric without labels is typed by an index signature, which would allow any. */
type OwnLabel<L> = string extends keyof L ? never : Extract<keyof L, string>;
type LabelOf<L> = OwnLabel<L> | TargetLabel;
type HistogramPart = "bucket" | "count" | "sum";
/** A time range of PromQL, or one of Grafana's own. */
export type Range = `${number}${"s" | "m" | "h" | "d" | "w"}` | "$__rate_interval" | "$__range" | "$__interval";

/** Whose series are meant. */
export interface SelectorScope {
  /** One job, or a regular expression for several. */
  readonly job: string | RegExp;
  /** The dashboard variable that holds the chosen ledgers; every ledger is meant when left out. */
  readonly ledgerVariable?: string;
}

/**
 * Writes selectors for the emitter that reports as `job`. Ledger metrics are narrowed to the ledgers chosen on the dashboard, by the
 * `ledger` variable; a process is not, because its instance is the slot it runs in.
 */
export function selectorOf({ job, ledgerVariable }: SelectorScope): Selector {
  const ofJob = typeof job === "string" ? `job="${job}"` : `job=~"${job.source}"`;
  const write = <L extends Labels>(metric: Metric<L>, name: string, match: Matches<L>): Vector<LabelOf<L>> => {
    const own = Object.entries(match).map(([key, wanted]) => matcher(labelName(key), wanted as Match<string>));
    const scope = metric.resource === "ledger" && ledgerVariable !== undefined ? [`instance=~"$${ledgerVariable}"`] : [];
    const promql = `${name}{${[ofJob, ...scope, ...own].join(",")}}`;
    return { promql, unit: metric.unit, labels: [...labelsOf<L>(metric), "job", "instance"] };
  };
  const sibling: Selector["sibling"] = (counter, which, match = {}) =>
    write(counter, counter.prometheus.replace(/_total$/, `_${which}_total`), match);
  return {
    series: (metric, match = {}) => write(metric, metric.prometheus, match),
    sibling,
    net: (counter, match = {}) => {
      const total = write(counter, counter.prometheus, match);
      const promql = `${total.promql} + ${sibling(counter, "late", match).promql} - ${sibling(counter, "retracted", match).promql}`;
      return { ...total, promql };
    },
    histogram: (histogram, part, match = {}) => {
      const vector = write(histogram, `${histogram.prometheus}_${part}`, match);
      return part === "sum" ? vector : { ...vector, unit: "{count}" };
    },
  };
}

/** The sum over all labels but `by`. */
export function sumBy<Label extends string, By extends Label>(vector: Vector<Label>, by: readonly By[]): Vector<By> {
  return { promql: `sum by (${by.map(labelName).join(", ")}) (${vector.promql})`, unit: vector.unit, labels: by };
}

/** The largest value over all labels but `by`. */
export function maxBy<Label extends string, By extends Label>(vector: Vector<Label>, by: readonly By[]): Vector<By> {
  return { promql: `max by (${by.map(labelName).join(", ")}) (${vector.promql})`, unit: vector.unit, labels: by };
}

/** How much a counter grew over a range. */
export function increase<Label extends string>(vector: Vector<Label>, range: Range): Vector<Label> {
  return { ...vector, promql: `increase(${vector.promql}[${range}])` };
}

/**
 * How much a counter grew over a range, where it may have been born within it: a series that was not there before counts as a whole. For
 * counters that are born with the first event they count, which `increase` does not see.
 */
export function increaseWithBirth<Label extends string>(vector: Vector<Label>, range: `${number}${"m" | "h" | "d"}`): Vector<Label> {
  return { ...vector, promql: `(${vector.promql} unless ${vector.promql} offset ${range}) or increase(${vector.promql}[${range}])` };
}

/** How fast a counter grows, per second. */
export function rate<Label extends string>(vector: Vector<Label>, range: Range): Vector<Label> {
  return { ...vector, promql: `rate(${vector.promql}[${range}])`, unit: `${vector.unit}/s` };
}

/** The last value within a range, also of a series that has stopped. */
export function lastOver<Label extends string>(vector: Vector<Label>, range: Range): Vector<Label> {
  return { ...vector, promql: `last_over_time(${vector.promql}[${range}])` };
}

/** Seconds since the Unix time that a gauge holds. */
export function secondsSince<Label extends string>(vector: Vector<Label>): Vector<Label> {
  return { ...vector, promql: `time() - ${vector.promql}`, unit: "s" };
}

/** Seconds since a series last had a sample, looked for within an hour. For what tells no time of its own. */
export function sampleAge<Label extends string>(vector: Vector<Label>): Vector<Label> {
  return { ...vector, promql: `time() - max_over_time(timestamp(${vector.promql})[1h:15s])`, unit: "s" };
}

/**
 * What has begun within the last five minutes: series that are there now and were not then. For series of which a label says what is in
 * force, such as a version.
 */
export function begun<Label extends string>(vector: Vector<Label>): Vector<Label> {
  const before = vector.promql.replace(/\)$/, " offset 5m)");
  return { ...vector, promql: `${vector.promql} unless ${before}` };
}

/**
 * A vector that is 0 where it has no series, as long as `alive` has one: for counters that are born with the first event they count.
 * Both sides must have the same labels.
 */
export function zeroWhile<Label extends string>(vector: Vector<Label>, alive: Vector<NoInfer<Label>>): Vector<Label> {
  return { ...vector, promql: `${vector.promql} or 0 * ${alive.promql}` };
}

/** The same numbers read in the unit of another expression: a configured threshold is in the unit of what it is compared with. */
export function inUnitOf<Label extends string>(vector: Vector<Label>, other: Vector): Vector<Label> {
  return { ...vector, unit: other.unit };
}

/**
 * A part of a whole, 0 to 1; absent while the whole is 0. Both sides must have the same labels. A part that has no series is 0 of its
 * whole, not nothing.
 */
export function ratio<Label extends string>(part: Vector<Label>, whole: Vector<NoInfer<Label>>): Vector<Label> {
  return { ...part, promql: `(${part.promql} or 0 * (${whole.promql})) / (${whole.promql} > 0)`, unit: "1" };
}

/** A quantile of a histogram over a range, by the given labels. */
export function quantile<Label extends string, By extends Label>(
  share: number,
  options: { readonly buckets: Vector<Label>; readonly unit: string; readonly range: Range; readonly by: readonly By[] },
): Vector<By> {
  const by = ["le", ...options.by.map(labelName)].join(", ");
  const promql = `histogram_quantile(${share}, sum by (${by}) (rate(${options.buckets.promql}[${options.range}])))`;
  return { promql, unit: options.unit, labels: options.by };
}

/** The label a contract key becomes in Prometheus and Loki: dots are underscores there. */
export function labelName(key: string): string {
  return key.replace(/[^A-Za-z0-9_]/g, "_");
}

/** A condition as PromQL and LogQL write it. */
export function matcher(name: string, wanted: Match<string | number | boolean>): string {
  if (Array.isArray(wanted)) return `${name}=~${JSON.stringify(wanted.map(literal).join("|"))}`;
  if (typeof wanted === "object" && "not" in wanted) return `${name}!=${JSON.stringify(String(wanted.not))}`;
  return `${name}=${JSON.stringify(String(wanted))}`;
}

function literal(value: string | number | boolean): string {
  return String(value).replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function labelsOf<L extends Labels>(metric: MetricDefinition): readonly OwnLabel<L>[] {
  return metric.labels as readonly OwnLabel<L>[];
}
