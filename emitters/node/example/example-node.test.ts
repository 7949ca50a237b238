import { afterEach, beforeEach, expect, test } from "vitest";
import { traceIdOf } from "#core/ids.ts";
import { createLog } from "#core/log.ts";
import { type OtlpReceiver, startOtlpReceiver } from "#core/testing/otlp-receiver.ts";
import { type NodeTelemetry, startNodeTelemetry } from "../library/start.ts";
import { type ReceivedSpan, spansOf } from "../library/testing/received.ts";
import { EXAMPLE_NAMES, startExampleNode } from "./example-node.ts";
import { scenes } from "./story.ts";
import { createTracingLog } from "./tracing-log.ts";
import { startWorld, type World } from "./world.ts";

let receiver: OtlpReceiver;
let world: World;
beforeEach(async () => {
  receiver = await startOtlpReceiver();
  world = await startWorld();
});
afterEach(async () => {
  await world.close();
  await receiver.close();
});

async function play(telemetry: NodeTelemetry): Promise<void> {
  const node = await startExampleNode({ telemetry, world, database: ":memory:" });
  for (const scene of scenes(node, world)) await scene.play();
  await node.close();
}

test("driven through the library the node tells the whole catalogue, and its spans stand where they belong", async () => {
  const telemetry = await startNodeTelemetry({
    telemetry: {
      traces: { enabled: true, otlp_endpoint: receiver.url },
      metrics: { enabled: true, bind_address: "127.0.0.1:0" },
    },
    names: EXAMPLE_NAMES,
    log: createLog({ level: "error", write: () => {} }),
    environment: {},
  });
  await play(telemetry);
  const metrics = (await (await fetch(telemetry.scrapeUrl ?? "")).text()).split("\n");
  await telemetry.shutdown();
  for (const line of [
    'node_command_total{command="publish",status="completed"} 4',
    'node_command_total{command="publish",status="failed"} 2',
    'node_command_total{command="get",status="completed"} 6',
    'node_operation_total{kind="publish",status="failed"} 2',
    'node_operation_duration_seconds_count{kind="get",status="completed"} 6',
    'node_task_runs_total{task="sync",status="failed"} 3',
    'node_task_runs_total{task="sync",status="completed"} 2',
    'node_task_next_delay_seconds{task="sync"} 1',
    'node_sync_queue_depth{stage="fetch"} 0',
    'node_sync_kc_processed_total{stage="insert",result="processed"} 14',
    'node_sync_kc_processed_total{stage="fetch",result="retried"} 2',
    'node_sync_stage_duration_seconds_count{stage="filter",status="failed"} 1',
    'node_network_requests_total{protocol="evm_rpc",outcome="timeout"} 1',
    'node_network_requests_total{protocol="store",outcome="failure"} 3',
    'node_repository_query_duration_seconds_count{query="insert_collection",status="completed"} 14',
    'node_triple_store_query_duration_seconds_count{type="insert",status="failed"} 2',
    "offing_node_peers 3",
  ]) {
    expect(metrics).toContain(line);
  }
  expect(metrics.some((line) => /^node_sync_last_success_unix 1\d{9}$/u.test(line))).toBe(true);
  expect(metrics).toContain('offing_node_undeclared_total{label="command",admission="unknown"} 0');
  const spans = spansOf(receiver);
  expect(tree(spans, traceIdOf("publish-0"))).toEqual([
    "command.publish < operation.publish",
    "network.store < command.publish",
    "network.store < command.publish",
    "network.store < command.publish",
    "operation.end < operation.publish",
    "operation.progress < operation.publish",
    "operation.publish",
    "operation.start < operation.publish",
    "repository.upsert_operation < command.publish",
    "repository.upsert_operation < command.publish",
    "triple_store.insert < command.publish",
  ]);
  const fetched = spans.filter(({ name }) => name === "task.stage.fetch");
  expect(fetched.every(({ links }) => links.length > 0)).toBe(true);
  expect(fetched.filter(({ error }) => error !== undefined)).toHaveLength(1);
});

test("without the library the node writes lines as Rust's tracing does", async () => {
  const lines: { fields: Record<string, unknown>; span?: Record<string, unknown>; spans?: Record<string, unknown>[] }[] = [];
  await play(createTracingLog((line) => lines.push(JSON.parse(line))));
  const closed = lines.filter(({ fields }) => fields["message"] === "close");
  const publish = closed.find(({ span }) => span?.["name"] === "command.publish");
  expect(publish).toMatchObject({
    level: "INFO",
    target: "node::command",
    fields: { message: "close", "time.busy": expect.stringMatching(/^\d+\.\d{3}µs$/u), "time.idle": "0ns" },
    span: { name: "command.publish", command: "publish", operation_id: "publish-0", status: "completed" },
  });
  const store = closed.find(({ span }) => span?.["protocol"] === "store");
  expect(store?.spans?.map(({ name }) => name)).toEqual(["command.publish", "network.store"]);
  expect(lines).toContainEqual(
    expect.objectContaining({
      fields: { message: "operation.start", kind: "publish", operation_id: "publish-0", ual: "did:dkg:base:8453/collection/1000" },
    }),
  );
  expect(closed.filter(({ span }) => span?.["status"] === "failed" && span?.["task"] === "sync")).toHaveLength(3);
});

test("a peer that breaks the connection is no peer until it answers again, and one that answers badly is", async () => {
  const telemetry = await startNodeTelemetry({
    telemetry: { metrics: { enabled: true, bind_address: "127.0.0.1:0" } },
    names: EXAMPLE_NAMES,
    log: createLog({ level: "error", write: () => {} }),
    environment: {},
  });
  const node = await startExampleNode({ telemetry, world, database: ":memory:" });
  const peersAfter = async (peers: "failing" | "refusing" | "well"): Promise<string | undefined> => {
    world.behave({ peers });
    await node.publish(`publish-${peers}`, 1).catch(() => {});
    return /^offing_node_peers (\d+)$/mu.exec(await (await fetch(telemetry.scrapeUrl ?? "")).text())?.[1];
  };
  expect(await peersAfter("failing")).toBe("3");
  expect(await peersAfter("refusing")).toBe("0");
  expect(await peersAfter("well")).toBe("3");
  await node.close();
  await telemetry.shutdown();
});

/** Each span of a trace and what it stands under, in the order of the alphabet. */
function tree(spans: readonly ReceivedSpan[], traceId: string): readonly string[] {
  const inside = spans.filter((span) => span.traceId === traceId);
  const nameOf = new Map(inside.map(({ spanId, name }) => [spanId, name]));
  return inside.map(({ name, parentSpanId }) => (parentSpanId === undefined ? name : `${name} < ${nameOf.get(parentSpanId)}`)).sort();
}
