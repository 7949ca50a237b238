import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { spanIdOf, traceIdOf } from "#core/ids.ts";
import { createLog } from "#core/log.ts";
import { type OtlpReceiver, startOtlpReceiver } from "#core/testing/otlp-receiver.ts";
import type { NodeTelemetry } from "./node-telemetry.ts";
import { type NodeNames, startNodeTelemetry } from "./start.ts";
import { logsOf, spansOf } from "./testing/received.ts";

const quiet = createLog({ level: "error", write: () => {} });
let receiver: OtlpReceiver;
let node: NodeTelemetry;

const start = (names: NodeNames = {}): Promise<NodeTelemetry> =>
  startNodeTelemetry({
    telemetry: {
      traces: { enabled: true, otlp_endpoint: receiver.url, service_name: "test-node" },
      logs: { enabled: true, otlp_endpoint: receiver.url },
      metrics: { enabled: true, bind_address: "127.0.0.1:0" },
    },
    names,
    log: quiet,
    environment: {},
  });
const scraped = async (): Promise<string> => (await fetch(node.scrapeUrl ?? "")).text();

beforeEach(async () => {
  receiver = await startOtlpReceiver();
  node = await start({ command: ["publish"], stage: ["fetch"] });
});
afterEach(async () => {
  await node.shutdown();
  await receiver.close();
});

describe("an activity", () => {
  test("is a span with the seed's fields, a counter and a duration, and gives its result back", async () => {
    const fields = { operation_id: "op-1", blockchain: "base:8453", peer_id: "p", ual: "did:dkg:x" };
    expect(await node.command("publish", fields, async () => 42)).toBe(42);
    expect(await scraped()).toContain('node_command_total{command="publish",status="completed"} 1');
    expect(await scraped()).toContain('node_command_duration_seconds_count{command="publish",status="completed"} 1');
    await node.shutdown();
    expect(spansOf(receiver)).toMatchObject([
      { name: "command.publish", kind: 1, attributes: { ...fields, command: "publish", status: "completed" }, error: undefined },
    ]);
  });

  test("that throws is counted as failed, and the exception goes on", async () => {
    const thrown = new TypeError("no triples");
    await expect(node.tripleStore("insert", {}, () => Promise.reject(thrown))).rejects.toBe(thrown);
    expect(await scraped()).toContain('node_triple_store_query_duration_seconds_count{type="insert",status="failed"} 1');
    await node.shutdown();
    const attributes = { type: "insert", status: "failed", "exception.type": "TypeError", "exception.message": "no triples" };
    expect(spansOf(receiver)).toMatchObject([{ name: "triple_store.insert", kind: 3, error: "failed", attributes }]);
  });

  test.each([
    ["a time-out", Object.assign(new Error("late"), { name: "TimeoutError" }), "timeout"],
    ["a refused connection inside fetch", new TypeError("fetch failed", { cause: { code: "ECONNREFUSED" } }), "refused"],
    ["anything else", "text", "failure"],
  ])("over the network ends by what was thrown: %s", async (_, thrown, outcome) => {
    await node.network("get", {}, () => Promise.reject(thrown)).catch(() => {});
    expect(await scraped()).toContain(`node_network_requests_total{protocol="get",outcome="${outcome}"} 1`);
  });

  test("says itself how it ends, from a closed set", async () => {
    await node.network("get", {}, async (request) => request.endsAs("refused"));
    await node.command("publish", {}, async (command) => command.endsAs("cancelled"));
    await node.command("publish", {}, async (command) => command.endsAs("nearly" as "unknown"));
    const text = await scraped();
    expect(text).toContain('node_network_requests_total{protocol="get",outcome="refused"} 1');
    expect(text).toContain('node_command_total{command="publish",status="cancelled"} 1');
    expect(text).toContain('node_command_total{command="publish",status="unknown"} 1');
    expect(text).toContain('offing_node_undeclared_total{label="status",admission="unknown"} 1');
  });

  test("carries its span through what it awaits, beside others", async () => {
    const one = async (command: string): Promise<void> =>
      node.command(command, {}, async () => {
        await turn();
        await node.repository(`${command}_query`, {}, async () => {
          await turn();
          node.log("info", `${command} done`, { command });
        });
      });
    await Promise.all([one("a"), one("b"), one("c")]);
    await node.shutdown();
    const spans = spansOf(receiver);
    const logs = logsOf(receiver);
    for (const command of ["a", "b", "c"]) {
      const parent = spans.find(({ name }) => name === `command.${command}`);
      const child = spans.find(({ name }) => name === `repository.${command}_query`);
      expect(child).toMatchObject({ traceId: parent?.traceId, parentSpanId: parent?.spanId });
      expect(logs.find(({ body }) => body === `${command} done`)).toMatchObject({ traceId: child?.traceId, spanId: child?.spanId });
    }
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(3);
  });

  test("links to the span that queued it, and continues one of another process", async () => {
    const ticket = await node.command("publish", {}, async (command) => command.ticket());
    await node.syncStage("fetch", { links: [ticket ?? "", "nonsense"] }, async () => {});
    await node.network("get", { parent: ticket }, async () => {});
    await node.shutdown();
    const [queued, stage, request] = spansOf(receiver);
    expect(stage?.links).toMatchObject([{ traceId: queued?.traceId, spanId: queued?.spanId }]);
    expect(stage?.traceId).not.toBe(queued?.traceId);
    expect(request).toMatchObject({ traceId: queued?.traceId, parentSpanId: queued?.spanId });
  });
});

