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
  readonly ledger?: string;
}

const RANGE_SECONDS = 3600;
const TIMEOUT_MS = 30_000;

/**
 * Asks the running Prometheus and Loki every query of every provisioned dashboard, over the last hour, and demands data. A value that is
 * not a number is no data; a zero is data.
 */
export async function checkLive(options: LiveOptions): Promise<readonly LiveAnswer[]> {
  const answers: LiveAnswer[] = [];
  for (const query of dashboardQueries().filter(({ datasource }) => datasource !== "tempo")) answers.push(await ask(query, options));
  return answers;
}

async function ask(query: DashboardQuery, { prometheus, loki, ledger }: LiveOptions): Promise<LiveAnswer> {
  const expr = substitute(query.expr, { range: `${RANGE_SECONDS}s`, ...(ledger !== undefined && { ledger }) });
  try {
    const found = query.datasource === "loki" ? await countInLoki(loki, expr) : await countInPrometheus(prometheus, expr);
    const what = query.datasource === "loki" ? "streams or series" : "series";
    return { panel: query.panel, ok: found > 0, detail: found > 0 ? `${found} ${what}` : `no data: ${expr}` };
  } catch (error) {
    return { panel: query.panel, ok: false, detail: `${error instanceof Error ? error.message : String(error)}: ${expr}` };
  }
}

async function countInPrometheus(baseUrl: string, expr: string): Promise<number> {
  return (await queryPrometheus(baseUrl, expr)).filter(({ value }) => !Number.isNaN(value)).length;
}

/** A range query answers for lines and for numbers alike. */
async function countInLoki(baseUrl: string, expr: string): Promise<number> {
  const url = new URL("/loki/api/v1/query_range", baseUrl);
  url.searchParams.set("query", expr);
  url.searchParams.set("since", `${RANGE_SECONDS}s`);
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error(`Loki answered ${response.status}: ${(await response.text()).slice(0, 200)}`);
  const { data } = (await response.json()) as { readonly data: { readonly result: readonly unknown[] } };
  return data.result.length;
}
