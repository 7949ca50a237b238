import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkAlerts } from "./check/alerts.ts";
import { readObservability } from "./check.ts";

const ROOT = join(import.meta.dirname, "..");
const all = readObservability();

/** The names under which our emitters report, where the commands give them. */
const JOBS = globSync("commands/*-setup.ts", { cwd: ROOT })
  .flatMap((file) => [...readFileSync(join(ROOT, file), "utf8").matchAll(/"service\.name": "([^"]+)"/g)])
  .map(([, job = ""]) => job);

/** What the check says of the repository with another link in every rule that has this one. */
function afterRelinking(from: string, to: string): readonly string[] {
  const rules = all.rules.map((file) => ({
    ...file,
    rules: file.rules.map((rule) => ({
      ...rule,
      annotations: { ...rule.annotations, dashboard_url: (rule.annotations["dashboard_url"] ?? "").replace(from, to) },
    })),
  }));
  return checkAlerts(rules, all).map(({ place, problem }) => `${place}: ${problem}`);
}

test("every emitter of ours has a dashboard of its own, by the name it reports under, so that {{ $labels.job }} leads there", () => {
  expect(JOBS.length).toBeGreaterThanOrEqual(2);
  const uids = all.dashboards.filter(({ dashboard }) => dashboard.tags?.includes("emitter")).map(({ dashboard }) => dashboard.uid);
  expect(uids.sort()).toEqual([...JOBS].sort());
});

test("every link of every alert leads to a panel, whatever value its labels take", () => {
  expect(afterRelinking("", "")).toEqual([]);
});

test.each([
  ["an emitter's dashboard without the panel", "panel-7001", "panel-1", /OffingEmitterSilent: .* \/d\/offing-alerts\?viewPanel=panel-1$/],
  ["a dashboard that is not there for a node", "{{ else }}node-overview", "{{ else }}nodes", /OffingProjectorLagging: .* \/d\/nodes\?/],
  ["nodes sent to a dashboard of an emitter", 'match "^offing-"', 'match "^"', /OffingItemsRefused: .* \/d\/example-node\?/],
  [
    "a dashboard of a name that nobody has",
    "/d/offing-home?viewPanel=panel-53886",
    "/d/home?viewPanel=panel-53886",
    /OffingCollectorSilent: .* \/d\/home\?/,
  ],
])("a planted fault is found: %s", (_, from, to, problem) => {
  const found = afterRelinking(from, to);
  expect(found.join("\n")).toMatch(new RegExp(problem.source, "m"));
});
