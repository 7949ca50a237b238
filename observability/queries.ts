import { queriesOf } from "./check/dashboards.ts";
import { readObservability } from "./check.ts";

/** One query of a dashboard, as written: with its variables. */
export interface DashboardQuery {
  readonly dashboard: string;
  readonly uid: string;
  /** The panel's title, or the name of the annotation or variable that asks. */
  readonly panel: string;
  readonly datasource: "prometheus" | "loki" | "tempo";
  readonly expr: string;
  /** For a variable: the label whose values it offers. */
  readonly label?: string;
  /** True when it also asks for exemplars. */
  readonly exemplars?: boolean;
}

/** What stands for Grafana's variables when a query is asked without it. */
export interface QueryVariables {
  /** A regular expression for the ledgers; every one when left out. */
  readonly ledger?: string;
  /** For `$__range`; an hour when left out. */
  readonly range?: string;
  /** For `$__rate_interval` and `$__interval`; a minute when left out. */
  readonly rateInterval?: string;
}

/** Every query that the provisioned dashboards ask: of panels, annotations and variables. */
export function dashboardQueries(): readonly DashboardQuery[] {
  return readObservability().dashboards.flatMap(({ dashboard }) => {
    const asked = queriesOf(dashboard).map(({ place, source, expr, exemplars }) => ({
      panel: place,
      datasource: sourceOf(source),
      expr,
      ...(exemplars && { exemplars }),
    }));
    const ofVariables = dashboard.templating.list.map(({ name, query, datasource }) => {
      const [, selector = query, label = ""] = /^label_values\((.*),\s*(\w+)\)$/.exec(query) ?? [];
      return { panel: `variable ${name}`, datasource: sourceOf(datasource?.uid ?? ""), expr: selector, label };
    });
    return [...asked, ...ofVariables].map((query) => ({ dashboard: dashboard.title, uid: dashboard.uid, ...query }));
  });
}

/** Puts values in the place of Grafana's variables. */
export function substitute(expr: string, { ledger = ".+", range = "1h", rateInterval = "1m" }: QueryVariables = {}): string {
  return (
    expr
      .replaceAll("$__rate_interval", rateInterval)
      .replaceAll("$__interval", rateInterval)
      .replaceAll("$__range", range)
      .replaceAll("$ledger", ledger)
      // Any other variable chooses among jobs: all of them.
      .replace(/\$(?:\{\w+(?::\w+)?\}|\w+)/g, ".+")
  );
}

function sourceOf(uid: string): DashboardQuery["datasource"] {
  return uid === "loki" || uid === "tempo" ? uid : "prometheus";
}
