import { execFile } from "node:child_process";
import { globSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { stringify } from "yaml";
import type { ContractJson } from "#contract/emit-json.ts";
import type { DashboardFile } from "./check/dashboards.ts";
import { readObservability } from "./check.ts";
import { dashboardTest } from "./dashboard-tests.ts";

/** One run of promtool. */
export interface PromtoolRun {
  readonly name: string;
  readonly ok: boolean;
  /** What promtool printed; it names the file, the rule or the case. */
  readonly output: string;
}

const RULES = join(import.meta.dirname, "prometheus", "rules");
const run = promisify(execFile);

/**
 * Runs what only promtool can judge: the syntax and lint of the rules, and their test cases.
 *
 * @param promtool - path of the program, as stack/tools.ts finds it
 * @param folder - where the rules and their tests stand; those of the repository when left out
 */
export async function promtoolTest(promtool: string, folder: string = RULES): Promise<readonly PromtoolRun[]> {
  const files = globSync("*.yaml", { cwd: folder }).sort();
  const isTest = (file: string): boolean => file.endsWith(".test.yaml");
  const call = (name: string, args: readonly string[]): Promise<PromtoolRun> => promtoolRun(name, { promtool, args, folder });
  return [
    await call("rules", ["check", "rules", "--lint=all", "--lint-fatal", ...files.filter((file) => !isTest(file))]),
    await call("rule tests", ["test", "rules", "--diff", ...files.filter(isTest)]),
  ];
}

async function promtoolRun(
  name: string,
  { promtool, args, folder }: { readonly promtool: string; readonly args: readonly string[]; readonly folder: string },
): Promise<PromtoolRun> {
  try {
    const { stdout, stderr } = await run(promtool, args, { cwd: folder });
    return { name, ok: true, output: `${stdout}${stderr}` };
  } catch (error) {
    const { stdout = "", stderr = "", message } = error as Error & { readonly stdout?: string; readonly stderr?: string };
    return { name, ok: false, output: stdout + stderr === "" ? message : `${stdout}${stderr}` };
  }
}

/**
 * Runs the generated test of each dashboard: every PromQL query parses and finds data in what the contract can give it.
 *
 * @param from - the dashboards and the contract; those of the repository when left out
 */
export async function testDashboards(
  promtool: string,
  from: { readonly dashboards: readonly DashboardFile[]; readonly contract: ContractJson } = readObservability(),
): Promise<readonly PromtoolRun[]> {
  const folder = await mkdtemp(join(tmpdir(), "offing-promtool-"));
  try {
    const runs: PromtoolRun[] = [];
    for (const dashboard of from.dashboards) {
      const file = `${dashboard.dashboard.uid}.test.yaml`;
      await writeFile(join(folder, file), stringify(dashboardTest(dashboard, from.contract)));
      runs.push(await promtoolRun(`dashboard ${dashboard.dashboard.uid}`, { promtool, args: ["test", "rules", "--diff", file], folder }));
    }
    return runs;
  } finally {
    await rm(folder, { recursive: true });
  }
}
