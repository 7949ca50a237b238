import type { ContractJson } from "#contract/emit-json.ts";
import type { Dashboard, GridPos, Panel } from "../grafana/panels/model.ts";
import { evidenceProblems } from "./evidence.ts";
import { type Finding, findingsIn } from "./finding.ts";
import { logqlFaults, promqlFaults } from "./names.ts";
import { rateProblems } from "./rates.ts";
import { rowProblems } from "./rows.ts";
import { traceqlFaults } from "./traceql.ts";
import { isKnownUnit } from "./units.ts";

/** A dashboard and the file it stands in. */
export interface DashboardFile {
  readonly file: string;
  readonly dashboard: Dashboard;
}

/** What dashboards are held against. */
export interface DashboardContext {
  readonly contract: ContractJson;
  readonly dataSources: readonly ProvisionedSource[];
}

/** A data source that Grafana will have. */
export interface ProvisionedSource {
  readonly uid: string;
  readonly type: string;
  /** How often Prometheus takes samples, in seconds; a rate needs four of them. */
  readonly intervalSeconds?: number;
}

const COLUMNS = 24;

/** Holds dashboards against the contract, the data sources, each other and the rules of a readable panel. */
export function checkDashboards(files: readonly DashboardFile[], context: DashboardContext): readonly Finding[] {
  return [
    ...files.flatMap((file) => checkDashboard(file, context)),
    ...checkTogether(files),
    ...files.flatMap((file) => checkLinks(file, { files, contract: context.contract })),
  ];
}

/** A panel, and whether one must open a row to see it. */
export interface PlacedPanel extends Panel {
  readonly hidden: boolean;
}

/** Every panel of a dashboard with values, text or lines; also those in a collapsed row. */
export function panelsOf(dashboard: Dashboard): readonly PlacedPanel[] {
  return dashboard.panels.flatMap((panel): PlacedPanel[] => {
    if (panel.type !== "row") return [{ ...panel, hidden: false }];
    return (panel.panels ?? []).map((inner) => ({ ...inner, hidden: true }));
  });
}

/** One query of a dashboard. */
export interface PlacedQuery {
  /** The title of the panel, or the name of the annotation. */
  readonly place: string;
  readonly source: string;
  readonly expr: string;
  readonly exemplars: boolean;
}

/** Every query of a dashboard, its annotations' included, with the data source it asks. */
export function queriesOf(dashboard: Dashboard): readonly PlacedQuery[] {
  const ofPanels = panelsOf(dashboard).flatMap(({ title, targets = [], datasource }) =>
    targets.map(({ expr, query, datasource: own, exemplar }) => ({
      place: title,
      source: (own ?? datasource)?.uid ?? "",
      expr: expr ?? query ?? "",
      exemplars: exemplar === true,
    })),
  );
  const ofAnnotations = dashboard.annotations.list.flatMap(({ name, expr, datasource }) =>
    expr === undefined ? [] : [{ place: `annotation ${name}`, source: datasource?.uid ?? "", expr, exemplars: false }],
  );
  return [...ofPanels, ...ofAnnotations];
}

function checkDashboard({ file, dashboard }: DashboardFile, context: DashboardContext): Finding[] {
  const finding = findingsIn(file);
  const panels = panelsOf(dashboard);
  const findings = panels.flatMap((panel) => panelProblems(panel, context).map((problem) => finding(panel.title, problem)));
  const ids = [...panels, ...dashboard.panels.filter(({ type }) => type === "row")].map(({ id }) => String(id));
  for (const id of repeated(ids)) findings.push(finding(dashboard.title, `two panels have the id ${id}`));
  for (const title of repeated(panels.map((panel) => panel.title))) findings.push(finding(title, "two panels have this title"));
  for (const [one, other] of overlaps(panels)) findings.push(finding(one.title, `overlaps ${other.title}`));
  for (const { place, source, expr } of queriesOf(dashboard)) {
    findings.push(...queryFaults(source, expr, context.contract).map((fault) => finding(place, `${fault}: ${expr}`)));
  }
  findings.push(...rowProblems(dashboard, context.contract).map(({ place, problem }) => finding(place, problem)));
  if (dashboard.uid === "") findings.push(finding(dashboard.title, "has no uid"));
  if (dashboard.description === "") findings.push(finding(dashboard.title, "has no description"));
  if (JSON.stringify(dashboard).includes("inControlsMenu"))
    findings.push(finding(dashboard.title, "hides a link or an annotation in a menu"));
  return [...findings, ...variableProblems(dashboard).map(({ name, problem }) => finding(`variable ${name}`, problem))];
}

function queryFaults(source: string, expr: string, contract: ContractJson): readonly string[] {
  if (source === "tempo") return traceqlFaults(expr, contract);
  return source === "loki" ? logqlFaults(expr, contract) : promqlFaults(expr, contract);
}

