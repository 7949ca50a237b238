import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as contract from "#contract/generated/node.ts";
import { queryLoki, queryPrometheus } from "#core/backends.ts";
import { createLog } from "#core/log.ts";
import type { MetricDefinition } from "#core/signal.ts";
import { type Stack, startStack } from "../../../stack/start.ts";
import { EXAMPLE_NAMES, startExampleNode } from "../example/example-node.ts";
import { scenes } from "../example/story.ts";
import { startWorld, type World } from "../example/world.ts";
import type { NodeTelemetry } from "./node-telemetry.ts";
import { startNodeTelemetry } from "./start.ts";
import { spansIn } from "./testing/received.ts";

const INSTANCE = "e2e/node";
let stack: Stack;
let world: World;
let telemetry: NodeTelemetry;
let lines: string[];
let scraped: ReadonlyMap<string, number>;

/** The node starts and works while the Collector is away, and tells all of it when the Collector is back. */
beforeAll(async () => {
  lines = [];
  [stack, world] = await Promise.all([startStack({ directory: mkdtempSync(join(tmpdir(), "offing-node-")), ports: "free" }), startWorld()]);
  await stack.parts.collector.stop();
  const { collector, collectorGrpc } = stack.endpoints;
  telemetry = await startNodeTelemetry({
    telemetry: {
      traces: { enabled: true, otlp_endpoint: collector, service_name: "example-node" },
      logs: { enabled: true, otlp_endpoint: collector },
      metrics: { enabled: true, otlp_endpoint: `http://${collectorGrpc}`, bind_address: "127.0.0.1:0", interval: "500ms" },
      resource: { "service.instance.id": INSTANCE },
    },
    names: EXAMPLE_NAMES,
    log: createLog({ level: "debug", write: (line) => lines.push((JSON.parse(line) as { message: string }).message) }),
    environment: {},
  });
  const node = await startExampleNode({ telemetry, world, database: ":memory:" });
  for (const scene of scenes(node, world)) await scene.play();
  await node.close();
  await until(async () => lines.length >= 3);
  await stack.parts.collector.start();
  await until(async () => lines.length >= 6);
  await until(async () => telemetry.health().queued.traces + telemetry.health().queued.logs === 0);
  scraped = parse(await (await fetch(telemetry.scrapeUrl ?? "")).text());
});
afterAll(async () => {
  await telemetry?.shutdown();
  await world?.close();
  await stack?.stop();
  rmSync(stack.directory, { recursive: true, force: true });
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 100));
}

/** `name{sorted labels}` to value, of the node's own metrics. */
function parse(text: string): ReadonlyMap<string, number> {
  const series = text.split("\n").flatMap((line): [string, number][] => {
    const [, name = "", labels = "", value = ""] = /^((?:offing_)?node_\w+)(?:\{(.*)\})? (\S+)$/u.exec(line) ?? [];
    const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/gu)].map(([, key = "", text = ""]): [string, string] => [key, text]);
    return name === "" ? [] : [[keyOf(name, Object.fromEntries(pairs)), Number(value)]];
  });
  return new Map(series);
}

/** What stands beside a metric's own labels. */
const STANDING = new Set(["__name__", "job", "instance", "service_name", "deployment_environment_name", "offing_network"]);

function keyOf(name: string, labels: Readonly<Record<string, string>>): string {
  const own = Object.entries(labels).filter(([key]) => !STANDING.has(key));
  return `${name} ${own
    .map(([key, value]) => `${key}=${key === "le" ? Number(value === "+Inf" ? "Infinity" : value) : value}`)
    .sort()
    .join(" ")}`;
}

test("each change of state was said once", () => {
  const about = (signal: string, state: string): string => `telemetry: ${signal} to the Collector: ${state}`;
  const wanted = ["traces", "metrics", "logs"].flatMap((signal) => [about(signal, "not delivered"), about(signal, "well again")]);
  expect([...lines].sort()).toEqual(wanted.sort());
});

test("the OTLP path and /metrics serve the same series with the same values, under the contract's names", async () => {
  const pushed = async (): Promise<ReadonlyMap<string, number>> => {
    const samples = await queryPrometheus(stack.endpoints.prometheus, `{__name__=~"(offing_)?node_.+",instance="${INSTANCE}"}`);
    return new Map(samples.map(({ labels, value }) => [keyOf(labels["__name__"] ?? "", labels), value]));
  };
  const isSteady = ([key]: readonly [string, number]): boolean => key.startsWith("node_");
  await until(async () => [...scraped].filter(isSteady).length === [...(await pushed())].filter(isSteady).length);
  const found = await pushed();
  expect([...found.keys()].sort()).toEqual([...scraped.keys()].sort());
  expect(Object.fromEntries([...found].filter(isSteady))).toEqual(Object.fromEntries([...scraped].filter(isSteady)));
  const names = new Set([...found.keys()].map((key) => key.split(" ")[0]?.replace(/_(bucket|sum|count)$/u, "")));
  const promised = Object.values(contract).filter((value): value is MetricDefinition & typeof contract.peers => {
    return typeof value === "object" && "prometheus" in value && !value.name.startsWith("offing.node.log");
  });
  expect([...names].sort()).toEqual(promised.map(({ prometheus }) => prometheus).sort());
});

