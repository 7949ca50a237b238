import type { Attributes, AttributeValue, LogSignal, MetricDefinition, SpanSignal } from "#core/signal.ts";

/** The three OTLP signals; the last part of their HTTP path. */
export type OtlpSignal = "traces" | "logs" | "metrics";

/** One thing to deliver, encoded once: what retries and bisection work on. */
export interface OtlpItem {
  /** The JSON of one span, log record or metric data point. */
  readonly json: string;
  /** Metrics only: the JSON of the metric around its points, up to `dataPoints`. Points of one metric share the text. */
  readonly metric?: { readonly head: string; readonly tail: string };
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
const CUMULATIVE = 2;

/**
 * Encodes a span in OTLP's JSON mapping.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
export function encodeSpan(span: SpanSignal): OtlpItem {
  return {
    json: JSON.stringify({
      traceId: span.traceId,
      spanId: span.spanId,
      ...(span.parentSpanId === undefined ? {} : { parentSpanId: span.parentSpanId }),
      name: span.name,
      kind: KINDS[span.kind],
      startTimeUnixNano: nanos(span.startMs),
      endTimeUnixNano: nanos(span.endMs),
      attributes: encodeAttributes(span.attributes),
      ...(span.links === undefined ? {} : { links: span.links.map(encodeLink) }),
      ...(span.events === undefined ? {} : { events: span.events.map(encodeEvent) }),
      status: span.error === undefined ? {} : { code: 2, message: span.error },
    }),
  };
}

/**
 * Encodes a log record of a stored fact. Its time and observed time are the ledger-write time plus the fact's position as nanoseconds:
 * a resend is the same line, and lines of one batch keep the ledger's order.
 */
export function encodeLog(log: LogSignal, { writtenAtMs, seq }: { readonly writtenAtMs: number; readonly seq: number }): OtlpItem {
  const timeUnixNano = logTimeUnixNano(writtenAtMs, seq);
  return {
    json: JSON.stringify({
      timeUnixNano,
      observedTimeUnixNano: timeUnixNano,
      severityNumber: SEVERITIES[log.severity],
      severityText: log.severity.toUpperCase(),
      eventName: log.event,
      body: { stringValue: log.body },
      // Loki keeps attributes but not OTLP's own eventName.
      attributes: encodeAttributes({ "event.name": log.event, ...log.attributes }),
      ...(log.traceId === undefined ? {} : { traceId: log.traceId }),
      ...(log.spanId === undefined ? {} : { spanId: log.spanId }),
    }),
  };
}

/** The time stamp of a fact's log records, Unix nanoseconds as OTLP's JSON mapping writes them. */
export function logTimeUnixNano(writtenAtMs: number, seq: number): string {
  return `${writtenAtMs}${String(seq % 1_000_000).padStart(6, "0")}`;
}

/** Encodes one point of one metric. */
export function encodePoint(point: MetricPoint): OtlpItem {
  const { metric } = point;
  const shared = {
    attributes: encodeAttributes(point.labels),
    ...(point.startMs === undefined ? {} : { startTimeUnixNano: nanos(point.startMs) }),
    timeUnixNano: nanos(point.atMs),
    ...(point.exemplar === undefined ? {} : { exemplars: [encodeExemplar(point.exemplar)] }),
  };
  const about = `{"name":${JSON.stringify(metric.name)},"unit":${JSON.stringify(metric.unit)},"description":${JSON.stringify(metric.brief)},`;
  if (metric.instrument === "histogram") {
    const buckets = point.buckets ?? [];
    const count = buckets.reduce((sum, n) => sum + n, 0);
    const json = {
      ...shared,
      count: String(count),
      sum: point.value,
      bucketCounts: buckets.map(String),
      explicitBounds: metric.buckets ?? [],
    };
    return {
      json: JSON.stringify(json),
      metric: { head: `${about}"histogram":{"aggregationTemporality":${CUMULATIVE},"dataPoints":[`, tail: "]}}" },
    };
  }
  const json = JSON.stringify({ ...shared, ...numberValue(point.value) });
  if (metric.instrument === "gauge") return { json, metric: { head: `${about}"gauge":{"dataPoints":[`, tail: "]}}" } };
  return {
    json,
    metric: { head: `${about}"sum":{"aggregationTemporality":${CUMULATIVE},"isMonotonic":true,"dataPoints":[`, tail: "]}}" },
  };
}

/** The body of one export request: one resource, one scope, the items in order. */
export function encodeRequest(signal: OtlpSignal, resource: Attributes, items: readonly OtlpItem[]): string {
  const head = `"resource":${JSON.stringify({ attributes: encodeAttributes(resource) })}`;
  const scope = '"scope":{"name":"offing"}';
  const inner = signal === "metrics" ? groupPoints(items) : items.map((item) => item.json).join(",");
  if (signal === "traces") return `{"resourceSpans":[{${head},"scopeSpans":[{${scope},"spans":[${inner}]}]}]}`;
  if (signal === "logs") return `{"resourceLogs":[{${head},"scopeLogs":[{${scope},"logRecords":[${inner}]}]}]}`;
  return `{"resourceMetrics":[{${head},"scopeMetrics":[{${scope},"metrics":[${inner}]}]}]}`;
}

function groupPoints(items: readonly OtlpItem[]): string {
  const groups = new Map<string, { tail: string; points: string[] }>();
  for (const { json, metric } of items) {
    if (metric === undefined) continue;
    const group = groups.get(metric.head) ?? { tail: metric.tail, points: [] };
    group.points.push(json);
    groups.set(metric.head, group);
  }
  return [...groups].map(([head, { tail, points }]) => `${head}${points.join(",")}${tail}`).join(",");
}

function encodeExemplar(exemplar: Exemplar): object {
  return {
    timeUnixNano: nanos(exemplar.atMs),
    ...numberValue(exemplar.value),
    traceId: exemplar.traceId,
    spanId: exemplar.spanId,
    filteredAttributes: encodeAttributes({ "offing.fact.id": exemplar.factId }),
  };
}

function encodeLink({ traceId, spanId, attributes = {} }: NonNullable<SpanSignal["links"]>[number]): object {
  return { traceId, spanId, attributes: encodeAttributes(attributes) };
}

function encodeEvent({ name, atMs, attributes = {} }: NonNullable<SpanSignal["events"]>[number]): object {
  return { timeUnixNano: nanos(atMs), name, attributes: encodeAttributes(attributes) };
}

function encodeAttributes(attributes: Attributes): { key: string; value: object }[] {
  const encoded: { key: string; value: object }[] = [];
  for (const key in attributes) {
    const value = attributes[key];
    if (value !== undefined) encoded.push({ key, value: attributeValue(value) });
  }
  return encoded;
}

function attributeValue(value: AttributeValue): object {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

function numberValue(value: number): object {
  return Number.isSafeInteger(value) ? { asInt: String(value) } : { asDouble: value };
}

/** OTLP carries 64-bit integers as decimal strings. */
function nanos(ms: number): string {
  return `${Math.trunc(ms)}${String(Math.round((ms - Math.trunc(ms)) * 1e6)).padStart(6, "0")}`;
}
