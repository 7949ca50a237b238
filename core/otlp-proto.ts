import { delimited, ProtobufWriter } from "#core/protobuf.ts";
import type { Attributes, AttributeValue, LineSignal, LogSignal, MetricDefinition, SpanSignal } from "#core/signal.ts";

/** The three signals of OTLP, as its paths name them. */
export type OtlpSignal = "traces" | "logs" | "metrics";

/**
 * Spans, log records or points of a metric, encoded once so that they can be measured, resent and set apart: one, or a row of them in one
 * piece of memory, which costs the garbage collector far less than each by itself.
 */
export interface OtlpPiece {
  /** The items one after the other, each with the tag and length that it has in the list around it. */
  readonly bytes: Buffer;
  /** Where each of them ends. */
  readonly ends: readonly number[];
  /** Points only: the metric they are of. */
  readonly metric?: MetricPoint["metric"];
}

/** When the ledger wrote a fact, and its position: what the time of its log records is made from. */
export interface LogStamp {
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
const SEVERITIES = { debug: [5, "DEBUG"], info: [9, "INFO"], warn: [13, "WARN"], error: [17, "ERROR"] } as const;
const STATUS_ERROR = 2;
const CUMULATIVE = 2;
/** Nanoseconds of a millisecond: what the position of a log record has room in. */
const LOG_POSITIONS = 1_000_000;

/** Collects spans or log records in one piece of memory; not both, since a request has one kind. */
export class OtlpCollection {
  readonly #writer = new ProtobufWriter();
  #ends: number[] = [];

  /** How many are in it. */
  get count(): number {
    return this.#ends.length;
  }

  /** How many bytes they are. */
  get bytes(): number {
    return this.#writer.length;
  }