/** The catalogue to the letter. @see seed 002, sections 9 and 9.1 */
const CATALOGUE: Readonly<Record<string, readonly string[]>> = {
  node_command_total: ["command", "status"],
  node_command_duration_seconds: ["command", "status"],
  node_operation_total: ["kind", "status"],
  node_operation_duration_seconds: ["kind", "status"],
  node_task_runs_total: ["status", "task"],
  node_task_duration_seconds: ["status", "task"],
  node_task_next_delay_seconds: ["task"],
  node_sync_stage_duration_seconds: ["stage", "status"],
  node_sync_queue_depth: ["stage"],
  node_sync_kc_processed_total: ["result", "stage"],
  node_sync_last_success_unix: [],
  node_network_requests_total: ["outcome", "protocol"],
  node_network_request_duration_seconds: ["outcome", "protocol"],
  node_repository_query_duration_seconds: ["query", "status"],
  node_triple_store_query_duration_seconds: ["status", "type"],
};

test("a live Prometheus has the seed's whole catalogue, under exactly its names and labels, and none besides", async () => {
  const samples = await queryPrometheus(stack.endpoints.prometheus, `{__name__=~"node_.+",instance="${INSTANCE}"}`);
  const found: Record<string, readonly string[]> = {};
  for (const { labels } of samples) {
    const name = (labels["__name__"] ?? "").replace(/_seconds_(bucket|sum|count)$/u, "_seconds");
    const own = Object.keys(labels).filter((label) => !STANDING.has(label) && label !== "le");
    expect(found[name] ?? own.sort(), `${name} always has the same labels`).toEqual(own.sort());
    found[name] = own.sort();
  }
  expect(found).toEqual(CATALOGUE);
  for (const name of Object.keys(CATALOGUE).filter((each) => /_duration_seconds$/u.test(each)))
    for (const part of ["bucket", "sum", "count"])
      expect(
        samples.some(({ labels }) => labels["__name__"] === `${name}_${part}`),
        `${name} is a histogram`,
      ).toBe(true);
});

test("the Collector makes exemplars of its spans, and of no emitter's", async () => {
  const { prometheus } = stack.endpoints;
  const services = async (): Promise<unknown> => {
    const counted = await queryPrometheus(prometheus, "count by (job) (otelcol_spans_duration_seconds_count)");
    return counted.map(({ labels }) => labels["job"]);
  };
  await expect.poll(services, { timeout: 30_000, interval: 500 }).toEqual(["example-node"]);
});

test("every span arrived once, under its parent, and the log lines carry their trace", async () => {
  const { tracesFile, loki } = stack.endpoints;
  const logged: { body: string; labels: Readonly<Record<string, string>> }[] = [];
  await until(async () => {
    logged.length = 0;
    const [fromUnixNano, toUnixNano] = [BigInt(Date.now() - 600_000) * 1_000_000n, BigInt(Date.now() + 60_000) * 1_000_000n];
    for await (const page of queryLoki(loki, { query: '{service_name="example-node"}', fromUnixNano, toUnixNano })) logged.push(...page);
    return logged.length >= 10;
  });
  const done = logged.filter(({ body }) => body === "publish done");
  expect(done).toHaveLength(4);
  for (const { labels } of done)
    expect(labels).toMatchObject({ trace_id: expect.stringMatching(/^[0-9a-f]{32}$/u), event_name: "offing.node.log" });
  // Where there is a Tempo the Collector writes no file, and Tempo's own search is not what this test is about.
  if (tracesFile === null) return;
  const read = () =>
    readFileSync(tracesFile, "utf8")
      .trim()
      .split("\n")
      .flatMap((line) => spansIn(JSON.parse(line)));
  const wanted = (scraped.get(keyOf("node_task_runs_total", { task: "sync", status: "completed" })) ?? 0) + 3;
  await until(async () => read().filter(({ name }) => name === "task.sync").length >= wanted);
  const spans = read();
  expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length);
  const ids = new Set(spans.map(({ traceId, spanId }) => `${traceId} ${spanId}`));
  for (const { name, traceId, parentSpanId } of spans) if (parentSpanId) expect(ids, name).toContain(`${traceId} ${parentSpanId}`);
  console.info(`${spans.length} spans were proved in the Collector's file exporter, which stands in for Tempo on this machine`);
});
