import type { ContractJson, JsonMetric } from "#contract/emit-json.ts";
import type { Exemplar, OtlpPiece } from "#core/otlp-proto.ts";
import type { Attributes } from "#core/signal.ts";
import { namesOf, type Selector } from "../check/expression.ts";
import { metricOf } from "../check/names.ts";
import { dashboardQueries } from "../queries.ts";
import { type EveryNameOptions, everyName, pointValue, tuplesOf } from "./every-name.ts";

/** One batch that the driver sends. */
export interface DrivenBatch {
  readonly signal: "metrics" | "logs";
  readonly resource: Attributes;
  readonly items: readonly OtlpPiece[];
}

/** The ids that the driver's series carry, by whose they are. */
export const DRIVEN_INSTANCES: Readonly<Record<JsonMetric["resource"], string>> = { ledger: "ledger-1", process: "slot-1" };

/** Every job that a dashboard names and the driver plays; the Collector speaks for itself. */
export function drivenJobs(): readonly string[] {
  jobs ??= namedJobs();
  return jobs;
}

let jobs: readonly string[] | undefined;

function namedJobs(): readonly string[] {
  const named = dashboardQueries().flatMap(({ expr }) => namesOf(expr).selectors.flatMap(({ matchers }) => matchers));
  const all = named.filter(({ label, op }) => (label === "job" || label === "service_name") && op === "=").map(({ text }) => text);
  return [...new Set(all)].filter((job) => job !== "offing/otelcol");
}

/** Everything the contract names, for every job, each name with a value of its own that grows from round to round. */
export function drivenBatches(
  contract: ContractJson,
  options: { readonly atMs: number; readonly startMs: number; readonly round: number; readonly exemplar: Exemplar },
): readonly DrivenBatch[] {
  const { ledgerPoints, processPoints, records } = everyName(contract, everyNameOptions(options));
  return drivenJobs().flatMap((job) => {
    const resource = (of: JsonMetric["resource"]): Attributes => ({ "service.name": job, "service.instance.id": DRIVEN_INSTANCES[of] });
    return [
      { signal: "metrics" as const, resource: resource("ledger"), items: ledgerPoints },
      { signal: "metrics" as const, resource: resource("process"), items: processPoints },
      ...(options.round === 1 ? [{ signal: "logs" as const, resource: resource("ledger"), items: records }] : []),
    ];
  });
}

/** What the driver sent for a selector: how many series, and the sum of their values. */
export function drivenSum(
  contract: ContractJson,
  { selector, atMs, round }: { readonly selector: Selector; readonly atMs: number; readonly round: number },
): { readonly series: number; readonly sum: number } {
  const name = selector.metric ?? "";
  const metric = metricOf(contract, name);
  if (metric === undefined) return { series: 0, sum: 0 };
  const sibling = metric.siblings?.find(({ prometheus }) => prometheus === name);
  const value = pointValue(metric, { name: sibling?.name ?? metric.name, ...everyNameOptions({ atMs, startMs: 0, round }) });
  const all = drivenJobs().flatMap((job) =>
    tuplesOf(metric).flatMap((tuple) => partsOf(metric, { name, value }).map((part) => ({ ...labelled(metric, { tuple, job }), ...part }))),
  );
  const matching = all.filter(({ labels }) => fits(selector, labels));
  return { series: matching.length, sum: matching.reduce((sum, one) => sum + one.value, 0) };
}

function everyNameOptions({ round, ...rest }: { atMs: number; startMs: number; round: number; exemplar?: Exemplar }): EveryNameOptions {
  return { ...rest, value: (name) => round * (1 + ([...name].reduce((hash, char) => (hash * 31 + char.charCodeAt(0)) % 89, 7) % 89)) };
}

function labelled(metric: JsonMetric, { tuple, job }: { tuple: Attributes; job: string }): { readonly labels: Record<string, string> } {
  const own = metric.labels.map(({ key, prometheus }) => [prometheus, String(tuple[key])] as const);
  return { labels: { ...Object.fromEntries(own), job, instance: DRIVEN_INSTANCES[metric.resource] } };
}

/** The series a point becomes; of a histogram `_sum`, `_count` or the buckets, each of which got `value` cases. */
function partsOf({ buckets }: JsonMetric, { name, value }: { name: string; value: number }): readonly { readonly value: number }[] {
  if (buckets === undefined || name.endsWith("_sum")) return [{ value }];
  if (name.endsWith("_count")) return [{ value: value * (buckets.length + 1) }];
  return [...buckets, Number.POSITIVE_INFINITY].map((_, index) => ({ value: value * (index + 1) }));
}

function fits({ matchers }: Selector, labels: Readonly<Record<string, string>>): boolean {
  return matchers.every(({ label, op, text }) => {
    const value = labels[label] ?? "";
    const equal = op.includes("~") ? new RegExp(`^(?:${text})$`, "u").test(value) : value === text;
    return op.startsWith("!") ? !equal : equal;
  });
}
