import type { ContractJson } from "#contract/emit-json.ts";
import type { Panel } from "../grafana/panels/model.ts";
import { type DashboardFile, panelByPath } from "./dashboards.ts";
import { canonical, indexOfPieces } from "./expression.ts";
import { type Finding, findingsIn } from "./finding.ts";
import { promqlFaults } from "./names.ts";
import type { AlertRule, RuleFile } from "./rule-files.ts";
import { testProblems } from "./rule-tests.ts";

/** What alert rules are held against. */
export interface AlertContext {
  readonly contract: ContractJson;
  readonly dashboards: readonly DashboardFile[];
  /** The files of docs/runbooks, by their path from the root of the repository. */
  readonly runbooks: readonly string[];
}

/** Stands for the job of any node, which the node's operator names. */
const NODE_JOB = "example-node";
const SEVERITIES = ["critical", "warning", "info"];
/** The one alert that fires when all is well: it is about nothing, so it has no panel, no severity and no end. */
const WATCHDOG = "OffingWatchdog";
/** Runbooks that belong to a command or to several alerts. */
const OTHER_RUNBOOKS = ["docs/runbooks/reconcile.md", "docs/runbooks/oracle-incident-facts.md"];

/** Holds each alert together with its runbook, its panel and its tests, and its names to the contract. */
export function checkAlerts(files: readonly RuleFile[], context: AlertContext): readonly Finding[] {
  const findings = files.flatMap((file) => checkRuleFile(file, context));
  const names = files.flatMap(({ file, rules }) => rules.map(({ alert }) => ({ file, alert })));
  for (const [index, { file, alert }] of names.entries()) {
    if (names.findIndex((other) => other.alert === alert) !== index) findings.push(findingsIn(file)(alert, "another rule has this name"));
  }
  return [
    ...findings,
    ...orphanRunbooks(
      names.map(({ alert }) => alert),
      context,
    ),
  ];
}

/** Where an alert's runbook stands: `docs/runbooks/chain-psm-blocked.md` for ChainPsmBlocked. */
export function runbookOf(alert: string): string {
  return `docs/runbooks/${alert.replace(/(?<!^)([A-Z])/g, "-$1").toLowerCase()}.md`;
}

function checkRuleFile({ file, rules, tests }: RuleFile, context: AlertContext): Finding[] {
  const finding = findingsIn(file);
  const domain = /([a-z]+)\.rules\.yaml$/.exec(file)?.[1] ?? "";
  const findings = rules.flatMap((rule) => {
    if (rule.alert === WATCHDOG) return runbookProblems(rule, context).map((problem) => finding(rule.alert, problem));
    const problems = [
      ...promqlFaults(rule.expr, context.contract),
      ...wordProblems(rule, domain),
      ...runbookProblems(rule, context),
      ...panelProblems(rule, context),
      ...(tests === undefined ? [] : testProblems(rule, tests)),
    ];
    return problems.map((problem) => finding(rule.alert, problem));
  });
  return tests === undefined ? [...findings, finding(file, "has no test file beside it")] : findings;
}

function wordProblems({ alert, labels, annotations }: AlertRule, domain: string): string[] {
  const problems: string[] = [];
  if (!/^([A-Z][a-z0-9]+){2,}$/.test(alert)) problems.push("is not called in CamelCase");
  if (!SEVERITIES.includes(labels["severity"] ?? "")) problems.push(`has no severity of ${SEVERITIES.join(", ")}`);
  if (labels["domain"] !== domain) problems.push(`has not the label domain: ${domain}, the word of its file`);
  const { summary = "", description = "" } = annotations;
  if (summary === "" || summary.includes("{{")) problems.push("needs a summary that is the same for every instance of it");
  if (!description.includes("{{ $labels")) problems.push("does not say in its description whom it is about");
  if (!description.includes("Next:")) problems.push("does not say in its description what to do next");
  return problems;
}

