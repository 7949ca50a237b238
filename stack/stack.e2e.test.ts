import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createProgress } from "./progress.ts";
import { type Stack, startStack } from "./start.ts";
import { listenersOf } from "./testing/listeners.ts";
import { counterBody, exemplarsOf, linesBody, post, sampleOf, seriesOf, spanBody, streamsOf, until } from "./testing/probe.ts";
import { findTools, type Tool, type ToolName } from "./tools.ts";

const LOOPBACK = "0100007F";
const DAY_MS = 86_400_000;
const TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";

let directory: string;
let stack: Stack;
let tools: Record<"collector" | "promtool" | "amtool" | "loki", Tool>;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "offing-stack-"));
  const progress = createProgress();
  tools = await findTools(["collector", "promtool", "amtool", "loki"], { progress });
  stack = await startStack({ directory, ports: "free", progress });
}, 3_600_000);

afterAll(async () => {
  await stack?.stop();
  rmSync(directory, { recursive: true, force: true });
});

test("the programs accept the configurations of this repository", () => {
  const config = file("collector/otel-config.yaml");
  run("collector", ["validate", "--config", config]);
  run("collector", ["validate", "--config", config, "--config", file("collector/traces-to-file.yaml")]);
  run("promtool", ["check", "config", file("observability/prometheus/prometheus.yaml")]);
  run("amtool", ["check-config", file("observability/alertmanager/alertmanager.yaml")]);
  run("loki", [`-config.file=${file("observability/loki/loki.yaml")}`, "-config.expand-env=true", "-verify-config"]);
});

test("a counter arrives with the contract's name, its labels, the identity, the promoted attributes, and no other", async () => {
  const atMs = Date.now();
  const body = counterBody({ instance: "ledger-1", value: 7, atMs, exemplarTraceId: TRACE_ID });
  expect(await post(stack.endpoints.collector, "metrics", body)).toBe(200);
  const selector = 'oracle_required_failures_total{instance="ledger-1"}';
  const value = await until("the counter", () => sampleOf(stack.endpoints.prometheus, selector));
  expect(value).toBe(7);
  expect(await seriesOf(stack.endpoints.prometheus, selector)).toEqual([
    {
      __name__: "oracle_required_failures_total",
      contract: "PSM",
      action_type: "PSM_MINT",
      reason_code: "PSM_ORACLE_MISSING",
      job: "offing/offing-chain",
      instance: "ledger-1",
      service_name: "offing-chain",
      deployment_environment_name: "test",
      offing_network: "anvil",
    },
  ]);
  expect(await exemplarsOf(stack.endpoints.prometheus, selector)).toEqual([TRACE_ID]);
});

test("a log record arrives as a line of its stream and is found by its attributes", async () => {
  const atMs = Date.now();
  expect(await post(stack.endpoints.collector, "logs", linesBody({ instance: "ledger-2", ids: ["aa", "bb"], atMs }))).toBe(200);
  const query = '{service_name="offing-chain", service_instance_id="ledger-2"} | fact_id="bb"';
  const [found] = await until("the line", async () => nonEmpty(await streamsOf(stack.endpoints.loki, query, atMs - 1_000)));
  expect(found?.stream).toMatchObject({
    service_namespace: "offing",
    deployment_environment_name: "test",
    tx_hash: "0xbb",
    offing_network: "anvil",
    severity_text: "WARN",
  });
  expect(found?.values.map(([, line]) => line)).toEqual(["operation bb was blocked"]);
});

