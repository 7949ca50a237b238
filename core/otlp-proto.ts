import { delimited, ProtobufWriter, readFields } from "#core/protobuf.ts";
import type { Attributes, AttributeValue, LineSignal, LogSignal, MetricDefinition, SpanSignal } from "#core/signal.ts";

/** The three signals of OTLP, as its paths name them. */
export type OtlpSignal = "traces" | "logs" | "metrics";

/** One span, log record or metric data point, encoded once so that it can be measured, resent and set apart. */
export interface OtlpItem {
  /** With the tag and length that it has in the list around it. */
  readonly bytes: Buffer;
  readonly source: SpanSignal | LogSignal | LineSignal | MetricPoint;
  /** Log records only: what their time is made from. */
  readonly stamp?: LogStamp;
}

/** When the ledger wrote a fact, and its position. */
interface LogStamp {
  readonly writtenAtMs: number;
  readonly seq: number;
}

/** A value that a histogram or counter point carries as an example of what it counted. */
export interface Exemplar {
  readonly traceId: string;
  readonly spanId: string;
  readonly value: number;
  readonly atMs: number;
  readonly factId: string;
}

/** One point of one series. */
export interface MetricPoint {
  readonly metric: Pick<MetricDefinition, "name" | "instrument" | "unit" | "brief" | "buckets">;
  readonly labels: Attributes;
  /** Birth of the series, Unix milliseconds; gauges have none. */
  readonly startMs?: number;
  readonly atMs: number;
  /** Counter or gauge value; sum of a histogram. */
  readonly value: number;
  /** Histogram only: counts per bucket. */
  readonly buckets?: readonly number[];
  readonly exemplar?: Exemplar;
}

const KINDS = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const;
const SEVERITIES = { debug: 5, info: 9, warn: 13, error: 17 } as const;
const STATUS_ERROR = 2;
const CUMULATIVE = 2;

/** Each function below leaves it empty. */
const writer = new ProtobufWriter();

/**
 * Encodes a span; the numbers in this file are OTLP's field numbers.
 *
 * @see https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto
 */
export function encodeSpan(span: SpanSignal): OtlpItem {
  const start = writer.open(2);
  writer.hex(1, span.traceId);
  writer.hex(2, span.spanId);
  if (span.parentSpanId !== undefined) writer.hex(4, span.parentSpanId);
  writer.string(5, span.name);
  writer.uint(6, KINDS[span.kind]);
  writer.fixed64(7, nanos(span.startMs));
  writer.fixed64(8, nanos(span.endMs));
  writeAttributes(9, span.attributes);
  for (const event of span.events ?? []) {
    const inner = writer.open(11);
    writer.fixed64(1, nanos(event.atMs));
    writer.string(2, event.name);
    writeAttributes(3, event.attributes ?? {});
    writer.close(inner);
  }
  for (const link of span.links ?? []) {
    const inner = writer.open(13);
    writer.hex(1, link.traceId);
    writer.hex(2, link.spanId);
    writeAttributes(4, link.attributes ?? {});
    writer.close(inner);
  }
  if (span.error !== undefined) {
    const status = writer.open(15);
    writer.string(2, span.error);
    writer.uint(3, STATUS_ERROR);
    writer.close(status);
  }
  writer.close(start);
  return { bytes: writer.take(), source: span };
}

/**
 * Encodes a log record of a stored fact. Its time and observed time are the ledger-write time plus the fact's position as nanoseconds:
 * a resend is the same line, and lines of one batch keep the ledger's order.
 *
 * @see https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/logs/v1/logs.proto
 */
export function encodeLog(log: LogSignal, { writtenAtMs, seq }: LogStamp): OtlpItem {
  const time = BigInt(logTimeUnixNano(writtenAtMs, seq));
  const start = writer.open(2);
  writer.fixed64(1, time);
  writer.uint(2, SEVERITIES[log.severity]);
  writer.string(3, log.severity.toUpperCase());
  const body = writer.open(5);
  writer.string(1, log.body);
  writer.close(body);
  // Loki keeps attributes but not OTLP's own event name.
  writeAttribute(6, "event.name", log.event);
  writeAttributes(6, log.attributes);
  if (log.traceId !== undefined) writer.hex(9, log.traceId);
  if (log.spanId !== undefined) writer.hex(10, log.spanId);
  writer.fixed64(11, time);
  writer.string(12, log.event);
  writer.close(start);
  return { bytes: writer.take(), source: log, stamp: { writtenAtMs, seq } };
}

/** Encodes a line of a stream as a log record; its observed time is its own, so that a resend is the same record. */
export function encodeLine(line: LineSignal): OtlpItem {
  const time = BigInt(line.timeUnixNano);
  const start = writer.open(2);
  writer.fixed64(1, time);
  if (line.severityNumber > 0) writer.uint(2, line.severityNumber);
  if (line.severityText !== undefined) writer.string(3, line.severityText);
  const body = writer.open(5);
  writer.string(1, line.body);
  writer.close(body);
  // Loki keeps attributes but not OTLP's own event name.
  writeAttribute(6, "event.name", line.event);
  writeAttributes(6, line.attributes);
  if (line.traceId !== undefined) writer.hex(9, line.traceId);
  if (line.spanId !== undefined) writer.hex(10, line.spanId);
  writer.fixed64(11, time);
  writer.string(12, line.event);
  writer.close(start);
  return { bytes: writer.take(), source: line };
}

