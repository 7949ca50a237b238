import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { STEPS, type Step } from "./steps.ts";

/** How the check is run. */
export interface CheckOptions {
  /** Root of the checkout. */
  readonly root: string;
  /** Names of the steps to run; all when empty. */
  readonly only: readonly string[];
  /** Goes on after a failed step instead of stopping there. */
  readonly keepGoing: boolean;
  /** Also the steps that are marked full, and the long forms of tests: they are told by OFFING_FULL=1. */
  readonly full: boolean;
  readonly write: (text: string) => void;
  readonly signal: AbortSignal;
}

/** What the check found, in tests: a step without tests of its own counts as one. */
export interface CheckResult {
  readonly passed: number;
  readonly failed: number;
}

/** Runs the steps in order, says one line each and, where one fails, its output and what mends it. */
export async function check(options: CheckOptions): Promise<CheckResult> {
  const total = { passed: 0, failed: 0 };
  for (const step of STEPS) {
    if (options.only.length > 0 && !options.only.includes(step.name)) continue;
    if (step.full === true && !options.full) continue;
    const startedMs = performance.now();
    if (step.heavy === true) options.write(`  … ${step.name}\n`);
    const { code, output, counts } = await runStep(step, options);
    if (options.signal.aborted) break;
    const ok = code === 0 && counts.failed === 0;
    total.passed += counts.passed;
    total.failed += ok ? 0 : Math.max(1, counts.failed);
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    const tests = step.counts === "one" ? "" : ` (${counts.passed} tests)`;
    options.write(`${ok ? "✓" : "✗"} ${step.name}${tests} ${seconds} s\n`);
    for (const line of ok ? worthTelling(step, output) : []) options.write(`    ${line}\n`);
    if (ok) continue;
    options.write(`${output}\n  mend: ${step.mend}\n`);
    if (!options.keepGoing) break;
  }
  return total;
}

/** What a reader wants to know of a step that went well: its figures, and what was skipped for which reason, each once. */
export function worthTelling({ shown }: Pick<Step, "shown">, output: string): readonly string[] {
  const lines = output.split("\n").filter((line) => line !== "");
  return [...new Set(shown === true ? lines : lines.filter((line) => line.startsWith("skipped: ")))];
}

interface StepResult {
  readonly code: number;
  readonly output: string;
  readonly counts: CheckResult;
}

async function runStep(step: Step, options: CheckOptions): Promise<StepResult> {
  const folder = await mkdtemp(join(tmpdir(), "offing-check-"));
  try {
    const report = join(folder, "report.json");
    const [program, ...args] = step.command;
    const extra = step.counts === "vitest" ? ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`] : [];
    const { code, output } = await capture({ program, args: [...args, ...extra] }, options);
    const counts = step.counts === "vitest" ? await countVitest(report) : step.counts === "tap" ? countTap(output) : one(code);
    return { code, output, counts };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function capture(
  command: { program: string; args: readonly string[] },
  { root, signal, full }: CheckOptions,
): Promise<{ code: number; output: string }> {
  const path = `${join(root, "node_modules", ".bin")}${delimiter}${process.env["PATH"] ?? ""}`;
  const env = { ...process.env, PATH: path, FORCE_COLOR: "0", NO_COLOR: "1", ...(full && { OFFING_FULL: "1" }) };
  return await new Promise((resolve) => {
    const child = spawn(command.program, command.args, {
      cwd: root,
      env,
      stdio: ["ignore", "pipe", "pipe"],
      signal,
      killSignal: "SIGTERM",
    });
    const chunks: string[] = [];
    const keep = (chunk: Buffer): void => void chunks.push(chunk.toString());
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.on("error", (error) => resolve({ code: 1, output: `${chunks.join("")}\n${error.message}` }));
    child.on("close", (code) => resolve({ code: code ?? 1, output: chunks.join("") }));
  });
}

function one(code: number): CheckResult {
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

async function countVitest(report: string): Promise<CheckResult> {
  try {
    const { numPassedTests, numFailedTests } = JSON.parse(await readFile(report, "utf8")) as {
      numPassedTests: number;
      numFailedTests: number;
    };
    return { passed: numPassedTests, failed: numFailedTests };
  } catch {
    // A run that could not even write its report has failed as one.
    return { passed: 0, failed: 1 };
  }
}

function countTap(output: string): CheckResult {
  const lines = output.split("\n");
  return {
    passed: lines.filter((line) => line.startsWith("ok ")).length,
    failed: lines.filter((line) => line.startsWith("not ok ")).length,
  };
}
