import { queryPrometheus } from "#core/backends.ts";
import { OffingError } from "#core/errors.ts";
import { type DashboardQuery, dashboardQueries, substitute } from "../../observability/queries.ts";
import type { Finding } from "./report.ts";

/**
 * Asks Prometheus one query of the provisioned dashboards: the last hop before an operator's eyes. No data is no fault, since no emitter
 * may run; a query that is not understood is.
 */
export async function askDashboardQuery(prometheus: string, queries: readonly DashboardQuery[] = dashboardQueries()): Promise<Finding> {
  const check = "a dashboard's query";
  const query = queries.find(({ datasource }) => datasource === "prometheus");
  if (query === undefined) {
    const mend = "Run `npm run generate`: observability/grafana/dashboards holds none.";
    return { check, verdict: "broken", detail: "no dashboard asks Prometheus anything", mend };
  }
  const place = `"${query.panel}" on "${query.dashboard}"`;
  try {
    const found = (await queryPrometheus(prometheus, substitute(query.expr))).length;
    return { check, verdict: "ok", detail: `${place}: ${found === 0 ? "understood, no data: does an emitter run?" : `${found} series`}` };
  } catch (error) {
    const reason = error instanceof OffingError ? error.message : String(error);
    return {
      check,
      verdict: "broken",
      detail: `${place}: ${reason}`,
      mend: "Run `npm run generate`, then `./offing test --only observability`.",
    };
  }
}
