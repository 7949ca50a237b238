import type { ContractJson, JsonMetric } from "#contract/emit-json.ts";
import { type DashboardFile, queriesOf } from "./check/dashboards.ts";
import { namesOf, type Selector } from "./check/expression.ts";
import { metricOf } from "./check/names.ts";
import { substitute } from "./queries.ts";
import { tuplesOf } from "./testing/every-name.ts";

/** A promtool test file, as data. */
export interface PromtoolTestFile {
  readonly evaluation_interval: string;
  readonly tests: readonly {
    readonly name: string;
    readonly interval: string;
    readonly input_series: readonly { readonly series: string; readonly values: string }[];
    readonly promql_expr_test: readonly { readonly expr: string; readonly eval_time: string; readonly exp_samples: readonly object[] }[];
  }[];
}

/** Series begin after five minutes, so that what marks a beginning can be seen, and go on for an hour. */
const SERIES_START = "_x20";
const JUST_BEGUN = "7m";
const LATER = "1h";
/** Prometheus makes this series itself. */
const FIRING = 'ALERTS{alertname="Drawn",alertstate="firing",severity="warning",domain="chain"}';

/**
 * The proof without a server that each PromQL query of a dashboard can show data: fixtures are every series that the contract gives to the
 * jobs the dashboard names, and each query must find some. A metric or label that the contract does not have finds none.
 */
export function dashboardTest({ dashboard }: DashboardFile, contract: ContractJson): PromtoolTestFile {
  const queries = queriesOf(dashboard).filter(({ source }) => source === "prometheus");
  const asked = queries.map(({ place, expr }) => ({ place, expr: substitute(expr) }));
  const series = asked.flatMap(({ expr }) => namesOf(expr).selectors.flatMap((selector) => fixturesOf(selector, contract)));
  return {
    evaluation_interval: "15s",
    tests: [
      {
        name: dashboard.title,
        interval: "15s",
        input_series: [
          ...new Map([...series, { series: FIRING, values: `${SERIES_START} 1x240` }].map((one) => [one.series, one])).values(),
        ],
        promql_expr_test: asked.map(({ place, expr }) => ({
          expr: `count(${expr}) > bool 0`,
          eval_time: place.startsWith("annotation ") ? JUST_BEGUN : LATER,
          exp_samples: [{ labels: "{}", value: 1 }],
        })),
      },
    ],
  };
}

/** Every series of the metric for the jobs that a selector names; none where the contract has no such metric. */
function fixturesOf(selector: Selector, contract: ContractJson): readonly { readonly series: string; readonly values: string }[] {
  const name = selector.metric ?? "";
  const metric = metricOf(contract, name);
  if (metric === undefined) return [];
  const values = `${SERIES_START} ${metric.instrument === "gauge" ? "3x240" : "1+1x240"}`;
  return tuplesOf(metric).flatMap((tuple) =>
    boundsOf(metric, name).map((bound) => {
      const own = metric.labels.map(({ key, prometheus }) => `${prometheus}="${String(tuple[key])}"`);
      return { series: `${name}{${[`job="${jobOf(selector)}"`, 'instance="one"', ...own, ...bound].join(",")}}`, values };
    }),
  );
}

/** The job a selector names; one that fits where it names a pattern. */
function jobOf({ matchers }: Selector): string {
  const { op, text = "" } = matchers.find(({ label }) => label === "job") ?? { op: "=" };
  return op === "=" ? text : text.replace(".+", "any");
}

function boundsOf({ buckets }: JsonMetric, name: string): readonly (readonly string[])[] {
  if (buckets === undefined || !name.endsWith("_bucket")) return [[]];
  return [...buckets.map(String), "+Inf"].map((bound) => [`le="${bound}"`]);
}