function panelProblems(panel: Panel, { dataSources }: DashboardContext): string[] {
  const problems: string[] = [];
  const { x, y, w, h } = panel.gridPos;
  if (x < 0 || y < 0 || w < 1 || h < 1 || x + w > COLUMNS) problems.push(`does not fit a grid of ${COLUMNS} columns`);
  if (!(Number.isInteger(panel.id) && panel.id > 0)) problems.push("has no id, so no alert and no link can lead to it");
  if (panel.title === "") problems.push("has no title");
  if ((panel.description ?? "") === "") problems.push("has no description that says why one looks here");
  if (panel.type === "text") return problems;
  const defaults = panel.fieldConfig?.defaults;
  if ((defaults?.unit ?? "") === "") problems.push("has no unit");
  else if (!isKnownUnit(defaults?.unit ?? "")) problems.push(`has the unit ${defaults?.unit}, which Grafana does not know`);
  if ((defaults?.noValue ?? "") === "") problems.push("does not say what it shows without data");
  const targets = panel.targets ?? [];
  if (targets.length === 0) problems.push("asks nothing");
  for (const refId of repeated(targets.map((target) => target.refId))) problems.push(`two queries are called ${refId}`);
  for (const { datasource } of [panel, ...targets]) {
    const known = dataSources.find(({ uid }) => uid === datasource?.uid);
    if (known === undefined) problems.push(`asks the data source "${datasource?.uid ?? ""}", which is not provisioned`);
    else if (known.type !== datasource?.type) problems.push(`calls the data source ${known.uid} a ${datasource?.type}`);
  }
  const interval = dataSources.find(({ type }) => type === "prometheus")?.intervalSeconds ?? 0;
  return [...problems, ...optionProblems(panel), ...targets.flatMap(({ expr = "" }) => rateProblems(expr, interval))];
}

/** Defaults of the kit that would leave a panel unreadable. */
function optionProblems({ type, options }: Panel): string[] {
  const { legend, reduceOptions } = (options ?? {}) as {
    readonly legend?: { readonly showLegend?: boolean };
    readonly reduceOptions?: { readonly calcs?: readonly string[] };
  };
  if (type === "timeseries" && legend?.showLegend !== true) return ["hides its legend"];
  if ((type === "stat" || type === "bargauge") && (reduceOptions?.calcs ?? []).length === 0) return ["does not say which value it shows"];
  return [];
}

function variableProblems(dashboard: Dashboard): { readonly name: string; readonly problem: string }[] {
  const { templating, ...rest } = dashboard;
  const text = JSON.stringify(rest);
  const used = new Set(
    [...text.matchAll(/\$\{?(\w+)/g)].flatMap(([, name]) => (name === undefined || name.startsWith("__") ? [] : [name])),
  );
  const defined = templating.list.map(({ name }) => name);
  return [
    ...defined.filter((name) => !used.has(name)).map((name) => ({ name, problem: "is used nowhere" })),
    ...[...used].filter((name) => !defined.includes(name)).map((name) => ({ name, problem: "is used and not defined" })),
  ];
}

function checkTogether(files: readonly DashboardFile[]): Finding[] {
  const clash = (what: "uid" | "title"): Finding[] =>
    files
      .filter(({ dashboard }, index) => files.findIndex((other) => other.dashboard[what] === dashboard[what]) !== index)
      .map(({ file, dashboard }) =>
        findingsIn(file)(dashboard[what], `another dashboard has this ${what}, and Grafana would import neither`),
      );
  return [...clash("uid"), ...clash("title")];
}

/** Links must lead to a dashboard or a panel that is there, and a count of facts to its lines and traces. */
function checkLinks(
  { file, dashboard }: DashboardFile,
  { files, contract }: { files: readonly DashboardFile[]; contract: ContractJson },
): Finding[] {
  return panelsOf(dashboard).flatMap((panel) => {
    const finding = findingsIn(file);
    const links = (panel.fieldConfig?.defaults.links ?? []).map(({ url }) => url).filter((url) => url.startsWith("/d/"));
    const lost = links.filter((url) => !leadsSomewhere(url, files));
    const reached = links.flatMap((url) => panelByPath(url, files) ?? []);
    return [
      ...lost.map((url) => finding(panel.title, `links to a panel that is not there: ${url}`)),
      ...evidenceProblems(panel, { reached, contract }).map((problem) => finding(panel.title, problem)),
    ];
  });
}

function leadsSomewhere(url: string, files: readonly DashboardFile[]): boolean {
  if (url.includes("viewPanel=")) return panelByPath(url, files) !== undefined;
  return files.some(({ dashboard }) => url === `/d/${dashboard.uid}` || url.startsWith(`/d/${dashboard.uid}?`));
}

/** The panel that a path such as `/d/UID?viewPanel=panel-ID` leads to. */
export function panelByPath(path: string, files: readonly DashboardFile[]): PlacedPanel | undefined {
  const [, uid, id] = /^\/d\/([^/?]+)\?viewPanel=panel-(\d+)(?:&|$)/.exec(path) ?? [];
  const found = files.find(({ dashboard }) => dashboard.uid === uid);
  return found === undefined ? undefined : panelsOf(found.dashboard).find((panel) => String(panel.id) === id);
}

function overlaps(panels: readonly Panel[]): [Panel, Panel][] {
  return panels.flatMap((one, index) =>
    panels.slice(index + 1).flatMap((other): [Panel, Panel][] => (touch(one.gridPos, other.gridPos) ? [[one, other]] : [])),
  );
}

function touch(a: GridPos, b: GridPos): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

function repeated(values: readonly string[]): readonly string[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))];
}
