import type { ContractJson } from "#contract/emit-json.ts";
import { type DashboardFile, queriesOf } from "./dashboards.ts";
import { type Finding, findingsIn } from "./finding.ts";
import { metricsUsed } from "./names.ts";

/** Metrics that no dashboard shows, each with the reason. */
export type NotShown = Readonly<Record<string, string>>;

/** Each metric of the contract is on a dashboard, or says why not; a reason that has become idle is a finding too. */
export function checkCoverage(files: readonly DashboardFile[], contract: ContractJson, notShown: NotShown): readonly Finding[] {
  const shown = new Set(
    files.flatMap(({ dashboard }) =>
      queriesOf(dashboard).flatMap(({ source, expr }) => (source === "prometheus" ? metricsUsed(expr, contract) : [])),
    ),
  );
  const finding = findingsIn("contract/generated/contract.json");
  const missing = contract.metrics
    .filter(({ name }) => !shown.has(name) && notShown[name] === undefined)
    .map(({ name }) => finding(name, "is on no dashboard, and observability/check.ts gives no reason why"));
  const idle = Object.keys(notShown)
    .filter((name) => shown.has(name) || !contract.metrics.some((metric) => metric.name === name))
    .map((name) => finding(name, "is excused in observability/check.ts without need"));
  return [...missing, ...idle];
}
