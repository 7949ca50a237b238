import { execFileSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it, test } from "vitest";
import { parse } from "yaml";
import { silent } from "../../stack/progress.ts";
import { findTools } from "../../stack/tools.ts";
import { readObservability } from "../check.ts";

const CONFIG = join(import.meta.dirname, "alertmanager.yaml");
/** Who is told of which alert besides the history; what differs from this list is a change of who is woken. */
const RECEIVERS: Readonly<Record<string, string>> = { critical: "page", warning: "team", info: "team" };
const rules = readObservability().rules.flatMap((file) => file.rules);

let amtool = "";
beforeAll(async () => {
  amtool = (await findTools(["amtool"], { progress: silent })).amtool.path;
});

/** The receivers of an alert with these labels, as amtool finds them. */
function receiversOf(labels: Readonly<Record<string, string>>, config: string = CONFIG): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  return execFileSync(amtool, ["config", "routes", "test", `--config.file=${config}`, ...pairs], { encoding: "utf8" }).trim();
}

/** Who shall be told of an alert. */
function expectedOf({ alert, labels: { severity = "", domain = "" } }: (typeof rules)[number]): string {
  const told = domain === "shared" && severity === "warning" ? "operators" : RECEIVERS[severity];
  if (alert === "OffingWatchdog") return "watchdog";
  return domain === "funding" ? "history,nobody" : `history,${told}`;
}

describe("each alert reaches", () => {
  it.each(rules.map((rule) => [rule.alert, rule] as const))("%s: who its severity and domain say", (alertname, rule) => {
    expect(receiversOf({ alertname, ...rule.labels })).toBe(expectedOf(rule));
  });
});

test.each([
  ["a page that goes to the team", "receiver: page", "receiver: team", "OffingCollectorSilent"],
  ["a history that is told last and not first", "continue: true", "continue: false", "ChainHeadStalled"],
  ["the Watchdog on its way to people", 'alertname = "OffingWatchdog"', 'alertname = "OffingWatchDog"', "OffingWatchdog"],
])("a planted fault is found: %s", (_, good, bad, name) => {
  const folder = mkdtempSync(join(tmpdir(), "offing-routes-"));
  try {
    const text = readFileSync(CONFIG, "utf8");
    expect(text).toContain(good);
    writeFileSync(join(folder, "alertmanager.yaml"), text.replace(good, bad));
    const rule = rules.find(({ alert }) => alert === name);
    if (rule === undefined) throw new TypeError(`no rule is called ${name}`);
    expect(receiversOf({ alertname: name, ...rule.labels }, join(folder, "alertmanager.yaml"))).not.toBe(expectedOf(rule));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.each([
  [
    "funding's roles page nobody, however severe",
    { alertname: "FundingObserverDown", severity: "critical", domain: "funding" },
    "history,nobody",
  ],
  ["an alert that no route knows still reaches people", { alertname: "Odd", severity: "strange" }, "history,team"],
])("%s", (_, labels, expected) => {
  expect(receiversOf(labels)).toBe(expected);
});

test("every file that the configuration names is there, and every secret is a file", () => {
  const text = readFileSync(CONFIG, "utf8");
  const { templates } = parse(text, { merge: true }) as { readonly templates: readonly string[] };
  for (const pattern of templates) expect(globSync(pattern, { cwd: import.meta.dirname }).length).toBeGreaterThan(0);
  expect(text).not.toMatch(/\b(?:routing_key|api_url|service_key|credentials|password|token):/);
});
