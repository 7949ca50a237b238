import { OffingError } from "#core/errors.ts";
import type { Labels } from "#core/signal.ts";

/** One sample of an instant query. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** One log record as Loki gives it back: structured metadata and stream labels together. */
export interface LogLine {
  readonly timeUnixNano: string;
  readonly labels: Labels;
  readonly body: string;
}

const TIMEOUT_MS = 30_000;
const LOKI_PAGE = 5_000;

/**
 * Asks Prometheus an instant query at one moment.
 *
 * @param atMs - Unix milliseconds; now when left out
 * @throws BACKEND_UNREACHABLE
 * @see https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries
 */
export async function queryPrometheus(baseUrl: string, query: string, atMs?: number): Promise<readonly Sample[]> {
  const url = new URL("/api/v1/query", baseUrl);
  url.searchParams.set("query", query);
  if (atMs !== undefined) url.searchParams.set("time", (atMs / 1000).toFixed(3));
  const body = (await getJson(url, "Prometheus")) as { data: { result: { metric: Labels; value: [number, string] }[] } };
  return body.data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
}

/**
 * The raw samples of one selector over the last minutes, oldest first.
 *
 * @throws BACKEND_UNREACHABLE
 */
export async function rawSamples(
  baseUrl: string,
  selector: string,
  minutes: number,
): Promise<readonly { readonly atMs: number; readonly value: number }[]> {
  const url = new URL("/api/v1/query", baseUrl);
  url.searchParams.set("query", `${selector}[${minutes}m]`);
  const body = (await getJson(url, "Prometheus")) as { data: { result: { values: [number, string][] }[] } };
  const samples = body.data.result.flatMap(({ values }) =>
    values.map(([at, value]) => ({ atMs: Math.round(at * 1000), value: Number(value) })),
  );
  return samples.sort((a, b) => a.atMs - b.atMs);
}

/**
 * Every log line of a selector between two moments, in order, page by page.
 *
 * @param options.fromUnixNano - inclusive; @param options.toUnixNano - inclusive
 * @throws BACKEND_UNREACHABLE
 * @see https://grafana.com/docs/loki/latest/reference/loki-http-api/#query-logs-within-a-range-of-time
 */
export async function* queryLoki(
  baseUrl: string,
  options: { readonly query: string; readonly fromUnixNano: bigint; readonly toUnixNano: bigint },
): AsyncGenerator<readonly LogLine[]> {
  let from = options.fromUnixNano;
  for (;;) {
    const url = new URL("/loki/api/v1/query_range", baseUrl);
    url.searchParams.set("query", options.query);
    url.searchParams.set("start", String(from));
    // Loki's end is exclusive.
    url.searchParams.set("end", String(options.toUnixNano + 1n));
    url.searchParams.set("limit", String(LOKI_PAGE));
    url.searchParams.set("direction", "forward");
    const body = (await getJson(url, "Loki")) as { data: { result: { stream: Labels; values: [string, string][] }[] } };
    const lines = body.data.result.flatMap(({ stream, values }) =>
      values.map(([timeUnixNano, text]) => ({ timeUnixNano, labels: stream, body: text })),
    );
    yield lines;
    if (lines.length < LOKI_PAGE) return;
    const last = lines.reduce((latest, { timeUnixNano }) => (BigInt(timeUnixNano) > latest ? BigInt(timeUnixNano) : latest), from);
    // The next page begins with the last moment of this one, because more lines may share it; a page of one moment only is stepped over.
    from = last > from ? last : last + 1n;
  }
}

/**
 * Whether Tempo holds a trace.
 *
 * @throws BACKEND_UNREACHABLE
 */
export async function hasTrace(baseUrl: string, traceId: string): Promise<boolean> {
  const response = await get(new URL(`/api/traces/${traceId}`, baseUrl), "Tempo");
  await response.body?.cancel();
  if (response.status === 404) return false;
  if (!response.ok) throw refused("Tempo", response.url, response.status);
  return true;
}

async function getJson(url: URL, name: string): Promise<unknown> {
  const response = await get(url, name);
  const text = await response.text();
  if (!response.ok) throw refused(name, url.origin, response.status, text);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new OffingError("BACKEND_UNREACHABLE", {
      message: `${name} answered with something that is no JSON`,
      context: { url: url.origin },
      cause,
    });
  }
}

async function get(url: URL, name: string): Promise<Response> {
  try {
    return await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (cause) {
    throw new OffingError("BACKEND_UNREACHABLE", { message: `${name} does not answer`, context: { url: url.origin }, cause });
  }
}

function refused(name: string, url: string, status: number, text = ""): OffingError {
  return new OffingError("BACKEND_UNREACHABLE", { message: `${name} answered ${status}: ${text.slice(0, 200)}`, context: { url } });
}
