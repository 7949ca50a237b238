import { type AddressInfo, createServer, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createLog } from "#core/log.ts";
import { type OtlpReceiver, startOtlpReceiver } from "#core/testing/otlp-receiver.ts";
import type { NodeTelemetry } from "./node-telemetry.ts";
import { startNodeTelemetry } from "./start.ts";
import { spansOf } from "./testing/received.ts";

let receiver: OtlpReceiver;
let lines: { readonly level: string; readonly message: string }[];

beforeEach(async () => {
  receiver = await startOtlpReceiver();
  lines = [];
});
afterEach(() => receiver.close());

interface Faulty {
  readonly url?: string;
  readonly maxQueue?: number;
  readonly shutdown?: string;
  /** What one request may take; long where an answer that a busy machine delays must not become a second one. */
  readonly timeout?: string;
}

function start({ url = receiver.url, maxQueue = 20_000, shutdown = "10s", timeout = "200ms" }: Faulty = {}): Promise<NodeTelemetry> {
  return startNodeTelemetry({
    telemetry: {
      traces: { enabled: true, otlp_endpoint: url, max_queue: maxQueue },
      metrics: { enabled: true, bind_address: "127.0.0.1:0" },
      timeout,
      shutdown,
    },
    names: { command: ["publish"] },
    log: createLog({ level: "debug", write: (line) => lines.push(JSON.parse(line)) }),
    environment: {},
  });
}

async function work(node: NodeTelemetry, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) expect(await node.command("publish", {}, async () => index)).toBe(index);
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** A loopback URL where nothing listens. */
async function nowhere(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
}

const HTML = { status: 200, headers: { "content-type": "text/html" } };
const never = (): Promise<never> => new Promise(() => {});

describe("the node works on, says so once, and stops in time, with a Collector that", () => {
  test.each<[string, OtlpReceiver["answer"] | "absent"]>([
    ["is absent", "absent"],
    ["refuses for now", () => ({ status: 503 })],
    ["hangs", never],
    ["answers garbage", () => HTML],
  ])("%s", async (_, answer) => {
    if (answer !== "absent") receiver.answer = answer;
    const node = await start({ shutdown: "300ms", ...(answer === "absent" && { url: await nowhere() }) });
    await work(node, 600);
    await until(() => lines.length > 0);
    await work(node, 600);
    expect(await (await fetch(node.scrapeUrl ?? "")).text()).toContain('node_command_total{command="publish",status="completed"} 1200');
    await node.shutdown();
    expect(lines.map(({ level, message }) => `${level} ${message}`)).toEqual([
      "warn telemetry: traces to the Collector: not delivered",
      "warn telemetry: stopped before everything was delivered",
    ]);
    expect(node.health()).toMatchObject({ queued: { traces: 0 }, dropped: { traces: 1_200 } });
  });

  test("is slow, and loses nothing by it", async () => {
    receiver.answer = () => new Promise((resolve) => setTimeout(() => resolve({ status: 200 }), 50));
    const node = await start();
    await work(node, 1_500);
    await node.shutdown();
    expect(new Set(spansOf(receiver).map(({ spanId }) => spanId)).size).toBe(1_500);
    expect(node.health().dropped.traces).toBe(0);
  });

  test("refuses for good, and counts what it refused", async () => {
    receiver.answer = ({ text }) => ({ status: text.includes("command.publish") ? 400 : 200 });
    const node = await start();
    await work(node, 3);
    await node.repository("get", {}, async () => {});
    await node.shutdown();
    expect(node.health().dropped.traces).toBe(3);
  });

  test("takes only a part, and counts the rest", async () => {
    receiver.answer = () => ({ status: 200, body: { partialSuccess: { rejectedSpans: "2", errorMessage: "no" } } });
    const node = await start();
    await work(node, 5);
    await node.shutdown();
    expect(node.health().dropped.traces).toBe(2);
  });
});

