import { OffingError } from "#core/errors.ts";
import { durationText, type TimeRange } from "./time-range.ts";

/** Labels of a series or of a log line. */
export type Labels = Readonly<Record<string, string>>;

/** One series: its labels and its points in order; an instant query gives one point. */
export interface Points {
  readonly labels: Labels;
  readonly points: readonly (readonly [atMs: number, value: number])[];
}

/** One log line; labels hold stream labels and structured metadata. */
export interface Line {
  readonly atMs: number;
  readonly text: string;
  readonly labels: Labels;
}

/** One exemplar of a series. */
export interface Exemplar {
  readonly seriesLabels: Labels;
  readonly labels: Labels;
  readonly value: number;
  readonly atMs: number;
}

/** What a preview asks. */
export interface Backends {
  readonly prometheusInstant: (query: string, atMs: number) => Promise<readonly Points[]>;
  readonly prometheusRange: (query: string, range: TimeRange, stepMs: number) => Promise<readonly Points[]>;
  readonly exemplars: (query: string, range: TimeRange) => Promise<readonly Exemplar[]>;
  readonly alerts: () => Promise<
    readonly { readonly labels: Labels; readonly annotations: Labels; readonly state: string; readonly activeAt: string }[]
  >;
  readonly labelValues: (
    source: "prometheus" | "loki",
    options: { readonly label: string; readonly match: string; readonly range: TimeRange },
  ) => Promise<readonly string[]>;
  readonly lokiInstant: (query: string, atMs: number) => Promise<readonly Points[]>;
  readonly lokiRange: (query: string, range: TimeRange, stepMs: number) => Promise<readonly Points[]>;
  readonly lines: (query: string, range: TimeRange, limit: number) => Promise<readonly Line[]>;
}

/** Where the backends are. */
export interface BackendUrls {
  readonly prometheus: string;
  readonly loki: string;
}

const TIMEOUT_MS = 30_000;

/** Asks Prometheus and Loki over HTTP, read-only. Every call throws BACKEND_UNREACHABLE when it gets no answer that can be read. */
export function createBackends({ prometheus, loki }: BackendUrls): Backends {
  const askPrometheus = (path: string, parameters: Readonly<Record<string, string>>): Promise<unknown> =>
    ask("Prometheus", new URL(path, prometheus), parameters);
  const askLoki = (path: string, parameters: Readonly<Record<string, string>>): Promise<unknown> =>
    ask("Loki", new URL(path, loki), parameters);
  return {
    prometheusInstant: async (query, atMs) => pointsOf(await askPrometheus("/api/v1/query", { query, time: seconds(atMs) })),
    prometheusRange: async (query, range, stepMs) => {
      const step = durationText(stepMs);
      return pointsOf(await askPrometheus("/api/v1/query_range", { query, ...aligned(range, stepMs), step }));
    },
    exemplars: async (query, range) =>
      exemplarsOf(await askPrometheus("/api/v1/query_exemplars", { query, start: seconds(range.fromMs), end: seconds(range.toMs) })),
    alerts: async () => ((await askPrometheus("/api/v1/alerts", {})) as { alerts: Awaited<ReturnType<Backends["alerts"]>> }).alerts,
    labelValues: async (source, { label, match, range }) => {
      const path = `/${source === "loki" ? "loki/" : ""}api/v1/label/${encodeURIComponent(label)}/values`;
      const times = { start: seconds(range.fromMs), end: seconds(range.toMs) };
      const chosen = match === "" ? {} : source === "loki" ? { query: match } : { "match[]": match };
      return ((await (source === "loki" ? askLoki : askPrometheus)(path, { ...times, ...chosen })) ?? []) as readonly string[];
    },
    lokiInstant: async (query, atMs) => pointsOf(await askLoki("/loki/api/v1/query", { query, time: nanos(atMs) })),
    lokiRange: async (query, range, stepMs) => {
      const step = durationText(stepMs);
      return pointsOf(await askLoki("/loki/api/v1/query_range", { query, ...aligned(range, stepMs), step }));
    },
    lines: async (query, range, limit) => {
      const times = { start: nanos(range.fromMs), end: nanos(range.toMs) };
      return linesOf(await askLoki("/loki/api/v1/query_range", { query, ...times, limit: String(limit), direction: "backward" }));
    },
  };
}

/** Grafana asks at whole steps, so that the same point has the same time in each refresh. */
function aligned({ fromMs, toMs }: TimeRange, stepMs: number): { readonly start: string; readonly end: string } {
  const align = (ms: number): string => seconds(Math.floor(ms / stepMs) * stepMs);
  return { start: align(fromMs), end: align(toMs) };
}

async function ask(name: string, url: URL, parameters: Readonly<Record<string, string>>): Promise<unknown> {
  url.search = new URLSearchParams(parameters).toString();
  const text = await fetchText(name, url);
  try {
    return (JSON.parse(text) as { data?: unknown }).data;
  } catch (cause) {
    throw unreachable(`${name} answered with something that is no JSON`, url, cause);
  }
}

async function fetchText(name: string, url: URL): Promise<string> {
  let response: Response;
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (cause) {
    throw unreachable(`${name} does not answer`, url, cause);
  }
  const text = await response.text();
  if (!response.ok) throw unreachable(`${name} answered ${response.status}: ${text.slice(0, 300)}`, url);
  return text;
}

function unreachable(message: string, url: URL, cause?: unknown): OffingError {
  return new OffingError("BACKEND_UNREACHABLE", { message, context: { url: url.origin }, cause });
}

interface Answer {
  readonly resultType: string;
  readonly result: unknown;
}

function pointsOf(data: unknown): readonly Points[] {
  const { resultType, result } = data as Answer;
  if (resultType === "scalar") return [{ labels: {}, points: [pointOf(result as [number, string])] }];
  const series = result as readonly { metric: Labels; value?: [number, string]; values?: [number, string][] }[];
  if (resultType !== "vector" && resultType !== "matrix") return [];
  return series.map(({ metric, value, values }) => ({
    labels: metric,
    points: (values ?? (value === undefined ? [] : [value])).map(pointOf),
  }));
}

function pointOf([at, value]: readonly [number, string]): readonly [number, number] {
  return [Math.round(at * 1000), readNumber(value)];
}

/** Prometheus writes infinity as `+Inf`. */
function readNumber(text: string): number {
  if (/^\+?Inf$/i.test(text)) return Number.POSITIVE_INFINITY;
  return /^-Inf$/i.test(text) ? Number.NEGATIVE_INFINITY : Number(text);
}

function exemplarsOf(data: unknown): readonly Exemplar[] {
  const found = (data ?? []) as readonly {
    seriesLabels: Labels;
    exemplars: readonly { labels: Labels; value: string; timestamp: number }[];
  }[];
  return found.flatMap(({ seriesLabels, exemplars }) =>
    exemplars.map(({ labels, value, timestamp }) => ({ seriesLabels, labels, value: readNumber(value), atMs: timestamp * 1000 })),
  );
}

function linesOf(data: unknown): readonly Line[] {
  const { resultType, result } = data as Answer;
  if (resultType !== "streams") return [];
  const streams = result as readonly { stream: Labels; values: readonly (readonly [string, string])[] }[];
  const lines = streams.flatMap(({ stream, values }) =>
    values.map(([nanosText, text]) => ({ atMs: Number(BigInt(nanosText) / 1_000_000n), text, labels: stream })),
  );
  return lines.sort((a, b) => b.atMs - a.atMs);
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

function nanos(ms: number): string {
  return `${Math.round(ms)}000000`;
}