function runbookProblems({ alert, annotations }: AlertRule, { runbooks }: AlertContext): string[] {
  const expected = runbookOf(alert);
  const problems = annotations["runbook_url"] === expected ? [] : [`its runbook_url is not ${expected}`];
  return runbooks.includes(expected) ? problems : [...problems, `has no runbook: write ${expected}`];
}

function orphanRunbooks(alerts: readonly string[], { runbooks }: AlertContext): Finding[] {
  const known = [...alerts.map(runbookOf), ...OTHER_RUNBOOKS];
  return runbooks.filter((file) => !known.includes(file)).map((file) => findingsIn(file)(file, "no alert has this runbook"));
}

/** The panel behind dashboard_url must ask what the alert asks and mark where the alert fires. */
function panelProblems({ expr, annotations }: AlertRule, { dashboards }: AlertContext): string[] {
  return pathsOf(annotations["dashboard_url"] ?? "", dashboards).flatMap((path) => {
    const panel = panelByPath(path, dashboards);
    if (panel === undefined) return [`its dashboard_url leads to no panel: ${path}`];
    if (panel.hidden) return [`its panel "${panel.title}" stands in a collapsed row`];
    return showsAlert(expr, panel) ? [] : [`its panel "${panel.title}" shows another expression or threshold`];
  });
}

/** Where a link can lead: one that names a job leads somewhere for each emitter's and, where it tells them apart, for a node's. */
function pathsOf(url: string, dashboards: readonly DashboardFile[]): readonly string[] {
  const jobs = dashboards.filter(isEmitters).map(({ dashboard }) => dashboard.uid);
  const [choice, pattern = "", own = "", other = ""] =
    /\{\{ if match "([^"]+)" \$labels\.job \}\}(.*?)\{\{ else \}\}(.*?)\{\{ end \}\}/.exec(url) ?? [];
  const chosen = (job: string): string =>
    choice === undefined ? url : url.replace(choice, new RegExp(pattern, "u").test(job) ? own : other);
  const met = choice === undefined ? jobs : [...jobs, NODE_JOB];
  const links = met.map((job) => chosen(job).replaceAll("{{ $labels.job }}", job));
  return url.includes("{{ $labels.job }}?") || choice !== undefined ? links : [url];
}

function isEmitters({ dashboard }: DashboardFile): boolean {
  return dashboard.tags?.includes("emitter") === true;
}

function showsAlert(expr: string, panel: Panel): boolean {
  const alert = canonical(expr);
  const shown = (panel.targets ?? []).flatMap(({ expr: asked }) => (asked === undefined ? [] : [canonical(asked)]));
  // Absence has no value to show: the panel must show the series whose absence it is.
  if (alert[0] === "absent_over_time") return shown.some((pieces) => indexOfPieces(pieces, alert.slice(1)) >= 0);
  return shown.some((pieces) => {
    const start = indexOfPieces(alert, pieces);
    if (start < 0) return false;
    const [op = "", ...limit] = alert.slice(start + pieces.length);
    return limitIsShown(op, { limit: withoutJoin(limit), panel, shown });
  });
}

function limitIsShown(
  op: string,
  { limit, panel, shown }: { limit: readonly string[]; panel: Panel; shown: readonly (readonly string[])[] },
): boolean {
  if (op !== ">" && op !== ">=") return false;
  if (shown.some((pieces) => indexOfPieces(limit, pieces) === 0)) return true;
  const defaults = panel.fieldConfig?.defaults;
  const steps = (defaults?.thresholds?.steps ?? []).flatMap(({ value }) => (value === null ? [] : [value]));
  const number = Number(limit[0]);
  // Grafana colours from a step on: over a count of five is from six on.
  const step = op === ">" && defaults?.unit === "short" ? number + 1 : number;
  return steps.length === 1 && steps[0] === step;
}

/** Steps over `on (..) group_left (..)`. */
function withoutJoin(pieces: readonly string[]): readonly string[] {
  const [first] = pieces;
  if (first !== "on" && first !== "ignoring" && first !== "group_left" && first !== "group_right") return pieces;
  return withoutJoin(pieces[1] === "(" ? pieces.slice(pieces.indexOf(")") + 1) : pieces.slice(1));
}
