import { appendFileSync, mkdirSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import { type EmitterProcess, startEmitter } from "../demo/emitter-process.ts";
import { EXAMPLE_NAMES, type ExampleNode, startExampleNode } from "../emitters/node/example/example-node.ts";
import { createTracingLog } from "../emitters/node/example/tracing-log.ts";
import { startWorld } from "../emitters/node/example/world.ts";
import type { Stack } from "../stack/start.ts";
import { untilSeen } from "./until-seen.ts";

/** How the node's logger is set up: as it should be, for people, or without the events of spans. */
export type Logger = "spans" | "text" | "messages";

/** A node that tells of itself by its log alone, and the emitter that follows it. */
export interface LogPlace {
  logger: Logger;
  /** How long the log is, in bytes. */
  readonly length: () => number;
  /** Removes the log as it stands; the node goes on in a new one. */
  readonly removeLog: () => void;
  readonly killEmitter: () => Promise<void>;
  readonly startEmitter: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** How a log place is made. */
export interface LogPlaceOptions {
  readonly directory: string;
  readonly stack: Stack;
  /** How often the emitter tells of itself. */
  readonly reportMs: number;
}

/** The `service.name` of what the log becomes. */
export const LOG_JOB = "example-node-log";

const PAUSE_MS = 250;

/** Starts the node, which logs from now on, and its emitter. */
export async function startLogPlace({ directory, stack, reportMs }: LogPlaceOptions): Promise<LogPlace> {
  mkdirSync(directory, { recursive: true });
  await using starting = new AsyncDisposableStack();
  const logFile = join(directory, "node.json");
  const config = join(directory, "offing.yaml");
  writeFileSync(logFile, "");
  writeFileSync(config, `# Written by ./offing drill.\n${stringify(configOf(logFile, { stack, reportMs }))}`);
  const begin = (): Promise<EmitterProcess> => startEmitter({ domain: "node", config, logFile: join(directory, "emitter.log") });
  const world = await startWorld();
  starting.defer(() => world.close());
  let emitter: EmitterProcess | undefined;
  const place: LogPlace = {
    logger: "spans",
    length: () => statSync(logFile).size,
    removeLog: () => unlinkSync(logFile),
    killEmitter: async () => {
      await emitter?.stop("SIGKILL");
      emitter = undefined;
    },
    startEmitter: async () => {
      emitter ??= await begin();
    },
    stop: () => closing.disposeAsync(),
  };
  const telemetry = createTracingLog((line) => {
    for (const written of writtenAs(line, place.logger)) appendFileSync(logFile, written);
  });
  const node = await startExampleNode({ telemetry, world, database: ":memory:" });
  const working = new AbortController();
  const work = keepWorking(node, working.signal);
  starting.defer(async () => {
    working.abort();
    await work;
    await node.close();
  });
  starting.defer(async () => emitter?.stop());
  await place.startEmitter();
  await untilSeen(stack.endpoints.prometheus, `sum(offing_node_log_lines_total{job="${LOG_JOB}",log_line="activity"}) > 0`);
  const closing = starting.move();
  return place;
}

function configOf(logFile: string, { stack, reportMs }: Pick<LogPlaceOptions, "stack" | "reportMs">): object {
  const { collector, prometheus, loki, tempo } = stack.endpoints;
  return {
    environment: "drill",
    ledger: { sqlite: "node.db" },
    collector: { url: collector, interval: `${reportMs}ms`, timeout: "2s" },
    http: { listen: "127.0.0.1:0" },
    backends: { prometheus, loki, ...(tempo !== null && { tempo }) },
    node: { service_name: LOG_JOB, inputs: [{ file: logFile, format: "rust-tracing" }], names: EXAMPLE_NAMES, pair_wait: "1s" },
  };
}

async function keepWorking(node: ExampleNode, signal: AbortSignal): Promise<void> {
  await Promise.all([node.runTimers(signal), serveCommands(node, signal)]);
}

async function serveCommands(node: ExampleNode, signal: AbortSignal): Promise<void> {
  for (let index = 0; !signal.aborted; index += 1) {
    await node.publish(`publish-${index}`, 10_000 + index).catch(() => undefined);
    await node.get(`get-${index}`, 10_000 + index);
    await sleep(PAUSE_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** What stands in the log for one line of a logger that tells everything. */
function writtenAs(line: string, logger: Logger): readonly string[] {
  if (logger === "spans") return [line];
  const { timestamp, level, target } = JSON.parse(line) as Readonly<Record<"timestamp" | "level" | "target", string>>;
  const message = "something was done";
  if (logger === "text") return [`${timestamp} ${level} ${target}: ${message}\n`];
  return [`${JSON.stringify({ timestamp, level, target, fields: { message } })}\n`];
}
