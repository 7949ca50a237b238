import { setTimeout as sleep } from "node:timers/promises";

/** A resource as an emitter sends it; two instances never share a series. */
export function resourceOf(instance: string): Record<string, unknown> {
  return {
    attributes: attributesOf({
      "service.namespace": "offing",
      "service.name": "offing-chain",
      "service.instance.id": instance,
      "deployment.environment.name": "test",
      "offing.network": "anvil",
      "host.name": "never-a-label",
    }),
  };
}

/** OTLP attributes from a plain record. */
export function attributesOf(record: Readonly<Record<string, string>>): readonly unknown[] {
  return Object.entries(record).map(([key, stringValue]) => ({ key, value: { stringValue } }));
}

/** One cumulative counter with one point, as the projector writes it. */
export function counterBody(options: {
  readonly instance: string;
  readonly value: number;
  readonly atMs: number;
  readonly exemplarTraceId?: string;
}): unknown {
  const { instance, value, atMs, exemplarTraceId } = options;
  const exemplars =
    exemplarTraceId === undefined
      ? []
      : [{ timeUnixNano: nanosOf(atMs), asDouble: 1, traceId: exemplarTraceId, spanId: exemplarTraceId.slice(0, 16) }];
  const point = {
    attributes: attributesOf({ contract: "PSM", action_type: "PSM_MINT", reason_code: "PSM_ORACLE_MISSING" }),
    startTimeUnixNano: nanosOf(atMs - 60_000),
    timeUnixNano: nanosOf(atMs),
    asInt: String(value),
    exemplars,
  };
  const metric = {
    name: "oracle.required.failures",
    unit: "{failure}",
    // 2 is cumulative.
    sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints: [point] },
  };
  return { resourceMetrics: [{ resource: resourceOf(instance), scopeMetrics: [{ scope: { name: "offing" }, metrics: [metric] }] }] };
}

/** Log records, one for each id, a millisecond apart from `atMs` on. */
export function linesBody(options: { readonly instance: string; readonly ids: readonly string[]; readonly atMs: number }): unknown {
  const logRecords = options.ids.map((id, index) => ({
    timeUnixNano: nanosOf(options.atMs + index),
    observedTimeUnixNano: nanosOf(options.atMs + index),
    severityNumber: 13,
    severityText: "WARN",
    body: { stringValue: `operation ${id} was blocked` },
    attributes: attributesOf({ fact_id: id, tx_hash: `0x${id}` }),
  }));
  return { resourceLogs: [{ resource: resourceOf(options.instance), scopeLogs: [{ scope: { name: "offing" }, logRecords }] }] };
}

/** One finished span. */
export function spanBody(options: { readonly instance: string; readonly traceId: string; readonly atMs: number }): unknown {
  const span = {
    traceId: options.traceId,
    spanId: options.traceId.slice(0, 16),
    name: "operation",
    kind: 1,
    startTimeUnixNano: nanosOf(options.atMs),
    endTimeUnixNano: nanosOf(options.atMs + 5),
  };
  return { resourceSpans: [{ resource: resourceOf(options.instance), scopeSpans: [{ scope: { name: "offing" }, spans: [span] }] }] };
}

/** Posts OTLP/JSON; gives the HTTP status. */
export async function post(collector: string, signal: "metrics" | "logs" | "traces", body: unknown): Promise<number> {
  const response = await fetch(`${collector}/v1/${signal}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  await response.body?.cancel();
  return response.status;
}

/** The label sets of every series with this name, as Prometheus holds them. */
export async function seriesOf(prometheus: string, selector: string): Promise<readonly Record<string, string>[]> {
  return (await queryOf(prometheus, "/api/v1/series", { "match[]": selector })) as Record<string, string>[];
}

/** The value of an expression that gives one sample, or null when it gives none. */
export async function sampleOf(prometheus: string, expression: string): Promise<number | null> {
  const data = (await queryOf(prometheus, "/api/v1/query", { query: expression })) as { result: { value: [number, string] }[] };
  const value = data.result[0]?.value[1];
  return value === undefined ? null : Number(value);
}

/** The trace ids of the exemplars that Prometheus holds for a series. */
export async function exemplarsOf(prometheus: string, selector: string): Promise<readonly string[]> {
  const range = { start: String(Date.now() / 1000 - 600), end: String(Date.now() / 1000 + 60) };
  const data = (await queryOf(prometheus, "/api/v1/query_exemplars", { query: selector, ...range })) as {
    exemplars: { labels: Record<string, string> }[];
  }[];
  return data.flatMap(({ exemplars }) => exemplars.map(({ labels }) => labels["trace_id"] ?? ""));
}

/** Streams with their lines that answer a LogQL query, from `fromMs` to shortly after now. */
export async function streamsOf(
  loki: string,
  query: string,
  fromMs: number,
): Promise<readonly { readonly stream: Readonly<Record<string, string>>; readonly values: readonly (readonly string[])[] }[]> {
  const range = { start: nanosOf(fromMs), end: nanosOf(Date.now() + 60_000), limit: "5000" };
  const data = (await queryOf(loki, "/loki/api/v1/query_range", { query, ...range })) as {
    result: { stream: Record<string, string>; values: string[][] }[];
  };
  return data.result;
}

/** Tries `probe` until it gives something else than null, and fails with the last reason after `timeoutMs`. */
export async function until<T>(what: string, probe: () => Promise<T | null>, timeoutMs: number = 60_000): Promise<T> {
  const deadlineMs = performance.now() + timeoutMs;
  let last: unknown = "it gave nothing";
  while (performance.now() < deadlineMs) {
    try {
      const result = await probe();
      if (result !== null) return result;
    } catch (error) {
      last = error;
    }
    await sleep(200);
  }
  throw new Error(`waited in vain for ${what}: ${String(last)}`);
}

function nanosOf(ms: number): string {
  return `${BigInt(Math.round(ms)) * 1_000_000n}`;
}

async function queryOf(base: string, path: string, parameters: Readonly<Record<string, string>>): Promise<unknown> {
  const response = await fetch(`${base}${path}?${new URLSearchParams(parameters)}`);
  const text = await response.text();
  if (!response.ok) throw new Error(`HTTP ${response.status}: ${text.slice(0, 300)}`);
  return (JSON.parse(text) as { data: unknown }).data;
}
