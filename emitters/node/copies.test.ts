import { afterEach, beforeEach, expect, test } from "vitest";
import { createLog } from "#core/log.ts";
import type { SpanSignal } from "#core/signal.ts";
import { type OtlpReceiver, startOtlpReceiver } from "#core/testing/otlp-receiver.ts";
import { EXAMPLE_NAMES, startExampleNode } from "./example/example-node.ts";
import { scenes } from "./example/story.ts";
import { createTracingLog } from "./example/tracing-log.ts";
import { startWorld, type World } from "./example/world.ts";
import { type NodeTelemetry, startNodeTelemetry } from "./library/start.ts";
import { type ReceivedSpan, spansOf } from "./library/testing/received.ts";
import { interpreted } from "./testing/interpreted.ts";

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

test("one node told of through the library and through its log gives the same metrics and the same span trees", async () => {
  const telemetry = await startNodeTelemetry({
    telemetry: { traces: { enabled: true, otlp_endpoint: receiver.url }, metrics: { enabled: true, bind_address: "127.0.0.1:0" } },
    names: EXAMPLE_NAMES,
    log: createLog({ level: "error", write: () => {} }),
    environment: {},
  });
  await play(telemetry);
  const scraped = (await (await fetch(telemetry.scrapeUrl ?? "")).text()).split("\n");
  await telemetry.shutdown();
  const ofLibrary = { metrics: scrapedCounts(scraped), spans: treesOf(spansOf(receiver)) };

  await world.close();
  world = await startWorld();
  const lines: string[] = [];
  await play(createTracingLog((line) => void lines.push(line.trimEnd())));
  const log = interpreted({ names: EXAMPLE_NAMES as Readonly<Record<string, readonly string[]>> });
  log.lines("node.log", lines);
  const ofLog = { metrics: foldedCounts(log.counts()), spans: treesOf(log.spans.map(asReceived)) };

  expect(ofLog.metrics).toEqual(ofLibrary.metrics);
  expect(ofLog.spans).toEqual(ofLibrary.spans);
  expect(ofLog.spans.length).toBeGreaterThan(100);
});

/** Each span with the names of those above it and how it ended; sorted, because ids and times are each way's own. */
function treesOf(spans: readonly ReceivedSpan[]): string[] {
  const byId = new Map(spans.map((span) => [`${span.traceId}${span.spanId}`, span]));
  const above = (span: ReceivedSpan): string => {
    const parent = byId.get(`${span.traceId}${span.parentSpanId}`);
    return parent === undefined ? (span.parentSpanId === undefined ? "" : " < ?") : ` < ${parent.name}${above(parent)}`;
  };
  return spans.map((span) => `${span.name}${above(span)} ${JSON.stringify(sorted(span.attributes))} ${span.error ?? "ok"}`).sort();
}

function sorted(attributes: ReceivedSpan["attributes"]): object {
  return Object.fromEntries(Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function asReceived({ attributes, error, startMs: _, endMs: __, ...span }: SpanSignal): ReceivedSpan {
  const there = Object.entries(attributes).filter((entry): entry is [string, string | number | boolean] => entry[1] !== undefined);
  return {
    ...span,
    kind: 0,
    startTimeUnixNano: "",
    endTimeUnixNano: "",
    attributes: Object.fromEntries(there),
    links: [],
    error,
  } as ReceivedSpan;
}

/** Counters and the counts of histograms that are not 0, as Prometheus names them. */
function scrapedCounts(lines: readonly string[]): Readonly<Record<string, number>> {
  const samples = lines.map((line) => /^(node_\w+_(?:total|count))\{(.*)\} (\d+)$/.exec(line)).filter((found) => found !== null);
  const counts = samples.map(([, name = "", labels = "", value]) => [keyOf(name, labels.split(",")), Number(value)] as const);
  return Object.fromEntries(counts.filter(([, value]) => value !== 0));
}

function foldedCounts(counts: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  const samples = Object.entries(counts).map(([key, value]) => [/^(node\.[^{]+)\{(.*)\}$/.exec(key), value] as const);
  return Object.fromEntries(
    samples.flatMap(([found, value]) => {
      const [, name = "", labels = ""] = found ?? [];
      const flat = name.replaceAll(".", "_");
      return found === null
        ? []
        : [[keyOf(flat.endsWith("_duration") ? `${flat}_seconds_count` : `${flat}_total`, labels.split(",")), value]];
    }),
  );
}

function keyOf(name: string, labels: readonly string[]): string {
  return `${name}{${[...labels]
    .filter((label) => !label.startsWith("otel_"))
    .sort()
    .join()}}`;
}
