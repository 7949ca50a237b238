import { requestFrom } from "#core/otlp-decode.ts";
import { encodeRequest } from "#core/otlp-proto.ts";
import type { Parcel } from "./parcels.ts";
import type { PreviewedRequest } from "./requests.ts";

/** The requests for a person: each thing on a line with its attributes, and the keys that stay here. */
export function renderRequests(parcels: readonly Parcel[], requests: readonly PreviewedRequest[], way: string): string {
  const left = new Set(requests.flatMap(({ request }) => keysIn(request)));
  const whole = parcels.map(({ signal, resource, items }) => requestFrom(`/v1/${signal}`, encodeRequest(signal, resource, items)));
  const had = new Set(whole.flatMap(keysIn));
  const stay = [...had].filter((key) => !left.has(key)).sort();
  return [
    `What would leave this host, ${way}:`,
    ...requests.flatMap(({ request }) => linesOf(request)),
    "",
    stay.length === 0 ? "No attribute stays here." : `These attributes stay here: ${stay.join(", ")}`,
    "",
  ].join("\n");
}

interface Attribute {
  readonly key: string;
  readonly value?: Readonly<Record<string, unknown>>;
}
interface Named {
  readonly name?: string;
  readonly attributes?: readonly Attribute[];
}

function linesOf(request: Readonly<Record<string, unknown>>): string[] {
  return Object.values(request).flatMap((groups) =>
    (groups as readonly Readonly<Record<string, unknown>>[]).flatMap((group) => {
      const resource = group["resource"] as Named | undefined;
      return ["", `resource ${attributesOf(resource)}`, ...thingsOf(group).map((thing) => `  ${thing}`)];
    }),
  );
}

function thingsOf(group: Readonly<Record<string, unknown>>): string[] {
  const scopes = Object.entries(group).flatMap(([key, value]) => (key.startsWith("scope") ? (value as readonly object[]) : []));
  return scopes.flatMap((scope) => {
    const { spans = [], logRecords = [], metrics = [] } = scope as Record<string, readonly (Named & Record<string, unknown>)[] | undefined>;
    return [
      ...spans.map((span) => `span ${span.name} ${attributesOf(span)}`),
      ...logRecords.map(
        (record) => `line ${JSON.stringify((record["body"] as Attribute["value"])?.["stringValue"])} ${attributesOf(record)}`,
      ),
      ...metrics.flatMap((metric) => pointsOf(metric).map((point) => `point ${metric.name} ${attributesOf(point)} = ${numberOf(point)}`)),
    ];
  });
}

function pointsOf(metric: Readonly<Record<string, unknown>>): (Named & Record<string, unknown>)[] {
  const kinds = ["sum", "gauge", "histogram"].flatMap((kind) => (metric[kind] === undefined ? [] : [metric[kind]]));
  return kinds.flatMap((kind) => (kind as { dataPoints?: (Named & Record<string, unknown>)[] }).dataPoints ?? []);
}

function numberOf(point: Readonly<Record<string, unknown>>): string {
  return String(point["asInt"] ?? point["asDouble"] ?? point["sum"] ?? "");
}

function attributesOf(thing: Named | undefined): string {
  return (thing?.attributes ?? []).map(({ key, value }) => `${key}=${String(Object.values(value ?? {})[0] ?? "")}`).join(" ");
}

/** Every attribute key anywhere in a request. */
function keysIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(keysIn);
  if (typeof value !== "object" || value === null) return [];
  const own = "key" in value && "value" in value && typeof value.key === "string" ? [value.key] : [];
  return [...own, ...Object.values(value).flatMap(keysIn)];
}
