import { type ProtobufField, readFields } from "#core/protobuf.ts";

/** What a field of OTLP is called in the JSON mapping, and how its bytes are read. */
interface FieldShape {
  readonly name: string;
  readonly read: (value: ProtobufField["value"]) => unknown;
  /** Repeated fields make a list; a packed one comes as one list at once. */
  readonly list?: "each" | "packed";
}
type Shape = Readonly<Record<number, FieldShape>>;

const text = (value: ProtobufField["value"]): string => (value as Buffer).toString();
const hex = (value: ProtobufField["value"]): string => (value as Buffer).toString("hex");
const digits = (value: ProtobufField["value"]): string => String(value);
const signed = (value: ProtobufField["value"]): string => String(BigInt.asIntN(64, value as bigint));
const number = (value: ProtobufField["value"]): number => Number(value);
const boolean = (value: ProtobufField["value"]): boolean => value === 1n;
const double = (value: ProtobufField["value"]): number => doubleOf(value as bigint);
const message = (shape: Shape) => (value: ProtobufField["value"]) => decode(value as Buffer, shape);

const VALUE: Shape = {
  1: { name: "stringValue", read: text },
  2: { name: "boolValue", read: boolean },
  3: { name: "intValue", read: signed },
  4: { name: "doubleValue", read: double },
};
const KEY_VALUE: Shape = { 1: { name: "key", read: text }, 2: { name: "value", read: message(VALUE) } };
const attributes: FieldShape = { name: "attributes", read: message(KEY_VALUE), list: "each" };
const RESOURCE: FieldShape = { name: "resource", read: message({ 1: attributes }) };
const SCOPE: FieldShape = { name: "scope", read: message({ 1: { name: "name", read: text } }) };

const SPAN: Shape = {
  1: { name: "traceId", read: hex },
  2: { name: "spanId", read: hex },
  4: { name: "parentSpanId", read: hex },
  5: { name: "name", read: text },
  6: { name: "kind", read: number },
  7: { name: "startTimeUnixNano", read: digits },
  8: { name: "endTimeUnixNano", read: digits },
  9: attributes,
  11: {
    name: "events",
    read: message({ 1: { name: "timeUnixNano", read: digits }, 2: { name: "name", read: text }, 3: attributes }),
    list: "each",
  },
  13: {
    name: "links",
    read: message({ 1: { name: "traceId", read: hex }, 2: { name: "spanId", read: hex }, 4: attributes }),
    list: "each",
  },
  15: { name: "status", read: message({ 2: { name: "message", read: text }, 3: { name: "code", read: number } }) },
};
const LOG: Shape = {
  1: { name: "timeUnixNano", read: digits },
  2: { name: "severityNumber", read: number },
  3: { name: "severityText", read: text },
  5: { name: "body", read: message(VALUE) },
  6: attributes,
  9: { name: "traceId", read: hex },
  10: { name: "spanId", read: hex },
  11: { name: "observedTimeUnixNano", read: digits },
  12: { name: "eventName", read: text },
};
const EXEMPLAR: Shape = {
  2: { name: "timeUnixNano", read: digits },
  3: { name: "asDouble", read: double },
  4: { name: "spanId", read: hex },
  5: { name: "traceId", read: hex },
  6: { name: "asInt", read: signed },
  7: { ...attributes, name: "filteredAttributes" },
};
const exemplars: FieldShape = { name: "exemplars", read: message(EXEMPLAR), list: "each" };
const TIMES: Shape = { 2: { name: "startTimeUnixNano", read: digits }, 3: { name: "timeUnixNano", read: digits } };
const NUMBER_POINT: Shape = {
  ...TIMES,
  4: { name: "asDouble", read: double },
  5: exemplars,
  6: { name: "asInt", read: signed },
  7: attributes,
};
const HISTOGRAM_POINT: Shape = {
  ...TIMES,
  4: { name: "count", read: digits },
  5: { name: "sum", read: double },
  6: { name: "bucketCounts", read: (value) => words(value as Buffer).map(String), list: "packed" },
  7: { name: "explicitBounds", read: (value) => words(value as Buffer).map(doubleOf), list: "packed" },
  8: exemplars,
  9: attributes,
};
const dataOf = (point: Shape): Shape => ({
  1: { name: "dataPoints", read: message(point), list: "each" },
  2: { name: "aggregationTemporality", read: number },
  3: { name: "isMonotonic", read: boolean },
});
const METRIC: Shape = {
  1: { name: "name", read: text },
  2: { name: "description", read: text },
  3: { name: "unit", read: text },
  5: { name: "gauge", read: message(dataOf(NUMBER_POINT)) },
  7: { name: "sum", read: message(dataOf(NUMBER_POINT)) },
  9: { name: "histogram", read: message(dataOf(HISTOGRAM_POINT)) },
};

/** A request of one signal: the names are what its three levels are called. */
function requestOf([resources, scopes, items]: readonly [string, string, string], item: Shape): Shape {
  const scope: Shape = { 1: SCOPE, 2: { name: items, read: message(item), list: "each" } };
  const resource: Shape = { 1: RESOURCE, 2: { name: scopes, read: message(scope), list: "each" } };
  return { 1: { name: resources, read: message(resource), list: "each" } };
}
const REQUESTS: Readonly<Record<string, Shape>> = {
  "/v1/traces": requestOf(["resourceSpans", "scopeSpans", "spans"], SPAN),
  "/v1/logs": requestOf(["resourceLogs", "scopeLogs", "logRecords"], LOG),
  "/v1/metrics": requestOf(["resourceMetrics", "scopeMetrics", "metrics"], METRIC),
};

/**
 * An export request in OTLP's JSON mapping, with every field that Offing writes.
 *
 * @throws TypeError for a path that is none of OTLP's, or a field that is not known here
 */
export function requestFrom(path: string, bytes: Buffer): Record<string, unknown> {
  const shape = REQUESTS[path];
  if (shape === undefined) throw new TypeError(`no signal of OTLP is posted to ${path}`);
  return decode(bytes, shape);
}

function decode(bytes: Buffer, shape: Shape): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const { field, value } of readFields(bytes)) {
    const known = shape[field];
    if (known === undefined) throw new TypeError(`field ${field} is not known here`);
    const read = known.read(value);
    const list = result[known.name] as unknown[] | undefined;
    if (known.list !== "each") result[known.name] = read;
    else if (list === undefined) result[known.name] = [read];
    else list.push(read);
  }
  return result;
}

function words(bytes: Buffer): bigint[] {
  return Array.from({ length: bytes.length / 8 }, (_, index) => bytes.readBigUInt64LE(index * 8));
}

function doubleOf(bits: bigint): number {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(bits);
  return bytes.readDoubleLE();
}
