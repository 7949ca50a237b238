import { queryPrometheus } from "#core/backends.ts";
import { type DashboardQuery, dashboardQueries, substitute } from "./queries.ts";

/** What became of one query on the running stack. */
export interface LiveAnswer {
  readonly panel: string;
  readonly ok: boolean;
  /** How many series or lines came back, or why none did. */
  readonly detail: string;
}

/** Where to ask; `ledger` narrows it to one ledger, and is every one when left out. */
export interface LiveOptions {
  readonly prometheus: string;
  readonly loki: string;
  /** Null or left out where there is none; what asks Tempo is then not asked. */
  readonly tempo?: string | null;
  readonly ledger?: string;
  /** Which queries are asked; all when left out. */
  readonly only?: (query: DashboardQuery) => boolean;
}

/**
 * Panels without data as long as all is well: their series are born with the first item that is lost. Promtool shows that they can answer, a
 * sound stack that they do not.
 */
export const SILENT_WHILE_WELL: readonly string[] = ["Collector: lost within the hour"];
const RANGE_SECONDS = 3600;
const TIMEOUT_MS = 30_000;

/**
 * Asks the running stack every query of every provisioned dashboard, over the last hour, and demands data: of panels, annotations and
 * variables, and the exemplars of those that show some. A value that is not a number is no data; a zero is data.
 */
export async function checkLive(options: LiveOptions): Promise<readonly LiveAnswer[]> {
  const { only = () => true, tempo } = options;
  const wanted = dashboardQueries().filter((query) => only(query) && (query.datasource !== "tempo" || typeof tempo === "string"));
  const answers: LiveAnswer[] = [];
  for (const query of wanted) {
    answers.push(await ask(query, options));
    if (query.exemplars === true) answers.push(await ask({ ...query, panel: `${query.panel}, exemplars` }, options));
  }
  return answers;
}

async function ask(query: DashboardQuery, options: LiveOptions): Promise<LiveAnswer> {
  const { panel, datasource } = query;
  const { ledger } = options;
  const expr = substitute(query.expr, { range: `${RANGE_SECONDS}s`, ...(ledger !== undefined && { ledger }) });
  try {
    const found = await count({ ...query, expr }, options);
    const what = { prometheus: "series or values", loki: "streams or series", tempo: "traces" }[datasource];
    return { panel, ok: found > 0, detail: found > 0 ? `${found} ${what}` : `no data: ${expr}` };
  } catch (error) {
    return { panel, ok: false, detail: `${error instanceof Error ? error.message : String(error)}: ${expr}` };
  }
}

async function count({ panel, datasource, expr, label }: DashboardQuery, { prometheus, loki, tempo }: LiveOptions): Promise<number> {
  if (datasource === "tempo") return await countTraces(tempo ?? "", expr);
  if (datasource === "loki") return await countInLoki(loki, expr);
  if (label !== undefined) return await countValues(prometheus, { expr, label });
  if (panel.endsWith(", exemplars")) return (await exemplars(prometheus, expr)).length;
  return (await queryPrometheus(prometheus, expr)).filter(({ value }) => !Number.isNaN(value)).length;
}

/** The trace ids of the exemplars that an expression's series have had within the hour. */
export async function exemplars(prometheus: string, expr: string): Promise<readonly string[]> {
  const range = { start: secondsAgo(RANGE_SECONDS), end: secondsAgo(-1) };
  const data = (await getData("Prometheus", address(prometheus, "/api/v1/query_exemplars", { query: expr, ...range }))) as readonly {
    readonly exemplars: readonly { readonly labels: Readonly<Record<string, string>> }[];
  }[];
  return data.flatMap((series) => series.exemplars.map(({ labels }) => labels["trace_id"] ?? ""));
}

async function countValues(prometheus: string, { expr, label }: { readonly expr: string; readonly label: string }): Promise<number> {
  const url = address(prometheus, `/api/v1/label/${label}/values`, { "match[]": expr });
  return ((await getData("Prometheus", url)) as readonly string[]).length;
}

/** A range query answers for lines and for numbers alike. */
async function countInLoki(loki: string, query: string): Promise<number> {
  const url = address(loki, "/loki/api/v1/query_range", { query, since: `${RANGE_SECONDS}s` });
  return ((await getData("Loki", url)) as { readonly result: readonly unknown[] }).result.length;
}

async function countTraces(tempo: string, q: string): Promise<number> {
  const body = (await getJson("Tempo", address(tempo, "/api/search", { q, limit: "5" }))) as { readonly traces?: readonly unknown[] };
  return body.traces?.length ?? 0;
}

function address(baseUrl: string, path: string, parameters: Readonly<Record<string, string>>): URL {
  const url = new URL(path, baseUrl);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url;
}

async function getData(name: string, url: URL): Promise<unknown> {
  return ((await getJson(name, url)) as { readonly data: unknown }).data;
}

async function getJson(name: string, url: URL): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error(`${name} answered ${response.status}: ${(await response.text()).slice(0, 200)}`);
  return await response.json();
}

function secondsAgo(seconds: number): string {
  return String(Date.now() / 1000 - seconds);
}
