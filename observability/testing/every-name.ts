import type { ContractJson, JsonEvent, JsonMetric } from "#contract/emit-json.ts";
import { encodeLog, encodePoint, type OtlpItem } from "#core/otlp-proto.ts";
import type { Attributes } from "#core/signal.ts";

/** One export of everything the contract names. */
export interface EveryName {
  /** Points of the ledger's metrics and of the process's, apart: they carry different resources. */
  readonly ledgerPoints: readonly OtlpItem[];
  readonly processPoints: readonly OtlpItem[];
  readonly records: readonly OtlpItem[];
}

/** Every metric with every tuple of its closed label sets, siblings included, and every event once. */
export function everyName(contract: ContractJson, { atMs, startMs, value }: { atMs: number; startMs: number; value: number }): EveryName {
  const points = (resource: JsonMetric["resource"]): readonly OtlpItem[] =>
    contract.metrics
      .filter((metric) => metric.resource === resource)
      .flatMap((metric) =>
        pointsOf(metric, { atMs, startMs, value: metric.unit === "s" && metric.instrument === "gauge" ? atMs / 1000 : value }),
      );
  const records = contract.events.map((event, seq) =>
    encodeLog(
      { type: "log", event: event.name, severity: event.severity, body: event.brief, attributes: attributesOf(event, contract) },
      { writtenAtMs: atMs, seq },
    ),
  );
  return { ledgerPoints: points("ledger"), processPoints: points("process"), records };
}

function pointsOf(metric: JsonMetric, { atMs, startMs, value }: { atMs: number; startMs: number; value: number }): OtlpItem[] {
  const names = [metric.name, ...(metric.siblings ?? []).map((sibling) => sibling.name)];
  const { instrument, unit, brief, buckets } = metric;
  const counts = { ...(buckets !== undefined && { buckets: [...buckets.map(() => value), value] }) };
  return names.flatMap((name) =>
    tuplesOf(metric).map((labels) =>
      encodePoint({
        metric: { name, instrument, unit, brief, ...(buckets !== undefined && { buckets }) },
        labels,
        atMs,
        value,
        ...(instrument === "gauge" ? {} : { startMs }),
        ...counts,
      }),
    ),
  );
}

function tuplesOf({ labels }: JsonMetric): readonly Attributes[] {
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