describe("an operation", () => {
  test("is one trace over processes that know only its id", async () => {
    const other = await start();
    node.operation.start("publish", "op-7", { ual: "did:dkg:x" });
    await node.command("publish", { operation_id: "op-7" }, async () => {});
    other.operation.progress("publish", "op-7");
    other.operation.end("publish", "op-7", { status: "failed", startedAtMs: Date.now() - 1_000, error: new Error("no replicas") });
    const text = await (await fetch(other.scrapeUrl ?? "")).text();
    expect(text).toContain('node_operation_total{kind="publish",status="failed"} 1');
    expect(text).toContain('node_operation_duration_seconds_count{kind="publish",status="failed"} 1');
    await Promise.all([node.shutdown(), other.shutdown()]);
    const spans = spansOf(receiver);
    expect(spans.map(({ name }) => name).sort()).toEqual([
      "command.publish",
      "operation.end",
      "operation.progress",
      "operation.publish",
      "operation.start",
    ]);
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([traceIdOf("op-7")]));
    const whole = spans.find(({ name }) => name === "operation.publish");
    expect(whole).toMatchObject({ spanId: spanIdOf("op-7"), error: "failed", attributes: { "exception.message": "no replicas" } });
    expect(whole?.parentSpanId).toBeUndefined();
    for (const span of spans) if (span !== whole) expect(span.parentSpanId).toBe(whole?.spanId);
  });

  test("whose start nobody told has no duration", async () => {
    node.operation.end("get", "op-8", { status: "completed" });
    const text = await scraped();
    expect(text).toContain('node_operation_total{kind="get",status="completed"} 1');
    expect(text).not.toContain("node_operation_duration_seconds_count");
  });
});

describe("bounded labels", () => {
  test("a hundred undeclared values are admitted, a million others are unknown and counted", async () => {
    for (let index = 0; index < 1_000; index += 1) await node.command(`c${index}`, {}, async () => {});
    for (let index = 0; index < 1_000_000; index += 1) node.syncStage.processed(`s${index}`, "processed");
    await node.command("publish", {}, async () => {});
    const lines = (await scraped()).split("\n");
    expect(lines.filter((line) => line.startsWith("node_command_total{") && !line.endsWith(" 0"))).toHaveLength(102);
    expect(lines).toContain('node_command_total{command="unknown",status="completed"} 900');
    expect(lines).toContain('node_sync_kc_processed_total{stage="unknown",result="processed"} 999900');
    expect(lines).toContain('offing_node_undeclared_total{label="command",admission="admitted"} 100');
    expect(lines).toContain('offing_node_undeclared_total{label="command",admission="unknown"} 900');
  });

  test("declared values are 0 from the start", async () => {
    const text = await scraped();
    expect(text).toContain('node_command_total{command="publish",status="failed"} 0');
    expect(text).toContain('node_sync_kc_processed_total{stage="fetch",result="failed"} 0');
  });
});

test("the last success of the sync is 0 until there is one", async () => {
  expect(await scraped()).toContain("\nnode_sync_last_success_unix 0\n");
  node.syncStage.succeeded(1_700_000_000_999);
  expect(await scraped()).toContain("\nnode_sync_last_success_unix 1700000000\n");
});

test("gauges say what the node said last", async () => {
  node.task.nextDelay("sync", 2.5);
  node.syncStage.queueDepth("fetch", 17);
  node.network.peers(4);
  const text = await scraped();
  for (const line of ['node_task_next_delay_seconds{task="sync"} 2.5', 'node_sync_queue_depth{stage="fetch"} 17', "offing_node_peers 4"]) {
    expect(text).toContain(`\n${line}\n`);
  }
});

test("telemetry that is off calls the work, starts nothing and says nothing", async () => {
  const write = vi.fn();
  const off = await startNodeTelemetry({ telemetry: {}, log: createLog({ level: "debug", write }), environment: {} });
  expect(await off.command("publish", {}, async (command) => command.ticket() ?? "none")).toBe("none");
  await expect(off.task("sync", {}, () => Promise.reject(new Error("x")))).rejects.toThrow("x");
  off.operation.start("publish", "op");
  off.syncStage.succeeded();
  off.network.peers(1);
  await off.shutdown();
  expect([off.scrapeUrl, off.ticket(), write.mock.calls.length]).toEqual([undefined, undefined, 0]);
});
