import { describe, expect, it } from "vitest";
import { runbookOf } from "./check/alerts.ts";
import { readIni } from "./check/grafana-settings.ts";
import type { AlertRule } from "./check/rule-files.ts";
import { checkObservability, NOT_SHOWN, type Observability, readObservability } from "./check.ts";
import type { Dashboard, Panel, Target } from "./grafana/panels/model.ts";

const good = readObservability();

/** What the checks say of the repository after `change`. */
function problemsAfter(change: (all: Observability) => Observability): readonly string[] {
  return checkObservability(change(good)).map(({ place, problem }) => `${place}: ${problem}`);
}

function withDashboard(change: (dashboard: Dashboard) => Dashboard): (all: Observability) => Observability {
  return (all) => ({ ...all, dashboards: all.dashboards.map((file) => ({ ...file, dashboard: change(file.dashboard) })) });
}

function withPanel(title: string, change: (panel: Panel) => Panel): (all: Observability) => Observability {
  return withDashboard((dashboard) => ({
    ...dashboard,
    panels: dashboard.panels.map((panel) => (panel.title === title ? change(panel) : panel)),
  }));
}

function withQuery(title: string, change: (expr: string) => string): (all: Observability) => Observability {
  const retarget = ({ expr, query, ...target }: Target): Target => ({
    ...target,
    ...(expr !== undefined && { expr: change(expr) }),
    ...(query !== undefined && { query: change(query) }),
  });
  return withPanel(title, (panel) => ({ ...panel, targets: (panel.targets ?? []).map(retarget) }));
}

function withRule(alert: string, change: (rule: AlertRule) => AlertRule): (all: Observability) => Observability {
  return (all) => ({
    ...all,
    rules: all.rules.map((file) => ({ ...file, rules: file.rules.map((rule) => (rule.alert === alert ? change(rule) : rule)) })),
  });
}

describe("the repository", () => {
  it("has no findings", () => {
    expect(checkObservability(good)).toEqual([]);
  });
});