/** The time stamp of a fact's log records, Unix nanoseconds in decimal digits. */
export function logTimeUnixNano(writtenAtMs: number, seq: number): string {
  return `${writtenAtMs}${String(seq % 1_000_000).padStart(6, "0")}`;
}

/**
 * Encodes one point of one metric.
 *
 * @see https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/metrics/v1/metrics.proto
 */
export function encodePoint(point: MetricPoint): OtlpItem {
  const isHistogram = point.metric.instrument === "histogram";
  const start = writer.open(1);
  if (point.startMs !== undefined) writer.fixed64(2, nanos(point.startMs));
  writer.fixed64(3, nanos(point.atMs));
  if (isHistogram) writeBuckets(point);
  else writeNumber(point.value, { double: 4, int: 6 });
  if (point.exemplar !== undefined) writeExemplar(isHistogram ? 8 : 5, point.exemplar);
  writeAttributes(isHistogram ? 9 : 7, point.labels);
  writer.close(start);
  return { bytes: writer.take(), source: point };
}

/** The body of one export request: one resource, one scope, the items in order; points of one metric stand together. */
export function encodeRequest(signal: OtlpSignal, resource: Attributes, items: readonly OtlpItem[]): Buffer {
  const inner = signal === "metrics" ? groupPoints(items) : items.map(({ bytes }) => bytes);
  writeAttributes(1, resource);
  const about = delimited(1, [writer.take()]);
  writer.string(1, "offing");
  const scope = delimited(1, [writer.take()]);
  return Buffer.concat(delimited(1, [...about, ...delimited(2, [...scope, ...inner])]));
}

/**
 * How many items a receiver's answer names as rejected.
 *
 * @throws RangeError when the answer is no message
 */
export function rejectedIn(answer: Buffer): number {
  let rejected = 0;
  for (const { field, value } of readFields(answer)) {
    if (field !== 1 || !Buffer.isBuffer(value)) continue;
    for (const inner of readFields(value)) if (inner.field === 1 && typeof inner.value === "bigint") rejected += Number(inner.value);
  }
  return rejected;
}

/** What a receiver says of its refusal: the message of a google.rpc.Status, or the text as it came. */
export function refusalIn({ contentType, body }: { readonly contentType: string; readonly body: Buffer }): string {
  if (!contentType.includes("protobuf")) return body.toString();
  try {
    for (const { field, value } of readFields(body)) if (field === 2 && Buffer.isBuffer(value)) return value.toString();
  } catch {
    // Something else than it says: there is nothing to tell.
  }
  return "";
}

function groupPoints(items: readonly OtlpItem[]): Buffer[] {
  const groups = new Map<string, { readonly metric: MetricPoint["metric"]; readonly points: Buffer[] }>();
  for (const { bytes, source } of items) {
    if (!("metric" in source)) continue;
    const group = groups.get(source.metric.name) ?? { metric: source.metric, points: [] };
    group.points.push(bytes);
    groups.set(source.metric.name, group);
  }
  return [...groups.values()].flatMap(({ metric, points }) => {
    writer.string(1, metric.name);
    writer.string(2, metric.brief);
    writer.string(3, metric.unit);
    const about = writer.take();
    if (metric.instrument !== "gauge") writer.uint(2, CUMULATIVE);
    if (metric.instrument === "counter") writer.uint(3, 1);
    const data = delimited({ gauge: 5, counter: 7, histogram: 9 }[metric.instrument], [...points, writer.take()]);
    return delimited(2, [about, ...data]);
  });
}

function writeBuckets({ value, buckets = [], metric }: MetricPoint): void {
  const counts = buckets.map(BigInt);
  const count = counts.reduce((sum, inBucket) => sum + inBucket, 0n);
  writer.fixed64(4, count);
  writer.double(5, value);
  writer.fixed64s(6, counts);
  writer.doubles(7, metric.buckets ?? []);
}

function writeExemplar(field: number, exemplar: Exemplar): void {
  const start = writer.open(field);
  writer.fixed64(2, nanos(exemplar.atMs));
  writeNumber(exemplar.value, { double: 3, int: 6 });
  writer.hex(4, exemplar.spanId);
  writer.hex(5, exemplar.traceId);
  writeAttribute(7, "offing.fact.id", exemplar.factId);
  writer.close(start);
}

function writeAttributes(field: number, attributes: Attributes): void {
  for (const key in attributes) {
    const value = attributes[key];
    if (value !== undefined) writeAttribute(field, key, value);
  }
}

function writeAttribute(field: number, key: string, value: AttributeValue): void {
  const start = writer.open(field);
  writer.string(1, key);
  const inner = writer.open(2);
  if (typeof value === "string") writer.string(1, value);
  else if (typeof value === "boolean") writer.uint(2, value ? 1 : 0);
  else if (Number.isSafeInteger(value)) writer.int64(3, value);
  else writer.double(4, value);
  writer.close(inner);
  writer.close(start);
}

function writeNumber(value: number, field: { readonly double: number; readonly int: number }): void {
  if (Number.isSafeInteger(value)) writer.fixed64(field.int, BigInt(value));
  else writer.double(field.double, value);
}

/** Whole milliseconds and what is left of one: the product as a float would lose nanoseconds. */
function nanos(ms: number): bigint {
  const whole = Math.trunc(ms);
  return BigInt(whole) * 1_000_000n + BigInt(Math.round((ms - whole) * 1e6));
}
