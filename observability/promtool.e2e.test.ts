import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { silent } from "../stack/progress.ts";
import { findTools } from "../stack/tools.ts";
import { readObservability } from "./check.ts";
import { runMutants } from "./mutation/run.ts";
import { promtoolTest, testDashboards } from "./promtool.ts";

const RULES = "chain.rules.yaml";
let promtool = "";
let folder = "";
beforeAll(async () => {
  promtool = (await findTools(["promtool"], { progress: silent })).promtool.path;
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "offing-rules-"));
  // One file with its cases, and the rules they name, are enough to plant faults in; the step "rules" runs all cases.
  for (const file of [RULES, "chain.rules.test.yaml", "shared.rules.yaml"]) {
    cpSync(join(import.meta.dirname, "prometheus", "rules", file), join(folder, file));
  }
});
afterEach(() => rmSync(folder, { recursive: true }));

async function failedAfter(change: (rules: string) => string): Promise<readonly string[]> {
  const file = join(folder, RULES);
  writeFileSync(file, change(readFileSync(file, "utf8")));
  return (await promtoolTest(promtool, folder)).filter(({ ok }) => !ok).map(({ name }) => name);
}

test.each<[string, (rules: string) => string, readonly string[]]>([
  ["nothing", (rules) => rules, []],
  ["a threshold moved", (rules) => rules.replace(">= 600", ">= 660"), ["rule tests"]],
  ["a hold shortened", (rules) => rules.replace("keep_firing_for: 5m", "keep_firing_for: 4m"), ["rule tests"]],
  ["a label dropped", (rules) => rules.replace(", sev: SEV-1", ""), ["rule tests"]],
  ["PromQL that does not parse", (rules) => rules.replace("> 5", "> > 5"), ["rules", "rule tests"]],
])("%s is what promtool finds", async (_, change, failed) => {
  expect(await failedAfter(change)).toEqual(failed);
});

test("a planted gap is found: mutants that a weak test lets pass are named", async () => {
  const weak = join(folder, "weak");
  mkdirSync(weak);
  writeFileSync(
    join(weak, "demo.rules.yaml"),
    "groups: [{ name: demo, rules: [{ alert: Demo, expr: depth > 5, for: 1m, labels: { severity: info } }] }]",
  );
  const cases = `{ eval_time: 5m, alertname: Demo, exp_alerts: [{ exp_labels: { severity: info } }] }`;
  const group = `{ name: Demo, interval: 1m, input_series: [{ series: depth, values: 9x9 }], alert_rule_test: [${cases}] }`;
  writeFileSync(join(weak, "demo.rules.test.yaml"), `rule_files: [demo.rules.yaml]\nevaluation_interval: 5s\ntests: [${group}]\n`);
  const survivors = (await runMutants({ promtool, folder: weak })).filter(({ killed }) => !killed);
  expect(survivors.map(({ mutant }) => `${mutant.operator} ${mutant.change}`)).toEqual([
    "comparison > → >= at 6",
    "threshold 5 → 6 at 8",
    "threshold 5 → 4 at 8",
    "for 1m → none",
    "for 1m → 72s",
    "for 1m → 48s",
  ]);
});

test("every dashboard finds data in the contract's series", async () => {
  expect((await testDashboards(promtool)).filter(({ ok }) => !ok)).toEqual([]);
});

test("a dashboard whose query finds nothing in the contract's series is named, with the query", async () => {
  const { dashboards, contract } = readObservability();
  const renamed = JSON.parse(JSON.stringify(dashboards).replaceAll("offing_chain_lag{", "offing_chain_backlog{")) as typeof dashboards;
  const failed = (await testDashboards(promtool, { dashboards: renamed, contract })).filter(({ ok }) => !ok);
  expect(failed.map(({ name }) => name)).toEqual(["dashboard offing-chain"]);
  expect(failed[0]?.output).toContain("count(offing_chain_backlog{");
});