describe("a planted fault in a dashboard is found", () => {
  const PANEL = "PSM blocked for";
  it.each<[string, (all: Observability) => Observability, RegExp]>([
    [
      "an unknown metric",
      withQuery(PANEL, (expr) => expr.replace("blocked_duration", "stuck_duration")),
      /no metric .* offing_chain_stuck/,
    ],
    ["an unknown label", withQuery(PANEL, (expr) => expr.replace("reason_code=", "reason=")), /has no label reason/],
    [
      "a value outside the closed set",
      withQuery(PANEL, (expr) => expr.replace("PSM_ORACLE", "PSM_ORCALE")),
      /reason_code is never PSM_ORCALE_MISSING/,
    ],
    [
      "an unknown label to sum by",
      withQuery("Newly blocked", (expr) => expr.replace("action_type,", "caller,")),
      /none of its metrics has the label caller/,
    ],
    ["a bracket that is not closed", withQuery(PANEL, (expr) => `${expr} + (1`), /\) is missing/],
    [
      "an unknown event",
      withQuery("Blocked operations", (expr) => expr.replace("operation|", "opertion|")),
      /no event .* offing\.chain\.opertion/,
    ],
    ["an attribute its events lack", withQuery("Blocked operations", (expr) => `${expr} | evidence="trace"`), /attribute evidence/],
    [
      "a panel over another",
      withPanel(PANEL, (panel) => ({ ...panel, gridPos: { ...panel.gridPos, w: 12 } })),
      /overlaps Buyback blocked for/,
    ],
    ["a panel off the grid", withPanel(PANEL, (panel) => ({ ...panel, gridPos: { ...panel.gridPos, x: 20 } })), /does not fit/],
    ["two panels of one id", withPanel(PANEL, (panel) => ({ ...panel, id: 74165 })), /two panels have the id 74165/],
    ["a panel without an id", withPanel(PANEL, (panel) => ({ ...panel, id: 0 })), /has no id/],
    ["two panels of one title", withPanel(PANEL, (panel) => ({ ...panel, title: "Last heartbeat" })), /two panels have this title/],
    ["no description", withPanel(PANEL, ({ description: _, ...panel }) => panel), /has no description/],
    ["no unit", withPanel(PANEL, (panel) => ({ ...panel, fieldConfig: { defaults: { noValue: "no data" } } })), /has no unit/],
    [
      "a unit that Grafana does not know",
      withPanel(PANEL, (panel) => ({ ...panel, fieldConfig: { defaults: { unit: "bananas", noValue: "no data" } } })),
      /has the unit bananas/,
    ],
    ["no words for no data", withPanel(PANEL, (panel) => ({ ...panel, fieldConfig: { defaults: { unit: "s" } } })), /without data/],
    ["an unknown data source", withPanel(PANEL, (panel) => ({ ...panel, datasource: { type: "x", uid: "elsewhere" } })), /"elsewhere"/],
    [
      "a data source of another type",
      withPanel(PANEL, (panel) => ({ ...panel, datasource: { type: "loki", uid: "prometheus" } })),
      /a loki/,
    ],
    [
      "a rate over fewer than four exports",
      withQuery("Newly blocked", (expr) => expr.replace("$__rate_interval", "15s")),
      /increase over 15s is shorter than 4 exports/,
    ],
    [
      "a rate over Grafana's own step",
      withQuery("Newly blocked", (expr) => expr.replace("$__rate_interval", "$__interval")),
      /use \$__rate_interval/,
    ],
    ["TraceQL that does not parse", withQuery("Traces of late", (query) => query.replace("}", "")), /Traces of late: expects }/],
    [
      "a span attribute of no contract",
      withQuery("Traces of late", (query) => query.replace(" }", " && span.mood = 1 }")),
      /not every span it names has the attribute mood/,
    ],
    [
      "figures of now without their age",
      withPanel("Last heartbeat", (panel) => ({ ...panel, type: "text" })),
      /row Is it healthy now\?: shows figures of now and no age/,
    ],
    [
      "rows in another order",
      withDashboard((dashboard) => ({ ...dashboard, panels: [...dashboard.panels].reverse() })),
      /rows: are not in the order Is it healthy now\?; /,
    ],
    ...(["Deploys", "Configurations", "Drills"] as const).map((mark): [string, (all: Observability) => Observability, RegExp] => [
      `no mark of ${mark}`,
      withDashboard((dashboard) => ({
        ...dashboard,
        annotations: { list: dashboard.annotations.list.filter(({ name }) => name !== mark) },
      })),
      new RegExp(`marks no ${mark.toLowerCase()} on its time axis`),
    ]),
    [
      "a count of facts that leads to no lines",
      withPanel("Operations seen", (panel) => relinked(panel, "/d/offing-chain")),
      /Operations seen: counts what offing\.chain\.operation records and links to no panel with those lines/,
    ],
    [
      "a count of facts that leads to no traces",
      withPanel("Operations seen", (panel) => relinked(panel, "/d/offing-chain")),
      /links to no panel with its traces/,
    ],
    [
      "a link to a dashboard that is not there",
      withPanel(PANEL, (panel) => relinked(panel, "/d/offing-gone")),
      /links to a panel that is not there: \/d\/offing-gone/,
    ],
    [
      "a hidden legend",
      withPanel("Newly blocked", (panel) => ({ ...panel, options: { legend: { showLegend: false } } })),
      /hides its legend/,
    ],
    [
      "a link into nothing",
      withPanel(PANEL, (panel) => relinked(panel, "/d/offing-chain?viewPanel=panel-1")),
      /links to a panel that is not there/,
    ],
    [
      "a variable nobody uses",
      withDashboard((dashboard) => ({ ...dashboard, templating: { list: [...dashboard.templating.list, { name: "spare", query: "" }] } })),
      /variable spare: is used nowhere/,
    ],
    [
      "a variable nobody defines",
      withDashboard((dashboard) => ({ ...dashboard, templating: { list: [] } })),
      /variable ledger: is used and not defined/,
    ],
    [
      "two dashboards of one uid",
      (all) => ({ ...all, dashboards: [...all.dashboards, ...all.dashboards] }),
      /another dashboard has this uid/,
    ],
  ])("%s", (_, change, problem) => {
    expect(problemsAfter(change).join("\n")).toMatch(problem);
  });
});

function relinked(panel: Panel, url: string): Panel {
  const links = [{ title: "there", url, targetBlank: false }];
  return { ...panel, fieldConfig: { defaults: { ...panel.fieldConfig?.defaults, links } } };
}