test("lines of 30 days ago stand beside fresh ones of the same stream and can be queried at once", async () => {
  const nowMs = Date.now();
  const fresh = linesBody({ instance: "ledger-3", ids: ["fresh"], atMs: nowMs });
  const old = linesBody({ instance: "ledger-3", ids: ["old-1", "old-2"], atMs: nowMs - 30 * DAY_MS });
  const hours = linesBody({ instance: "ledger-3", ids: ["hours"], atMs: nowMs - 3 * 3_600_000 });
  for (const body of [fresh, old, hours]) expect(await post(stack.endpoints.collector, "logs", body)).toBe(200);
  const query = '{service_instance_id="ledger-3"}';
  const lines = await until("all four lines", async () => {
    const streams = await streamsOf(stack.endpoints.loki, query, nowMs - 31 * DAY_MS);
    const found = streams.flatMap(({ values }) => values.map(([, line]) => line)).sort();
    return found.length >= 4 ? found : null;
  });
  expect(lines).toEqual(["fresh", "hours", "old-1", "old-2"].map((id) => `operation ${id} was blocked`).sort());
});

test("without Tempo a span arrives in the file", async () => {
  const { tracesFile } = stack.endpoints;
  if (tracesFile === null) return expect(stack.endpoints.tempo).not.toBeNull();
  expect(await post(stack.endpoints.collector, "traces", spanBody({ instance: "ledger-4", traceId: TRACE_ID, atMs: Date.now() }))).toBe(
    200,
  );
  const line = await until("the span", async () => nonEmpty(readFileSync(tracesFile, "utf8").trim()));
  expect(JSON.parse(line)).toMatchObject({ resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: TRACE_ID, name: "operation" }] }] }] });
});

test("the Collector's own metrics arrive under a name that a restart does not change", async () => {
  const selector = 'otelcol_exporter_sent_log_records_total{exporter="otlp_http/loki"}';
  const [series] = await until("the Collector's metrics", async () => nonEmpty(await seriesOf(stack.endpoints.prometheus, selector)));
  expect(series).toMatchObject({ job: "offing/otelcol", instance: "collector" });
});

test("every part listens on loopback only", () => {
  const listeners = Object.values(stack.parts).map((part) => ({ part: part.name, at: listenersOf(part.process?.pid ?? 0) }));
  expect(listeners.filter(({ at }) => at.length === 0)).toEqual([]);
  expect(
    listeners.flatMap(({ part, at }) => at.map((listener) => ({ part, ...listener }))).filter(({ address }) => address !== LOOPBACK),
  ).toEqual([]);
});

test("nothing acknowledged is lost when the Collector is killed while the backends are down", async () => {
  const { collector, prometheus, loki } = stack.parts;
  await Promise.all([prometheus.stop(), loki.stop()]);
  const atMs = Date.now();
  const ids = Array.from({ length: 500 }, (_, index) => `line-${index}`);
  for (let from = 0; from < ids.length; from += 25) {
    const body = linesBody({ instance: "ledger-5", ids: ids.slice(from, from + 25), atMs: atMs + from });
    expect(await post(stack.endpoints.collector, "logs", body)).toBe(200);
    const point = counterBody({ instance: "ledger-5", value: from + 25, atMs: atMs + from });
    expect(await post(stack.endpoints.collector, "metrics", point)).toBe(200);
  }
  await collector.kill("SIGKILL");
  expect(collector.process).toBeNull();
  await collector.start();
  await Promise.all([prometheus.start(), loki.start()]);

  const found = await until("every line", async () => {
    const streams = await streamsOf(stack.endpoints.loki, '{service_instance_id="ledger-5"}', atMs - 1_000);
    const lines = streams.flatMap(({ stream, values }) => values.map(() => stream["fact_id"] ?? ""));
    return new Set(lines).size >= ids.length ? lines : null;
  });
  expect(found.sort()).toEqual([...ids].sort());
  const selector = 'oracle_required_failures_total{instance="ledger-5"}';
  expect(await until("the last total", async () => ((await sampleOf(stack.endpoints.prometheus, selector)) === 500 ? 500 : null))).toBe(
    500,
  );
});

function run(tool: ToolName & keyof typeof tools, args: readonly string[]): void {
  execFileSync(tools[tool].path, args, { stdio: "pipe", env: { ...process.env, OFFING_LOKI_DATA: directory } });
}

function file(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}

function nonEmpty<T extends { readonly length: number }>(value: T): T | null {
  return value.length === 0 ? null : value;
}
