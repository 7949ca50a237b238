import { appendFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import { EXAMPLE_NAMES, type ExampleNode, startExampleNode } from "../../emitters/node/example/example-node.ts";
import { scenes } from "../../emitters/node/example/story.ts";
import { createTracingLog } from "../../emitters/node/example/tracing-log.ts";
import { startWorld, type World } from "../../emitters/node/example/world.ts";
import { type NodeTelemetry, startNodeTelemetry } from "../../emitters/node/library/start.ts";
import { writeDrillConfig } from "../../observability/drill/rules.ts";
import type { LiveAnswer } from "../../observability/live.ts";
import type { DashboardQuery } from "../../observability/queries.ts";
import { createProgress } from "../../stack/progress.ts";
import { type Stack, startStack } from "../../stack/start.ts";
import { startEmitter } from "../emitter-process.ts";
import { untilPanelsAnswer } from "../run-demo.ts";
import { textTable } from "../text-table.ts";
import { type Agreement, agrees, type Compared, compareTellings, LIBRARY_JOB, LOG_JOB } from "./agreement.ts";
import { type Alarm, isTold, playAlarm } from "./alarm.ts";

/** How the demo runs. */
export interface NodeDemoOptions {
  /** Data, logs and configuration of this run; emptied first. */
  readonly directory: string;
  readonly ports: "standard" | "free";
  /** Lets both nodes go on with their timers until the signal. */
  readonly keep: boolean;
  readonly signal: AbortSignal;
  readonly write: (text: string) => void;
}

const AGREE_MS = 60_000;
/** Rules a twentieth as slow call silent what tells of itself no oftener than every three seconds. */
const REPORT = "500ms";
const DASHBOARDS = ["node-overview", "node-operations", "node-sync-pipeline", "node-network-and-storage"];

/**
 * Runs one small node twice through the same story of work and faults: once on the library, once with nothing but a JSON log that the log
 * emitter follows. Both must tell the same, and an alert must fire for both and clear.
 *
 * The rules are those of a drill, a twentieth as slow, or the story would take an hour.
 *
 * @returns true when every count and every span tree agrees, and the alert came and went
 * @throws TOOL_NOT_FOUND, TOOL_BUILD_FAILED, STACK_FAILED, DEMO_FAILED; the signal's reason after Ctrl-C
 */
export async function runNodeDemo(options: NodeDemoOptions): Promise<boolean> {
  const { directory, ports, signal, write } = options;
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  await using cleanup = new AsyncDisposableStack();
  write("starting the stack, the log emitter and two example nodes …\n");
  const prometheusConfig = writeDrillConfig(join(directory, "rules"));
  const stack = await startStack({ directory: join(directory, "stack"), ports, prometheusConfig, progress: createProgress(), signal });
  cleanup.defer(() => stack.stop());
  const logFile = join(directory, "node.json");
  writeFileSync(logFile, "");
  const emitter = await startEmitter({
    domain: "node",
    config: writeConfig(directory, { stack, logFile }),
    logFile: join(directory, "emitter.log"),
  });
  cleanup.defer(() => emitter.stop());
  const library = await startLibrary(stack, write);
  cleanup.defer(() => library.shutdown());
  const log = createTracingLog((line) => appendFileSync(logFile, line));
  const copies = [await startCopy(library, cleanup), await startCopy(log, cleanup)];
  write(`live: ${stack.endpoints.prometheus} · ${stack.endpoints.loki}\n\n`);
  await tell(copies, options);
  write("last     no peer can be reached, until an alert says so; then all can, until it is silent\n");
  const alarm = await playAlarm(copies, stack.endpoints.prometheus, signal);
  signal.throwIfAborted();
  const agreement = await untilAgreed(stack, signal);
  const panels = await untilPanelsAnswer({ ...stack.endpoints, only: isOfTheDemo }, signal);
  write(render(agreement, { stack, alarm, panels }));
  if (options.keep && !signal.aborted) {
    write("\nBoth nodes go on. Ctrl-C stops everything.\n");
    await Promise.all(copies.map(({ node }) => node.runTimers(signal)));
  }
  return agrees(agreement) && isTold(alarm) && panels.every(({ ok }) => ok);
}

interface Copy {
  readonly node: ExampleNode;
  readonly world: World;
}

async function startCopy(telemetry: NodeTelemetry, cleanup: AsyncDisposableStack): Promise<Copy> {
  const world = await startWorld();
  cleanup.defer(() => world.close());
  const node = await startExampleNode({ telemetry, world, database: ":memory:" });
  cleanup.defer(() => node.close());
  return { node, world };
}

function startLibrary({ endpoints }: Stack, write: NodeDemoOptions["write"]): Promise<NodeTelemetry> {
  const outgoing = { enabled: true, otlp_endpoint: endpoints.collector };
  const say = (message: string): void => write(`  ${message}\n`);
  return startNodeTelemetry({
    telemetry: {
      traces: { ...outgoing, service_name: LIBRARY_JOB },
      logs: outgoing,
      metrics: { enabled: true, otlp_endpoint: `http://${endpoints.collectorGrpc}`, interval: REPORT },
    },
    names: EXAMPLE_NAMES,
    log: { debug: () => {}, info: say, warn: say, error: say },
  });
}

function writeConfig(directory: string, { stack, logFile }: { readonly stack: Stack; readonly logFile: string }): string {
  const path = join(directory, "offing.yaml");
  const { collector, prometheus, loki, tempo } = stack.endpoints;
  const config = {
    environment: "demo",
    ledger: { sqlite: "node.db" },
    collector: { url: collector, interval: REPORT },
    http: { listen: "127.0.0.1:0" },
    backends: { prometheus, loki, ...(tempo === null ? {} : { tempo }) },
    node: { service_name: LOG_JOB, inputs: [{ file: logFile }], names: EXAMPLE_NAMES, pair_wait: "1s" },
  };
  writeFileSync(path, `# Written by ./offing demo node.\n${stringify(config)}`);
  return path;
}

async function tell([library, log]: readonly Copy[], { signal, write }: NodeDemoOptions): Promise<void> {
  if (library === undefined || log === undefined) return;
  const other = scenes(log.node, log.world);
  for (const [index, scene] of scenes(library.node, library.world).entries()) {
    signal.throwIfAborted();
    write(`scene ${index + 1}  ${scene.name}\n`);
    await Promise.all([scene.play(), other[index]?.play()]);
  }
}

/** The node's dashboards; nobody has begun a drill here. */
function isOfTheDemo({ uid, panel }: DashboardQuery): boolean {
  return DASHBOARDS.includes(uid) && panel !== "annotation Drills";
}

async function untilAgreed(stack: Stack, signal: AbortSignal): Promise<Agreement> {
  const deadlineMs = performance.now() + AGREE_MS;
  for (;;) {
    const agreement = await compareTellings(stack.endpoints).catch((): Agreement => ({ series: [], trees: [] }));
    if (agrees(agreement) || performance.now() > deadlineMs || signal.aborted) return agreement;
    await sleep(500, undefined, { signal }).catch(() => undefined);
  }
}

interface Told {
  readonly stack: Stack;
  readonly alarm: Alarm;
  readonly panels: readonly LiveAnswer[];
}

function render(agreement: Agreement, { stack, alarm, panels }: Told): string {
  const { series, trees } = agreement;
  const told = series.filter(({ library, log }) => library !== 0 || log !== 0);
  const rows = told.map(({ what, library, log }) => [what, library ?? "-", log ?? "-", library === log ? "" : "DIFFERS"]);
  const differing = (trees ?? []).filter(({ library, log }) => library !== log);
  const silent = panels.filter(({ ok }) => !ok);
  const jobs = (names: readonly string[]): string => (names.length === 0 ? "none" : names.join(" and "));
  const count = (lines: readonly Compared[]): number => lines.reduce((sum, { library = 0 }) => sum + library, 0);
  return [
    "",
    textTable(["what the node did", "library", "log", ""], rows),
    "",
    trees === undefined
      ? "span trees: a Tempo keeps them, so they were not compared one by one"
      : `span trees: ${count(trees)} of the library in the Collector's file, which stands in for Tempo here, ${differing.length} without an equal in the log's telling`,
    ...differing.slice(0, 3).map(({ what, library = 0, log = 0 }) => `library ${library}, log ${log}:\n${what}`),
    `alert: ${alarm.alert} fired for ${jobs(alarm.during)} while no peer could be reached, and for ${jobs(alarm.after)} afterwards`,
    `panels: ${panels.length - silent.length} of ${panels.length} queries answer on ${DASHBOARDS.join(", ")}`,
    ...silent.map(({ panel, detail }) => `  ${panel}: ${detail}`),
    `\`./offing preview\` draws them; Prometheus is ${stack.endpoints.prometheus}`,
    "`./offing drill run triple-store-full`, or another of `drill list`, holds any other fault until its alerts have fired, arrived and cleared",
    agrees(agreement) ? "The library and the log tell the same." : "The library and the log DIFFER.",
    "",
  ].join("\n");
}