describe("a planted fault in a rule is found", () => {
  const ALERT = "ChainPsmBlocked";
  const annotated = (name: string, value: string): ((all: Observability) => Observability) =>
    withRule(ALERT, (rule) => ({ ...rule, annotations: { ...rule.annotations, [name]: value } }));
  it.each<[string, (all: Observability) => Observability, RegExp]>([
    ["an unknown metric", withRule(ALERT, (rule) => ({ ...rule, expr: "offing_chain_stuck > 1" })), /no metric of the contract/],
    [
      "another threshold than the panel's",
      withRule(ALERT, (rule) => ({ ...rule, expr: rule.expr.replace("600", "601") })),
      /another expression or threshold/,
    ],
    [
      "another expression than the panel's",
      withRule(ALERT, (rule) => ({ ...rule, expr: rule.expr.replace('"PSM"', '"FEE_ROUTER"') })),
      /another expression or threshold/,
    ],
    [
      "a threshold the panel does not ask for",
      withRule("ChainBuybackBlocked", (rule) => ({
        ...rule,
        expr: rule.expr.replace(/\{alert=.*/, '{alert="ChainPsmOracleMissingBurst"}'),
      })),
      /another expression or threshold/,
    ],
    ["a panel that is not there", annotated("dashboard_url", "/d/offing-chain?viewPanel=panel-1"), /leads to no panel/],
    ["a panel in a collapsed row", annotated("dashboard_url", "/d/offing-chain?viewPanel=panel-49265"), /collapsed row/],
    [
      "no runbook",
      (all) => ({ ...all, runbooks: all.runbooks.filter((file) => file !== runbookOf(ALERT)) }),
      /has no runbook: write docs\/runbooks\/chain-psm-blocked\.md/,
    ],
    [
      "a runbook of no alert",
      (all) => ({ ...all, runbooks: [...all.runbooks, "docs/runbooks/chain-nothing.md"] }),
      /no alert has this runbook/,
    ],
    ["another alert's runbook", annotated("runbook_url", "docs/runbooks/reconcile.md"), /its runbook_url is not/],
    ["no severity", withRule(ALERT, (rule) => ({ ...rule, labels: { domain: "chain" } })), /has no severity/],
    [
      "another domain",
      withRule(ALERT, (rule) => ({ ...rule, labels: { ...rule.labels, domain: "social" } })),
      /has not the label domain: chain/,
    ],
    ["a description without a next step", annotated("description", "{{ $labels.instance }} is bad"), /what to do next/],
    ["no test file", (all) => ({ ...all, rules: all.rules.map((file) => ({ ...file, tests: undefined })) }), /has no test file/],
    [
      "an alert without tests",
      withRule(ALERT, (rule) => ({ ...rule, alert: "ChainPsmForgotten" })),
      /ChainPsmForgotten: has no promtool group/,
    ],
    ["two alerts of one name", withRule("ChainHeadStalled", (rule) => ({ ...rule, alert: ALERT })), /another rule has this name/],
  ])("%s", (_, change, problem) => {
    expect(problemsAfter(change).join("\n")).toMatch(problem);
  });
});

describe("a planted gap is found", () => {
  it("a metric of the contract that no dashboard shows", () => {
    const unseen = withQuery("Blocks by position", () => "offing_chain_lag");
    const inRow = withDashboard((dashboard) => ({
      ...dashboard,
      panels: dashboard.panels.map((row) => ({
        ...row,
        ...(row.panels !== undefined && { panels: row.panels.map((panel) => retitled(panel)) }),
      })),
    }));
    expect(problemsAfter((all) => inRow(unseen(all))).join("\n")).toMatch(/offing\.chain\.block\.number: is on no dashboard/);
    expect(checkObservability(inRow(good), { ...NOT_SHOWN, "offing.chain.block.number": "A test." })).toEqual([]);
  });

  it("an excuse that has become idle", () => {
    const excused = checkObservability(good, { ...NOT_SHOWN, "offing.chain.lag": "Nobody looks.", "offing.gone": "It was there once." });
    expect(excused.map(({ place }) => place)).toEqual(["offing.chain.lag", "offing.gone"]);
  });

  it("a variable of the provisioning without a default, and a default for none", () => {
    const provisioning = { ...good.provisioning, variables: ["OFFING_NEW_URL"], defaults: ["OFFING_OLD_URL"] };
    expect(problemsAfter((all) => ({ ...all, provisioning }))).toEqual([
      "OFFING_NEW_URL: is read by the provisioning and has no default",
      "OFFING_OLD_URL: is set and read by nothing",
    ]);
  });
});

describe("a planted fault in the provisioning is found", () => {
  const edited = (end: string, change: (text: string) => string): ((all: Observability) => Observability) => {
    const [file = "", text = ""] = Object.entries(good.provisioning.files).find(([path]) => path.endsWith(end)) ?? [];
    if (change(text) === text) throw new Error(`the fault was not planted in ${end}`);
    return (all) => ({ ...all, provisioning: { ...all.provisioning, files: { ...all.provisioning.files, [file]: change(text) } } });
  };
  const SOURCES = "datasources/offing.yaml";
  it.each<[string, (all: Observability) => Observability, RegExp]>([
    [
      "a field Grafana does not have",
      edited(SOURCES, (text) => text.replace("nodeGraph:", "nodeGraphs:")),
      /Unrecognized key: "nodeGraphs"/,
    ],
    ["a value Grafana does not take", edited(SOURCES, (text) => text.replace("access: proxy", "access: direct")), /datasources\.0\.access/],
    ["another uid", edited(SOURCES, (text) => text.replace("uid: tempo\n", "uid: traces\n")), /datasources\.2\.uid/],
    ["an exemplar that leads nowhere", edited(SOURCES, (text) => text.replace("name: traceID", "name: spanID")), /no exemplar's traceID/],
    [
      "a line that leads to no trace",
      edited(SOURCES, (text) => text.replace("matcherRegex: trace_id", "matcherRegex: trace")),
      /no line's trace_id leads/,
    ],
    ["a single dollar", edited(SOURCES, (text) => text.replace("url: $$", () => "url: $")), /no line's trace_id leads/],
    ["a record elsewhere", edited(SOURCES, (text) => text.replace("/facts/", "/fact/")), /leads to GET \/facts\/ID/],
    [
      "a record of the alert history at another emitter",
      edited(SOURCES, (text) => text.replace("$OFFING_ALERTS_URL", () => "$OFFING_CHAIN_URL")),
      /Fired and cleared lately: its lines' alerts_fact_id leads to \$OFFING_CHAIN_URL, and their records stand at \$OFFING_ALERTS_URL/,
    ],
    [
      "a link that no line of the chain has",
      edited(SOURCES, (text) => text.replace("matcherRegex: offing_fact_id", "matcherRegex: chain_fact_id")),
      /its lines' offing_fact_id leads to nothing, and their records stand at \$OFFING_CHAIN_URL/,
    ],
    ["a trace that leads to no lines", edited(SOURCES, (text) => text.replace("| trace_id =", "|=")), /no trace leads to its lines/],
    ["an unknown metric", edited(SOURCES, (text) => text.replace("node_command_total", "node_commands_total")), /node_commands_total/],
    [
      "edits in the browser",
      edited("dashboards/offing.yaml", (text) => text.replace("allowUiUpdates: false", "allowUiUpdates: true")),
      /allowUi/,
    ],
    ["a fixed folder", edited("dashboards/offing.yaml", (text) => text.replace("orgId: 1", "orgId: 1\n    folder: x")), /folder/],
    [
      "anonymous readers",
      edited("grafana.ini", (text) => text.replace("enabled = false", "enabled = true")),
      /\[auth\.anonymous\] enabled: true/,
    ],
    ["open sign-up", edited("grafana.ini", (text) => text.replace("allow_sign_up = false", "")), /users\.allow_sign_up is not set/],
    [
      "a password in the file",
      edited("grafana.ini", (text) => text.replace(/admin_password = .*/, "admin_password = x")),
      /admin_password: x/,
    ],
    ["a misspelt setting", edited("grafana.ini", (text) => text.replace("reporting_enabled", "reports_enabled")), /no such setting/],
  ])("%s", (_, change, problem) => {
    expect(problemsAfter(change).join("\n")).toMatch(problem);
  });

  it("a data source that is gone", () => {
    const without = edited(SOURCES, (text) => text.slice(0, text.indexOf("  - name: Alertmanager")));
    expect(problemsAfter(without)).toContain("file: there is no data source alertmanager");
  });

  it("a home dashboard that is not there", () => {
    const settings = readIni(good.provisioning.files["observability/grafana/grafana.ini"] ?? "");
    const home =
      settings
        .find(({ key }) => key === "default_home_dashboard_path")
        ?.value.split("/")
        .at(-1) ?? "";
    expect(good.dashboards.find(({ file }) => file.endsWith(`/${home}`))?.dashboard.uid).toBe("offing-home");
  });
});

/** Takes the block positions off the panel that shows them. */
function retitled(panel: Panel): Panel {
  if (panel.title !== "Blocks by position") return panel;
  return { ...panel, targets: (panel.targets ?? []).map((target) => ({ ...target, expr: "offing_chain_lag" })) };
}
