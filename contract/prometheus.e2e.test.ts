import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as chain from "#contract/generated/chain.ts";
import { CHAIN_LEDGER_METRICS, oracleRequiredFailures } from "#contract/generated/chain.ts";
import * as shared from "#contract/generated/shared.ts";
import { queryPrometheus } from "#core/backends.ts";
import { createOtlpClient } from "#core/otlp.ts";
import { encodePoint, type MetricPoint } from "#core/otlp-proto.ts";
import type { MetricDefinition } from "#core/signal.ts";
import { type Stack, startStack } from "../stack/start.ts";

/** The names the seeds fix, with the instruments that must give them. @see seeds 000 and 002 */
const SEEDS: readonly [name: string, instrument: MetricDefinition["instrument"], unit: string, prometheus: string, labels: string[]][] = [
  ["oracle.required.failures", "counter", "{failure}", "oracle_required_failures_total", ["contract", "action_type", "reason_code"]],
  ["node.command", "counter", "{command}", "node_command_total", ["command", "status"]],
  ["node.command.duration", "histogram", "s", "node_command_duration_seconds", ["command", "status"]],
  ["node.operation", "counter", "{operation}", "node_operation_total", ["kind", "status"]],
  ["node.operation.duration", "histogram", "s", "node_operation_duration_seconds", ["kind", "status"]],
  ["node.task.runs", "counter", "{run}", "node_task_runs_total", ["task", "status"]],
  ["node.task.duration", "histogram", "s", "node_task_duration_seconds", ["task", "status"]],
  ["node.task.next_delay", "gauge", "s", "node_task_next_delay_seconds", ["task"]],
  ["node.sync.stage.duration", "histogram", "s", "node_sync_stage_duration_seconds", ["stage", "status"]],
  ["node.sync.queue_depth", "gauge", "{item}", "node_sync_queue_depth", ["stage"]],
  ["node.sync.kc_processed", "counter", "{kc}", "node_sync_kc_processed_total", ["stage", "result"]],
  ["node.sync.last_success.unix", "gauge", "{unix_second}", "node_sync_last_success_unix", []],
  ["node.network.requests", "counter", "{request}", "node_network_requests_total", ["protocol", "outcome"]],
  ["node.network.request.duration", "histogram", "s", "node_network_request_duration_seconds", ["protocol", "outcome"]],
  ["node.repository.query.duration", "histogram", "s", "node_repository_query_duration_seconds", ["query", "status"]],
  ["node.triple_store.query.duration", "histogram", "s", "node_triple_store_query_duration_seconds", ["type", "status"]],
];
const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ directory: mkdtempSync(join(tmpdir(), "offing-names-")), ports: "free" });
});
afterAll(async () => {
  await stack?.stop();
  rmSync(stack.directory, { recursive: true, force: true });
});

function point(metric: MetricPoint["metric"] & { labels: readonly string[] }, atMs: number): MetricPoint {
  const labels = Object.fromEntries(metric.labels.map((label) => [label, "a"]));
  const bounds = metric.buckets ?? [];
  const exemplar = { traceId: TRACE_ID, spanId: "b7ad6b7169203331", value: 1, atMs, factId: "f" };
  const marks = metric.instrument === "counter" ? { exemplar } : {};
  return {
    metric,
    labels,
    startMs: atMs - 1_000,
    atMs,
    value: 1,
    ...(metric.instrument === "histogram" ? { buckets: [1, ...bounds.map(() => 0)] } : {}),
    ...marks,
  };
}

async function ship(points: readonly MetricPoint[], instance: string): Promise<void> {
  const otlp = createOtlpClient({ url: stack.endpoints.collector, headers: {}, timeoutMs: 10_000 });
  const resource = {
    "service.name": "names",
    "service.instance.id": instance,
    "deployment.environment.name": "test",
    "offing.network": "n",
  };
  const delivery = await otlp.send({
    signal: "metrics",
    resource,
    items: points.map(encodePoint),
    abort: new AbortController().signal,
    patience: "wait",
  });
  expect(delivery).toMatchObject({ acknowledged: points.length, rejected: 0, dead: [] });
}

/** The series of one name with the labels that are neither Prometheus's own nor promoted. */
async function labelsOf(name: string, instance: string): Promise<string[][]> {
  const standing = ["__name__", "job", "instance", "service_name", "deployment_environment_name", "offing_network", "le"];
  for (let tries = 0; ; tries += 1) {
    const samples = await queryPrometheus(
      stack.endpoints.prometheus,
      `{__name__=${JSON.stringify(name)},instance=${JSON.stringify(instance)}}`,
    );
    if (samples.length > 0 || tries === 60)
      return samples.map(({ labels }) =>
        Object.keys(labels)
          .filter((label) => !standing.includes(label))
          .sort(),
      );
    await sleep(250);
  }
}

test("the instruments of the seeds give exactly the seeds' names and labels", async () => {
  const atMs = Date.now();
  const metrics = SEEDS.map(([name, instrument, unit, , labels]) => ({
    name,
    instrument,
    unit,
    brief: name,
    labels,
    ...(instrument === "histogram" ? { buckets: [0.1, 1] } : {}),
  }));
  await ship(
    metrics.map((metric) => point(metric, atMs)),
    "seeds",
  );
  for (const [, instrument, , prometheus, labels] of SEEDS) {
    const series = instrument === "histogram" ? [`${prometheus}_bucket`, `${prometheus}_sum`, `${prometheus}_count`] : [prometheus];
    for (const name of series) expect((await labelsOf(name, "seeds"))[0], name).toEqual([...labels].sort());
  }
});

test("every metric of the contract arrives under the name and labels that the contract derived, siblings too", async () => {
  const atMs = Date.now();
  const all: MetricDefinition[] = [...Object.values(chain), ...Object.values(shared)].filter(
    (value): value is MetricDefinition & typeof oracleRequiredFailures => typeof value === "object" && "prometheus" in value,
  );
  expect(all.length).toBeGreaterThanOrEqual(20);
  const derived = all.flatMap((metric) => {
    const own = { ...metric, expected: metric.prometheus };
    if (metric.ledger === undefined) return [own];
    const siblings = ["late", "retracted"].map((sibling) => ({
      ...metric,
      name: `${metric.name}.${sibling}`,
      expected: metric.prometheus.replace(/_total$/, `_${sibling}_total`),
    }));
    return [own, ...siblings];
  });
  await ship(
    derived.map((metric) => point(metric, atMs)),
    "contract",
  );
  for (const { expected, instrument, labels } of derived) {
    const name = instrument === "histogram" ? `${expected}_count` : expected;
    expect((await labelsOf(name, "contract"))[0], name).toEqual(labels.map((label) => label.replaceAll(".", "_")).sort());
  }
  expect(CHAIN_LEDGER_METRICS).toContain(oracleRequiredFailures);
});

test("an exemplar on our own point reaches Prometheus with its trace id", async () => {
  const url = new URL("/api/v1/query_exemplars", stack.endpoints.prometheus);
  url.searchParams.set("query", "oracle_required_failures_total");
  url.searchParams.set("start", String(Date.now() / 1000 - 600));
  url.searchParams.set("end", String(Date.now() / 1000 + 60));
  const body = (await (await fetch(url)).json()) as { data: { exemplars: { labels: Record<string, string> }[] }[] };
  expect(body.data.flatMap(({ exemplars }) => exemplars.map(({ labels }) => labels["trace_id"]))).toContain(TRACE_ID);
});
