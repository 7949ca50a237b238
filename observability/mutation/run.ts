import { execFile } from "node:child_process";
import { globSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type DocumentOptions, type ParseOptions, parse, type SchemaOptions, stringify } from "yaml";
import type { AlertRule } from "../check/rule-files.ts";
import { type Mutant, mutantsOf } from "./mutants.ts";

/** A mutant and what became of it. */
export interface Judged {
  readonly mutant: Mutant;
  readonly killed: boolean;
}

/** How to run. */
export interface MutationOptions {
  readonly promtool: string;
  /** Where the rules and their tests stand. */
  readonly folder: string;
  /** The rule files whose mutants are made; all when left out. */
  readonly only?: readonly string[];
  readonly signal?: AbortSignal;
}

interface TestGroup {
  readonly name: string;
  readonly [key: string]: unknown;
}

interface TestFile {
  readonly tests: readonly TestGroup[];
  readonly [key: string]: unknown;
}

interface Groups {
  readonly groups: readonly { readonly name: string; readonly rules: readonly AlertRule[] }[];
}

/** The rules and tests of a folder, read. */
interface Suite {
  readonly rules: ReadonlyMap<string, Groups>;
  readonly tests: ReadonlyMap<string, TestFile>;
  /** Test files that belong to no single rule file. */
  readonly others: readonly string[];
}

/** Files for promtool that say something together; the first part of the name is whose they are. */
interface Trial {
  readonly name: string;
  readonly files: Readonly<Record<string, unknown>>;
  readonly tests: readonly string[];
}

const run = promisify(execFile);
/** `0x12` is a row of zeros to promtool and the number 18 to YAML. */
const AS_PROMTOOL: ParseOptions & DocumentOptions & SchemaOptions = {
  customTags: (tags) => tags.filter((tag) => typeof tag === "string" || (tag.format !== "HEX" && tag.format !== "OCT")),
};
/** More at once would only wait for cores. */
const WORKERS = 2;
const TRIALS_PER_RUN = 24;

/**
 * Gives every mutant of every alert to promtool with the test group of its name, what that lets pass also with the tests that belong to no
 * single rule file, and tells which nobody noticed.
 *
 * Each mutant stands alone in its file, and many files go into one run, so that hundreds take less than a minute.
 *
 * @throws Error when the tests fail on the rules as they are
 */
export async function runMutants({ promtool, folder, only, signal }: MutationOptions): Promise<readonly Judged[]> {
  const suite = await readSuite(folder);
  const held = [...suite.rules].filter(([file]) => only?.includes(file) ?? true);
  const rules = held.flatMap(([file, { groups }]) => groups.flatMap((group) => group.rules.map((rule) => ({ file, rule }))));
  const scratch = await mkdtemp(join(tmpdir(), "offing-mutants-"));
  try {
    const judge = (trials: readonly Trial[]) => judgeAll(trials, { promtool, scratch, ...(signal !== undefined && { signal }) });
    const asTheyAre = rules.flatMap(({ file, rule }) => alone(suite, { name: `${rule.alert}-as-it-is`, file, rule }));
    const failing = await judge([...asTheyAre, ...together(suite, { name: "all-as-they-are" })]);
    // Otherwise every mutant would die of that.
    if (failing.size > 0) throw new Error(`these fail without any change: ${[...failing].join(", ")}`);
    const mutants = rules.flatMap(({ file, rule }) =>
      mutantsOf(rule).map((mutant, index) => ({ mutant, file, name: `${rule.alert}-${index}`, rule: mutant.rule })),
    );
    const killed = new Set<string>();
    const left = () => mutants.filter(({ name }) => !killed.has(name));
    // Group after group: most mutants die of the first, and the others need not be run for them.
    for (let turn = 0, more = true; more; turn += 1) {
      const trials = left().flatMap((one) => alone(suite, one).slice(turn, turn + 1));
      for (const name of await judge(trials)) killed.add(name);
      more = trials.length > 0;
    }
    for (const name of await judge(left().flatMap((one) => together(suite, one)))) killed.add(name);
    return mutants.map(({ mutant, name }) => ({ mutant, killed: killed.has(name) }));
  } finally {
    await rm(scratch, { recursive: true });
  }
}

async function readSuite(folder: string): Promise<Suite> {
  const names = globSync("*.yaml", { cwd: folder }).sort();
  const read = async (file: string): Promise<[string, unknown]> => [file, parse(await readFile(join(folder, file), "utf8"), AS_PROMTOOL)];
  const isTest = (file: string): boolean => file.endsWith(".test.yaml");
  const rules = (await Promise.all(names.filter((file) => !isTest(file)).map(read))) as [string, Groups][];
  const tests = (await Promise.all(names.filter(isTest).map(read))) as [string, TestFile][];
  const own = rules.map(([file]) => testOf(file));
  return { rules: new Map(rules), tests: new Map(tests), others: tests.map(([file]) => file).filter((file) => !own.includes(file)) };
}

