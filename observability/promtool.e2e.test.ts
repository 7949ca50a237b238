import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { silent } from "../stack/progress.ts";
import { findTools } from "../stack/tools.ts";
import { promtoolTest } from "./promtool.ts";

let promtool = "";
let folder = "";
beforeAll(async () => {
  promtool = (await findTools(["promtool"], { progress: silent })).promtool.path;
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "offing-rules-"));
  cpSync(join(import.meta.dirname, "prometheus", "rules"), folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

async function failedAfter(change: (rules: string) => string): Promise<readonly string[]> {
  const file = join(folder, "chain.rules.yaml");
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