test("shutdown ends by its own limit while every request to the Collector hangs, whatever a request may take", async () => {
  receiver.answer = never;
  const sockets = new Set<Socket>();
  const mute = createServer((socket) => sockets.add(socket));
  await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
  const { port } = mute.address() as AddressInfo;
  const hanging = { enabled: true, otlp_endpoint: receiver.url };
  const node = await startNodeTelemetry({
    telemetry: {
      traces: hanging,
      logs: hanging,
      metrics: { enabled: true, otlp_endpoint: `http://127.0.0.1:${port}`, interval: "100ms" },
      // Longer than a test may take: only the limit of the shutdown ends these requests.
      timeout: "10m",
      shutdown: "300ms",
    },
    log: createLog({ level: "debug", write: (line) => lines.push(JSON.parse(line)) }),
    environment: {},
  });
  await work(node, 600);
  node.log("info", "still here");
  await until(() => receiver.requests.length > 0 && sockets.size > 0);
  await node.shutdown();
  expect(lines.at(-1)?.message).toBe("telemetry: stopped before everything was delivered");
  expect(node.health()).toMatchObject({ queued: { traces: 0, logs: 0 }, dropped: { traces: 600, logs: 1 } });
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => mute.close(resolve));
});

test("a Collector away for as long as 12,000 spans take (60 s at 200 a second) costs none of them", async () => {
  receiver.answer = () => ({ status: 503 });
  const node = await start({ timeout: "30s" });
  await work(node, 12_000);
  await until(() => lines.length > 0);
  const refused = receiver.requests.length;
  receiver.answer = () => ({ status: 200 });
  await until(() => node.health().queued.traces === 0);
  await node.shutdown();
  const spans = spansOf({ requests: receiver.requests.slice(refused) });
  expect([spans.length, new Set(spans.map(({ spanId }) => spanId)).size]).toEqual([12_000, 12_000]);
  expect(node.health().dropped.traces).toBe(0);
  expect(lines.map(({ message }) => message)).toEqual([
    "telemetry: traces to the Collector: not delivered",
    "telemetry: traces to the Collector: well again",
  ]);
});

test("past its bound the library keeps exact counters, drops the oldest spans and counts them", async () => {
  receiver.answer = () => ({ status: 503 });
  const node = await start({ maxQueue: 100 });
  await work(node, 1_000);
  const scraped = async (): Promise<string> => (await fetch(node.scrapeUrl ?? "")).text();
  const { queued, dropped } = node.health();
  expect(queued.traces + dropped.traces).toBe(1_000);
  expect(queued.traces).toBeLessThanOrEqual(200);
  const text = await scraped();
  expect(text).toContain('node_command_total{command="publish",status="completed"} 1000');
  expect(text).toContain(`offing_node_telemetry_dropped_total{signal="traces",drop_reason="queue_full"} ${dropped.traces}`);
  expect(text).toContain(`offing_node_telemetry_queue_depth{signal="traces"} ${queued.traces}`);
  receiver.answer = () => ({ status: 200 });
  await until(() => node.health().queued.traces === 0);
  await scraped();
  await node.shutdown();
  expect(lines.map(({ message }) => message).sort()).toEqual([
    "telemetry: traces that wait: the queue is full and the oldest are dropped",
    "telemetry: traces that wait: well again",
    "telemetry: traces to the Collector: not delivered",
    "telemetry: traces to the Collector: well again",
  ]);
});

test("a taken scrape port costs the endpoint and not the node", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  const node = await startNodeTelemetry({
    telemetry: { metrics: { enabled: true, bind_address: `127.0.0.1:${port}` } },
    log: createLog({ level: "debug", write: (line) => lines.push(JSON.parse(line)) }),
    environment: {},
  });
  await work(node, 1);
  await node.shutdown();
  await new Promise((resolve) => server.close(resolve));
  expect([node.scrapeUrl, lines.map(({ message }) => message)]).toEqual([undefined, ["telemetry: /metrics is not served"]]);
});
