import { execFile } from "node:child_process";
import { globSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { stringify } from "yaml";
import { dashboardQueries, substitute } from "./queries.ts";

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
 * Runs what only promtool can judge: the syntax and lint of the rules, their test cases, and the syntax of every PromQL query on a
 * dashboard.
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
    await withQueriesAsRules((file) => call("dashboard queries", ["check", "rules", "--lint=none", file])),
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

/** promtool parses no lone expression, but it parses rules: each query becomes a recording rule of a file that is thrown away. */
async function withQueriesAsRules(use: (file: string) => Promise<PromtoolRun>): Promise<PromtoolRun> {
  const rules = dashboardQueries()
    .filter(({ datasource }) => datasource === "prometheus")
    .map(({ panel, expr }, index) => ({ record: `panel:query:${index}`, expr: substitute(expr), labels: { panel } }));
  const folder = await mkdtemp(join(tmpdir(), "offing-promtool-"));
  try {
    const file = join(folder, "dashboards.rules.yaml");
    await writeFile(file, stringify({ groups: [{ name: "dashboards", rules }] }));
    return await use(file);
  } finally {
    await rm(folder, { recursive: true });
  }
}
