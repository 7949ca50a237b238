import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";
import { context, trace } from "@opentelemetry/api";
import { ExportResultCode } from "@opentelemetry/core";
import { AggregationTemporality, MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { nodeCommandDuration } from "#contract/generated/node.ts";
import { createLog } from "#core/log.ts";
import { type NodeTelemetry, startNodeTelemetry } from "../../emitters/node/library/start.ts";
import { servePart } from "../part.ts";

/** How much to record. */
export interface RecordOrder {
  readonly rounds: number;
  /** Activities of one round; few enough to fit both queues. */
  readonly activities: number;
  readonly offActivities: number;
  readonly operations: number;
}

/** One value a round; nanoseconds an activity, milliseconds an operation. */
export interface RecordAnswer {
  readonly recorderNs: readonly number[];
  readonly bareNs: readonly number[];
  /** While the Collector is away and every span pushes out the oldest one. */
  readonly fullNs: readonly number[];
  readonly offNs: readonly number[];
  readonly on: Latency;
  readonly off: Latency;
}

/** Quantiles of one round each. */
export interface Latency {
  readonly p50Ms: readonly number[];
  readonly p99Ms: readonly number[];
}

type Record = (name: string, fields: typeof FIELDS, work: () => Promise<void>) => Promise<void>;

const FIELDS = { blockchain: "base:8453", ual: "did:dkg:base:8453/0xabc/1" };
const WORK = async (): Promise<void> => {};
const QUEUE = 4_000;

await servePart<RecordOrder, RecordAnswer>(async ({ rounds, activities, offActivities, operations }) => {
  const url = await startSink();
  const [ours, off] = [await startOurs({ isOn: true, url }), await startOurs({ isOn: false, url })];
  const full = await startOurs({ isOn: true, url: await startSilence() });
  const bare = bareRecorder();
  const answer = { recorderNs: [], bareNs: [], fullNs: [], offNs: [], on: { p50Ms: [], p99Ms: [] }, off: { p50Ms: [], p99Ms: [] } } as {
    recorderNs: number[];
    bareNs: number[];
    fullNs: number[];
    offNs: number[];
    on: { p50Ms: number[]; p99Ms: number[] };
    off: { p50Ms: number[]; p99Ms: number[] };
  };
  const drained = async (): Promise<void> => {
    while (ours.health().queued.traces > 0) await sleep(5);
  };
  for (let warm = 0; warm < 5; warm += 1) {
    for (const record of [ours.command, bare, full.command, off.command]) await nanoseconds(record, activities);
    await drained();
  }
  for (let round = 0; round < rounds; round += 1) {
    answer.recorderNs.push(await nanoseconds(ours.command, activities));
    await drained();
    answer.bareNs.push(await nanoseconds(bare, activities));
    const before = full.health().dropped.traces;
    answer.fullNs.push(await nanoseconds(full.command, activities));
    if (full.health().dropped.traces - before !== activities) throw new Error("the queue was not full");
    const direct = await nanoseconds((_name, _fields, work) => work(), offActivities);
    answer.offNs.push(Math.max(0, (await nanoseconds(off.command, offActivities)) - direct));
    await drained();
    for (const [telemetry, latency] of [[ours, answer.on] as const, [off, answer.off] as const]) {
      const sorted = await latencies(telemetry, operations);
      latency.p50Ms.push(sorted[Math.floor(sorted.length * 0.5)] ?? 0);
      latency.p99Ms.push(sorted[Math.floor(sorted.length * 0.99)] ?? 0);
    }
  }
  return answer;
});

/** Takes everything and keeps nothing, as the peer's exporters do. */
async function startSink(): Promise<string> {
  const server = createServer((request, response) => {
    request.resume().on("end", () => response.writeHead(200, { "content-type": "application/x-protobuf" }).end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Takes connections and answers nothing. */
async function startSilence(): Promise<string> {
  const server = createServer(() => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The library as a node has it; what is measured is recording, and delivery happens between the rounds. */
function startOurs({ isOn, url }: { readonly isOn: boolean; readonly url: string }): Promise<NodeTelemetry> {
  const outgoing = { enabled: isOn, otlp_endpoint: url };
  return startNodeTelemetry({
    telemetry: { traces: { ...outgoing, max_queue: QUEUE }, metrics: { ...outgoing, interval: "1h" } },
    names: { command: ["publish"] },
    log: createLog({ level: "error", write: () => {} }),
    environment: {},
  });
}

/** The same span, counter and histogram, written by hand on the SDK with exporters that throw everything away. */
function bareRecorder(): Record {
  const exporter = {
    export: (_: unknown, done: (result: { code: ExportResultCode }) => void) => done({ code: ExportResultCode.SUCCESS }),
    forceFlush: async () => {},
    shutdown: async () => {},
    selectAggregationTemporality: () => AggregationTemporality.CUMULATIVE,
  };
  const tracer = new TracerProvider({ spanProcessors: [new BatchSpanProcessor({ exporter, maxQueueSize: QUEUE })] }).getTracer("bare");
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const meter = new MeterProvider({ readers: [reader] }).getMeter("bare");
  const counter = meter.createCounter("node.command");
  const histogram = meter.createHistogram("node.command.duration", {
    unit: "s",
    advice: { explicitBucketBoundaries: [...nodeCommandDuration.buckets] },
  });
  return async (name, fields, work) => {
    const span = tracer.startSpan(`command.${name}`, { attributes: { ...fields, command: name } });
    const startedMs = performance.now();
    let status = "completed";
    try {
      return await context.with(trace.setSpan(context.active(), span), work);
    } catch (error) {
      status = "failed";
      throw error;
    } finally {
      const labels = { command: name, status };
      counter.add(1, labels);
      histogram.record((performance.now() - startedMs) / 1_000, labels);
      span.setAttribute("status", status);
      span.end();
    }
  };
}

/** Nothing of the background runs inside: awaiting what is done already gives no turn to timers. */
async function nanoseconds(record: Record, count: number): Promise<number> {
  await turn();
  const beganMs = performance.now();
  for (let index = 0; index < count; index += 1) await record("publish", FIELDS, WORK);
  const tookMs = performance.now() - beganMs;
  // Long enough for the peer's queue to be emptied.
  await sleep(20);
  return (tookMs * 1e6) / count;
}

/** Milliseconds that operations of 5 ms took, in order, twenty at a time. */
async function latencies({ command }: NodeTelemetry, count: number): Promise<readonly number[]> {
  const taken: number[] = [];
  const lane = async (): Promise<void> => {
    while (taken.length < count) {
      const beganMs = performance.now();
      await command("publish", FIELDS, () => sleep(5));
      taken.push(performance.now() - beganMs);
    }
  };
  await Promise.all(Array.from({ length: 20 }, lane));
  return taken.sort((a, b) => a - b);
}