  span(span: SpanSignal): void {
    writeSpan(this.#writer, span);
    this.#ends.push(this.#writer.length);
  }

  log(log: LogSignal, stamp: LogStamp): void {
    writeLog(this.#writer, log, stamp);
    this.#ends.push(this.#writer.length);
  }

  line(line: LineSignal): void {
    writeLine(this.#writer, line);
    this.#ends.push(this.#writer.length);
  }

  /** What was collected; it is empty afterwards, and its memory stays for the next. */
  take(): OtlpPiece {
    const ends = this.#ends;
    this.#ends = [];
    return { bytes: this.#writer.take(), ends };
  }
}

/** For one item at a time: each function that uses them leaves them empty. */
const single = new OtlpCollection();
const scratch = new ProtobufWriter();

/** Encodes one span. */
export function encodeSpan(span: SpanSignal): OtlpPiece {
  single.span(span);
  return single.take();
}

/** Encodes one log record of a stored fact. */
export function encodeLog(log: LogSignal, stamp: LogStamp): OtlpPiece {
  single.log(log, stamp);
  return single.take();
}

/**
 * The numbers in this file are OTLP's field numbers.
 *
 * @see https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto
 */
function writeSpan(writer: ProtobufWriter, span: SpanSignal): void {
  const start = writer.open(2, 2);
  writer.hex(1, span.traceId);
  writer.hex(2, span.spanId);
  if (span.parentSpanId !== undefined) writer.hex(4, span.parentSpanId);
  writer.string(5, span.name);
  writer.uint(6, KINDS[span.kind]);
  writeTime(writer, 7, span.startMs);
  writeTime(writer, 8, span.endMs);
  writeAttributes(writer, 9, span.attributes);
  for (const event of span.events ?? []) {
    const inner = writer.open(11);
    writeTime(writer, 1, event.atMs);
    writer.string(2, event.name);
    writeAttributes(writer, 3, event.attributes ?? {});
    writer.close(inner);
  }
  for (const link of span.links ?? []) {
    const inner = writer.open(13);
    writer.hex(1, link.traceId);
    writer.hex(2, link.spanId);
    writeAttributes(writer, 4, link.attributes ?? {});
    writer.close(inner);
  }
  if (span.error !== undefined) {
    const status = writer.open(15);
    writer.string(2, span.error);
    writer.uint(3, STATUS_ERROR);
    writer.close(status);
  }
  writer.close(start, 2);
}

/**
 * A record's time and observed time are the ledger-write time plus the fact's position as nanoseconds: a resend is the same line, and lines
 * of one batch keep the ledger's order.
 *
 * @see https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/logs/v1/logs.proto
 */
function writeLog(writer: ProtobufWriter, log: LogSignal, { writtenAtMs, seq }: LogStamp): void {
  const nanos = seq % LOG_POSITIONS;
  const start = writer.open(2, 2);
  writeTime(writer, 1, writtenAtMs, nanos);
  const [number, text] = SEVERITIES[log.severity];
  writer.uint(2, number);
  writer.string(3, text);
  const body = writer.open(5);
  writer.string(1, log.body);
  writer.close(body);
  // Loki keeps attributes but not OTLP's own event name.
  writeAttribute(writer, 6, "event.name", log.event);
  writeAttributes(writer, 6, log.attributes);
  if (log.traceId !== undefined) writer.hex(9, log.traceId);
  if (log.spanId !== undefined) writer.hex(10, log.spanId);
  writeTime(writer, 11, writtenAtMs, nanos);
  writer.string(12, log.event);
  writer.close(start, 2);
}

/** A line of a stream becomes a log record whose observed time is its own, so that a resend is the same record. */
function writeLine(writer: ProtobufWriter, line: LineSignal): void {
  const time = BigInt(line.timeUnixNano);
  const start = writer.open(2, 2);
  writer.fixed64(1, time);
  if (line.severityNumber > 0) writer.uint(2, line.severityNumber);
  if (line.severityText !== undefined) writer.string(3, line.severityText);
  const body = writer.open(5);
  writer.string(1, line.body);
  writer.close(body);
  // Loki keeps attributes but not OTLP's own event name.
  writeAttribute(writer, 6, "event.name", line.event);
  writeAttributes(writer, 6, line.attributes);
  if (line.traceId !== undefined) writer.hex(9, line.traceId);
  if (line.spanId !== undefined) writer.hex(10, line.spanId);
  writer.fixed64(11, time);
  writer.string(12, line.event);
  writer.close(start, 2);
}

/** The time stamp of a fact's log records, Unix nanoseconds in decimal digits. */
export function logTimeUnixNano(writtenAtMs: number, seq: number): string {
  return `${writtenAtMs}${String(seq % LOG_POSITIONS).padStart(6, "0")}`;
}

/**
 * Encodes one point of one metric.
 *
 * @see https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/metrics/v1/metrics.proto
 */
export function encodePoint(point: MetricPoint): OtlpPiece {
  const isHistogram = point.metric.instrument === "histogram";
  const start = scratch.open(1);
  if (point.startMs !== undefined) writeTime(scratch, 2, point.startMs);
  writeTime(scratch, 3, point.atMs);
  if (isHistogram) writeBuckets(scratch, point);
  else writeNumber(scratch, point.value, { double: 4, int: 6 });
  if (point.exemplar !== undefined) writeExemplar(scratch, isHistogram ? 8 : 5, point.exemplar);
  writeAttributes(scratch, isHistogram ? 9 : 7, point.labels);
  scratch.close(start);
  const bytes = scratch.take();
  return { bytes, ends: [bytes.length], metric: point.metric };
}

/** The body of one export request: one resource, one scope, the items in order; points of one metric stand together. */
export function encodeRequest(signal: OtlpSignal, resource: Attributes, items: readonly OtlpPiece[]): Buffer {
  const inner = signal === "metrics" ? groupPoints(items) : items.map(({ bytes }) => bytes);
  writeAttributes(scratch, 1, resource);
  const about = delimited(1, [scratch.take()]);
  scratch.string(1, "offing");
  const scope = delimited(1, [scratch.take()]);
  return Buffer.concat(delimited(1, [...about, ...delimited(2, [...scope, ...inner])]));
}

function groupPoints(items: readonly OtlpPiece[]): Buffer[] {
  const groups = new Map<string, { readonly metric: MetricPoint["metric"]; readonly points: Buffer[] }>();
  for (const { bytes, metric } of items) {
    if (metric === undefined) continue;
    const group = groups.get(metric.name) ?? { metric, points: [] };
    group.points.push(bytes);
    groups.set(metric.name, group);
  }
  return [...groups.values()].flatMap(({ metric, points }) => {
    scratch.string(1, metric.name);
    scratch.string(2, metric.brief);
    scratch.string(3, metric.unit);
    const about = scratch.take();
    if (metric.instrument !== "gauge") scratch.uint(2, CUMULATIVE);
    if (metric.instrument === "counter") scratch.uint(3, 1);
    const data = delimited({ gauge: 5, counter: 7, histogram: 9 }[metric.instrument], [...points, scratch.take()]);
    return delimited(2, [about, ...data]);
  });
}

function writeBuckets(writer: ProtobufWriter, { value, buckets = [], metric }: MetricPoint): void {
  const counts = buckets.map(BigInt);
  const count = counts.reduce((sum, inBucket) => sum + inBucket, 0n);
  writer.fixed64(4, count);
  writer.double(5, value);
  writer.fixed64s(6, counts);
  writer.doubles(7, metric.buckets ?? []);
}

function writeExemplar(writer: ProtobufWriter, field: number, exemplar: Exemplar): void {
  const start = writer.open(field);
  writeTime(writer, 2, exemplar.atMs);
  writeNumber(writer, exemplar.value, { double: 3, int: 6 });
  writer.hex(4, exemplar.spanId);
  writer.hex(5, exemplar.traceId);
  writeAttribute(writer, 7, "offing.fact.id", exemplar.factId);
  writer.close(start);
}

function writeAttributes(writer: ProtobufWriter, field: number, attributes: Attributes): void {
  for (const key in attributes) {
    const value = attributes[key];
    if (value !== undefined) writeAttribute(writer, field, key, value);
  }
}

function writeAttribute(writer: ProtobufWriter, field: number, key: string, value: AttributeValue): void {
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

function writeNumber(writer: ProtobufWriter, value: number, field: { readonly double: number; readonly int: number }): void {
  if (Number.isSafeInteger(value)) writer.fixed64(field.int, BigInt(value));
  else writer.double(field.double, value);
}

/**
 * Writes milliseconds since the epoch, and nanoseconds more, as nanoseconds. Whole milliseconds and what is left of one go separately, and
 * the product in two halves: as a float it would lose nanoseconds.
 */
function writeTime(writer: ProtobufWriter, field: number, ms: number, nanos = 0): void {
  const whole = Math.trunc(ms);
  const upper = Math.floor(whole / 2 ** 16) * 1e6;
  const lower = (upper % 2 ** 16) * 2 ** 16 + (whole % 2 ** 16) * 1e6 + Math.round((ms - whole) * 1e6) + nanos;
  writer.fixed64Of(field, Math.floor(upper / 2 ** 16) + Math.floor(lower / 2 ** 32), lower % 2 ** 32);
}
