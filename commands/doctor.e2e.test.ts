import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createProgress } from "../stack/progress.ts";
import { type Stack, startStack } from "../stack/start.ts";
import { until } from "../stack/testing/probe.ts";
import { askDashboardQuery } from "./doctor/dashboard-query.ts";
import type { DoctorReport } from "./doctor/report.ts";

const ROOT = join(import.meta.dirname, "..");
const run = promisify(execFile);
let folder: string;
let config: string;
let stack: Stack;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "offing-doctor-"));
  stack = await startStack({ directory: join(folder, "stack"), ports: "free", progress: createProgress() });
  // What Prometheus reads at each of its starts: the repository's file, fitted to this stack.
  config = join(folder, "stack", "prometheus.yaml");
}, 3_600_000);

afterAll(async () => {
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs the command as a user does, and reads its JSON. */
async function doctor(...more: readonly string[]): Promise<{ readonly code: number; readonly report: DoctorReport }> {
  const args = [join(ROOT, "cli.ts"), "doctor", "--json", "--stack", join(folder, "stack"), "--wait", "20s", ...more];
  const { stdout, code } = await run(process.execPath, args).then(
    (done) => ({ ...done, code: 0 }),
    (failed: { stdout: string; code: number }) => failed,
  );
  return { code, report: JSON.parse(stdout) as DoctorReport };
}

test("on a whole stack every hop is whole, and what this stack does not have is said", async () => {
  const { code, report } = await doctor();
  expect(report.machine.filter(({ verdict }) => verdict === "broken")).toEqual([]);
  expect(report.hops.filter(({ verdict }) => verdict === "broken")).toEqual([]);
  expect(report.hops.filter(({ verdict }) => verdict === "ok").map(({ check }) => check)).toEqual([
    "accepted by the Collector",
    "series in Prometheus",
    "exemplar in Prometheus",
    "line in Loki by trace_id",
    stack.endpoints.tempo === null ? "trace in the file of spans" : "trace in Tempo by id",
    "a dashboard's query",
  ]);
  expect(report).toMatchObject({ ok: true, firstBroken: null });
  expect(code).toBe(0);
});

test("a Collector that is stopped is the first broken hop, and nothing behind it is guessed at", async () => {
  await stack.parts.collector.stop();
  try {
    const { code, report } = await doctor();
    expect(report.firstBroken).toBe("accepted by the Collector");
    expect(report.hops.map(({ check }) => check)).not.toContain("series in Prometheus");
    expect(code).toBe(1);
  } finally {
    await stack.parts.collector.start();
  }
});

test.each([
  ["prometheus", "series in Prometheus"],
  ["loki", "line in Loki by trace_id"],
] as const)("a stopped %s is named by its hop, with its port and a mend", async (part, hop) => {
  await stack.parts[part].stop();
  try {
    const { report } = await doctor("--wait", "2s");
    expect(report.firstBroken).toBe(hop);
    expect(report.hops.find(({ check }) => check === hop)).toMatchObject({ mend: expect.stringContaining("./offing up") });
    expect(report.machine.find(({ check }) => check === `port of ${part}`)).toMatchObject({ verdict: "broken" });
  } finally {
    await stack.parts[part].start();
  }
});

test("a Prometheus that keeps no exemplars breaks that hop only", async () => {
  const text = readFileSync(config, "utf8");
  writeFileSync(config, text.replace(/max_exemplars: \d+/, "max_exemplars: 0"));
  await stack.parts.prometheus.stop();
  await stack.parts.prometheus.start();
  try {
    const { report } = await doctor("--wait", "3s");
    expect(report.hops.filter(({ verdict }) => verdict === "broken").map(({ check }) => check)).toEqual(["exemplar in Prometheus"]);
    expect(report.firstBroken).toBe("exemplar in Prometheus");
  } finally {
    writeFileSync(config, text);
    await stack.parts.prometheus.stop();
    await stack.parts.prometheus.start();
  }
});

test("a file of spans that was moved away breaks the trace's hop only", async () => {
  const { tracesFile } = stack.endpoints;
  if (tracesFile === null) return expect(stack.endpoints.tempo).not.toBeNull();
  renameSync(tracesFile, `${tracesFile}.moved`);
  try {
    const { report } = await doctor("--wait", "2s");
    expect(report.hops.filter(({ verdict }) => verdict === "broken").map(({ check }) => check)).toEqual(["trace in the file of spans"]);
  } finally {
    renameSync(`${tracesFile}.moved`, tracesFile);
  }
});

test("a dashboard's query that Prometheus does not understand is named with its panel", async () => {
  const query = {
    dashboard: "Planted",
    uid: "planted",
    panel: "broken panel",
    datasource: "prometheus",
    expr: "rate(offing_facts_total",
  } as const;
  expect(await askDashboardQuery(stack.endpoints.prometheus, [query])).toMatchObject({
    verdict: "broken",
    detail: expect.stringContaining('"broken panel" on "Planted"'),
  });
});

test("a Grafana that was named and does not answer breaks its hop", async () => {
  const password = join(folder, "password");
  writeFileSync(password, "s3cret");
  const { report } = await doctor("--grafana", "http://127.0.0.1:9", "--grafana-password-file", password);
  expect(report.firstBroken).toBe("data sources in Grafana");
});

test("as a timer it goes on until it is told to stop, and ends with the last run's code", async () => {
  const args = [join(ROOT, "cli.ts"), "doctor", "--json", "--every", "100ms", "--stack", join(folder, "stack")];
  const child = execFile(process.execPath, args);
  let lines = 0;
  child.stdout?.on("data", (chunk: string) => {
    lines += chunk.split("\n").length - 1;
  });
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  await until("two reports", async () => (lines >= 2 ? lines : null));
  child.kill("SIGTERM");
  expect(await ended).toBe(0);
});
