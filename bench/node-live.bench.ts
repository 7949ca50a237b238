import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { queryPrometheus } from "#core/backends.ts";
import { systemClock } from "#core/clock.ts";
import { createLog } from "#core/log.ts";
import { createMeter } from "#core/meter.ts";
import { runStream } from "#core/run-stream.ts";
import { nodeEmitter } from "../emitters/node/main.ts";
import { loadMapping } from "../emitters/node/mapping.ts";
import { startStack } from "../stack/start.ts";
import type { Bench, BenchContext, Row } from "./bench.ts";
import { quantile } from "./statistics.ts";

const LINES_PER_SECOND = 200;
/** How often lines are written, and how far apart the looks into a backend are: a latency is overstated by up to so much. */
const STEP_MS = 100;
/** Lines that are written at once. */
const BATCH = (LINES_PER_SECOND * STEP_MS) / 1_000;
const JOB = "bench-node";
const PATIENCE_MS = 30_000;

/** How long it takes until what a node logs can be asked for, at a steady rate through the whole local stack. */
export const nodeLiveBench: Bench = {
  name: "node-live",
  what: `${LINES_PER_SECOND} log lines/s from a file through the node emitter and the real stack until Prometheus and Loki find them`,
  run: async (context) => {
    const stack = await startStack({ directory: join(context.folder, "stack"), ports: "free", signal: context.signal });
    const stop = new AbortController();
    const file = join(context.folder, "node.log");
    writeFileSync(file, "");
    const running = follow(file, { folder: context.folder, collector: stack.endpoints.collector, signal: stop.signal });
    try {
      const rows = await measure(file, stack.endpoints, context);
      return {
        rows,
        notes: [`node-live: lines are written and backends asked every ${STEP_MS} ms, so latencies are overstated by up to that.`],
      };
    } finally {
      stop.abort();
      await running;
      await stack.stop();
    }
  },
};

interface FollowOptions {
  readonly folder: string;
  readonly collector: string;
  readonly signal: AbortSignal;
}

function follow(file: string, { folder, collector, signal }: FollowOptions): Promise<void> {
  const log = createLog({ level: "error", write: (line) => process.stderr.write(line) });
  const config = {
    serviceName: JOB,
    inputs: [{ type: "file" as const, path: file, pattern: undefined, format: "rust-tracing" }],
    mappings: new Map([["rust-tracing", loadMapping("rust-tracing")]]),
    names: { command: ["publish"] },
    signals: { traces: true, logs: true },
    from: "beginning" as const,
    maxLineBytes: 16_777_216,
    spoolBytes: 1_000_000,
    openLimit: 10_000,
    pairWaitMs: 10_000,
    openAgeMs: 86_400_000,
  };
  return runStream(
    {
      emitter: nodeEmitter(config, { clock: systemClock, log, stdin: new PassThrough(), spoolFolder: "" }),
      location: { sqlite: join(folder, "node.db") },
      collector: { url: collector, headers: {}, timeoutMs: 10_000, intervalMs: 5_000 },
      http: { host: "127.0.0.1", port: 0 },
      resource: { "service.name": JOB },
      slot: "bench",
      version: "0",
      meter: createMeter(),
      clock: systemClock,
      log,
    },
    signal,
  );
}

/** The number of the newest line that a backend was found to hold, and when. */
type Sighting = readonly [upTo: number, atMs: number];

async function measure(
  file: string,
  { prometheus, loki }: { readonly prometheus: string; readonly loki: string },
  { quick, say, signal }: BenchContext,
): Promise<Row[]> {
  const seconds = quick ? 15 : 60;
  say(`${LINES_PER_SECOND} lines/s for ${seconds} s`);
  const written: Sighting[] = [];
  const ended = new AbortController();
  const looking = [look("Prometheus", () => countedIn(prometheus), ended.signal), look("Loki", () => newestIn(loki), ended.signal)];
  let count = 0;
  while (count < seconds * LINES_PER_SECOND && !signal.aborted) {
    const lines = Array.from({ length: BATCH }, (_, index) => lineOf(count + index + 1));
    appendFileSync(file, lines.join(""));
    count += lines.length;
    written.push([count, Date.now()]);
    await sleep(STEP_MS);
  }
  const deadlineMs = performance.now() + PATIENCE_MS;
  while ((await countedIn(prometheus)) !== count || (await newestIn(loki)) !== count) {
    if (performance.now() > deadlineMs) throw new Error(`not all ${count} lines were found within ${PATIENCE_MS / 1_000} s`);
    await sleep(STEP_MS);
  }
  ended.abort();
  return (await Promise.all(looking)).flatMap(({ name, sightings }) => {
    const latencies = written.map(([upTo, atMs]) => ((sightings.find(([found]) => found >= upTo)?.[1] ?? Number.NaN) - atMs) / 1_000);
    const row = (figure: string, share: number): Row => ({ figure: `${name}: ${figure}`, unit: "s", ours: [quantile(latencies, share)] });
    return [row("half of the lines found within", 0.5), { ...row("99 of 100 lines found within", 0.99), target: { atMost: 3 } }];
  });
}

async function look(name: string, ask: () => Promise<number>, signal: AbortSignal): Promise<{ name: string; sightings: Sighting[] }> {
  const sightings: Sighting[] = [];
  while (!signal.aborted) {
    const newest = await ask();
    if (newest > (sightings.at(-1)?.[0] ?? 0)) sightings.push([newest, Date.now()]);
    await sleep(STEP_MS, undefined, { signal }).catch(() => undefined);
  }
  const last = await ask();
  return { name, sightings: [...sightings, [last, Date.now()]] };
}

async function countedIn(prometheus: string): Promise<number> {
  return (await queryPrometheus(prometheus, `sum(offing_node_log_lines_total{job="${JOB}"})`))[0]?.value ?? 0;
}

/** The newest by its time, of which no two lines have the same. */
async function newestIn(loki: string): Promise<number> {
  const url = new URL("/loki/api/v1/query_range", loki);
  url.search = new URLSearchParams({ query: `{service_name="${JOB}"}`, limit: "1", since: "5m", direction: "backward" }).toString();
  const { data } = (await (await fetch(url)).json()) as { data: { result: readonly { values: readonly (readonly [string, string])[] }[] } };
  return Number(data.result[0]?.values[0]?.[1].split(" ")[1] ?? 0);
}

/** A closed command; its message is its number. */
function lineOf(n: number): string {
  const span = { command: "publish", name: "command.publish", operation_id: `op-${n}`, status: "completed" };
  const fields = { message: `line ${n}`, event: "command.publish.end", duration_ms: 5, operation_id: `op-${n}` };
  const timestamp = new Date().toISOString().replace("Z", `${String((n - 1) % BATCH).padStart(3, "0")}Z`);
  return `${JSON.stringify({ timestamp, level: "INFO", fields, target: "node", span, spans: [span] })}\n`;
}