function testOf(file: string): string {
  return file.replace(/\.yaml$/, ".test.yaml");
}

interface Change {
  readonly name: string;
  readonly file: string;
  readonly rule: AlertRule;
}

/** The rule and one test group that begins with its name, nothing else, for each such group: quick. */
function alone({ tests }: Suite, { name, file, rule }: Change): readonly Trial[] {
  const own = tests.get(testOf(file));
  const groups = (own?.tests ?? []).filter(({ name: of }) => of === rule.alert || of.startsWith(`${rule.alert}: `));
  const rules = { groups: [{ name: "mutant", rules: [rule] }] };
  return groups.map((group, index) => ({
    name: `${name}/${index}`,
    files: { "rules.yaml": rules, "test.yaml": { ...own, rule_files: ["rules.yaml"], tests: [group] } },
    tests: ["test.yaml"],
  }));
}

/**
 * Those groups of the tests that belong to no single file which speak of the changed rule, and every rule that these groups speak of: the
 * others would only cost time.
 */
function together({ rules, tests, others }: Suite, { name, file, rule }: Partial<Change> & { readonly name: string }): readonly Trial[] {
  const speaksOf = (group: TestGroup): boolean => rule === undefined || JSON.stringify(group).includes(rule.alert);
  const cases = others.flatMap((path) => {
    const test = tests.get(path);
    const groups = test?.tests.filter(speaksOf) ?? [];
    return groups.length === 0 ? [] : [[path, { ...test, tests: groups }] as const];
  });
  const spoken = JSON.stringify(cases);
  const changed = [...rules].map(([path, { groups }]) => {
    const swap = (one: AlertRule): AlertRule => (path === file && one.alert === rule?.alert ? rule : one);
    const kept = (group: Groups["groups"][number]): readonly AlertRule[] => group.rules.filter(({ alert }) => spoken.includes(alert));
    return [path, { groups: groups.map((group) => ({ ...group, rules: kept(group).map(swap) })) }] as const;
  });
  return cases.length === 0 ? [] : [{ name, files: Object.fromEntries([...changed, ...cases]), tests: cases.map(([path]) => path) }];
}

interface JudgeOptions {
  readonly promtool: string;
  readonly scratch: string;
  readonly signal?: AbortSignal;
}

/** The names of the trials whose tests fail. */
async function judgeAll(trials: readonly Trial[], options: JudgeOptions): Promise<ReadonlySet<string>> {
  const failed = new Set<string>();
  if (trials.length === 0) return failed;
  const batches = Array.from({ length: Math.ceil(trials.length / TRIALS_PER_RUN) }, (_, index) =>
    trials.slice(index * TRIALS_PER_RUN, (index + 1) * TRIALS_PER_RUN),
  );
  const worker = async (): Promise<void> => {
    for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
      for (const name of await judgeBatch(batch, options)) failed.add(name);
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, worker));
  return failed;
}

async function judgeBatch(trials: readonly Trial[], { promtool, scratch, signal }: JudgeOptions): Promise<readonly string[]> {
  const folder = await mkdtemp(join(scratch, "batch-"));
  for (const { name, files } of trials) {
    await mkdir(join(folder, name), { recursive: true });
    for (const [path, content] of Object.entries(files)) {
      await writeFile(join(folder, name, path), stringify(content, { aliasDuplicateObjects: false }));
    }
  }
  const files = trials.flatMap(({ name, tests }) => tests.map((path) => join(name, path)));
  try {
    await run(promtool, ["test", "rules", "--junit=report.xml", ...files], {
      cwd: folder,
      maxBuffer: 1e8,
      // Hundreds of short lives: collecting garbage later is a fifth of the time.
      env: { ...process.env, GOGC: "400" },
      ...(signal !== undefined && { signal }),
    });
  } catch (error) {
    // 1 is a test that fails, which is what is hoped for; anything else is trouble of promtool's own.
    if ((error as { readonly code?: unknown }).code !== 1) throw error;
  }
  return failedSuites(await readFile(join(folder, "report.xml"), "utf8"));
}

function failedSuites(report: string): readonly string[] {
  return [...report.matchAll(/<testsuite [^>]*>/g)].flatMap(([tag]) => {
    const of = (key: string): string => new RegExp(` ${key}="([^"]*)"`).exec(tag)?.[1] ?? "";
    const bad = Number(of("failures")) + Number(of("errors"));
    // The first part of its path is whose it is.
    return bad > 0 ? [of("name").split("/")[0] ?? ""] : [];
  });
}
