import type { ContractJson, JsonEvent, JsonMetric } from "#contract/emit-json.ts";
import { type Exemplar, encodeLog, encodePoint, type OtlpPiece } from "#core/otlp-proto.ts";
import type { Attributes } from "#core/signal.ts";

/** One export of everything the contract names. */
export interface EveryName {
  /** Points of the ledger's metrics and of the process's, apart: they carry different resources. */
  readonly ledgerPoints: readonly OtlpPiece[];
  readonly processPoints: readonly OtlpPiece[];
  readonly records: readonly OtlpPiece[];
}

/** What the points say. */
export interface EveryNameOptions {
  readonly atMs: number;
  readonly startMs: number;
  /** One value for all, or one for each name; a gauge in seconds always holds the time. */
  readonly value: number | ((name: string) => number);
  /** An exemplar on every counter whose cases are in the log. */
  readonly exemplar?: Exemplar;
}

/** Every metric with every tuple of its closed label sets, siblings included, and every event once. */
export function everyName(contract: ContractJson, options: EveryNameOptions): EveryName {
  const { atMs } = options;
  const points = (resource: JsonMetric["resource"]): readonly OtlpPiece[] =>
    contract.metrics.filter((metric) => metric.resource === resource).flatMap((metric) => pointsOf(metric, options));
  const records = contract.events.map((event, seq) =>
    encodeLog(
      { type: "log", event: event.name, severity: event.severity, body: event.brief, attributes: attributesOf(event, contract) },
      { writtenAtMs: atMs, seq },
    ),
  );
  return { ledgerPoints: points("ledger"), processPoints: points("process"), records };
}

function pointsOf(metric: JsonMetric, options: EveryNameOptions): OtlpPiece[] {
  const names = [metric.name, ...(metric.siblings ?? []).map((sibling) => sibling.name)];
  const { instrument, unit, brief, buckets } = metric;
  const { atMs, startMs, exemplar } = options;
  return names.flatMap((name) => {
    const value = pointValue(metric, { name, ...options });
    return tuplesOf(metric).map((labels) =>
      encodePoint({
        metric: { name, instrument, unit, brief, ...(buckets !== undefined && { buckets }) },
        labels,
        atMs,
        value,
        ...(instrument === "gauge" ? {} : { startMs }),
        ...(buckets !== undefined && { buckets: [...buckets.map(() => value), value] }),
        ...(exemplar !== undefined && metric.ledger?.logs !== undefined && { exemplar }),
      }),
    );
  });
}

/** What everyName gives a metric, or a sibling of it by its name. */
export function pointValue(metric: JsonMetric, { name, atMs, value }: EveryNameOptions & { readonly name: string }): number {
  if (metric.unit === "s" && metric.instrument === "gauge") return atMs / 1000;
  return typeof value === "number" ? value : value(name);
}

/** Every tuple of a metric's closed label sets; an open label has one value. */
export function tuplesOf({ labels }: JsonMetric): readonly Attributes[] {
  return labels.reduce<readonly Attributes[]>(
    (tuples, { key, values = ["one"] }) => tuples.flatMap((tuple) => values.map((value) => ({ ...tuple, [key]: value }))),
    [{}],
  );
}

function attributesOf({ attributes }: JsonEvent, contract: ContractJson): Attributes {
  return Object.fromEntries(
    attributes.map(({ key }) => {
      const attribute = contract.attributes.find((one) => one.key === key);
      return [key, attribute?.type === "int" ? 1 : (attribute?.members?.[0]?.value ?? "text")];
    }),
  );
}
