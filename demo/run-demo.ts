import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import type { ReconcileReport } from "#core/reconcile.ts";
import { checkLive, type LiveAnswer, type LiveOptions } from "../observability/live.ts";
import type { DashboardQuery } from "../observability/queries.ts";
import { createProgress } from "../stack/progress.ts";
import { type Stack, startStack } from "../stack/start.ts";
import { isAsExpected, untilFiring } from "./alerts.ts";
import { watchArrivals } from "./arrivals.ts";
import { type EmitterProcess, startEmitter, untilIndexed } from "./emitter-process.ts";
import { type DemoSummary, renderArrivals, renderScene, renderSummary } from "./render.ts";
import { type Anvil, startAnvil } from "./world/anvil.ts";
import { chainSection } from "./world/chain-section.ts";
import { deploy, type World } from "./world/deploy.ts";
import { story } from "./world/story.ts";
import { truth } from "./world/truth.ts";

/** How the demo runs. */
export interface DemoOptions {
  /** Data, logs and configuration of this run; emptied first. */
  readonly directory: string;
  readonly ports: "standard" | "free";
  /** Leaves everything running at the end until the signal. */
  readonly keep: boolean;
  readonly signal: AbortSignal;
  readonly write: (text: string) => void;
  /** Compares the ledger of a configuration with the backends. */
  readonly reconcile: (config: string) => Promise<ReconcileReport>;
  /** What to tell between the story and the numbers, when the alerts have fired. */
  readonly tour?: (config: string) => Promise<string>;
}

/** The alerts that must fire at the end of the story; every other one must not. */
export const EXPECTED_ALERTS: readonly string[] = ["ChainPsmBlocked", "ChainBuybackUnhealthyBurst", "ChainPsmOracleMissingBurst"];

const ALERT_WAIT_MS = 90_000;
const PANEL_WAIT_MS = 60_000;
const INDEX_WAIT_MS = 30_000;

/** What the demo started, in the order in which it is stopped last to first. */
interface Started {
  anvil?: Anvil;
  stack?: Stack;
  emitter?: EmitterProcess;
}

/**
 * Tells seed 000's story on a real EVM node and shows it arrive in a real Collector, Prometheus and Loki.
 *
 * @returns true when every number is equal and the right alerts fire
 * @throws TOOL_NOT_FOUND, TOOL_BUILD_FAILED, STACK_FAILED, DEMO_FAILED; the signal's reason after Ctrl-C
 */
export async function runDemo(options: DemoOptions): Promise<boolean> {
  const started: Started = {};
  try {
    return await tell(options, started);
  } finally {
    await started.emitter?.stop();
    await started.stack?.stop();
    await started.anvil?.stop();
  }
}

async function tell(options: DemoOptions, started: Started): Promise<boolean> {
  const { directory, signal, write } = options;
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const progress = createProgress();
  const beganMs = performance.now();
  write("starting the stack and an EVM node …\n");
  const [stack, anvil] = await Promise.all([
    keep(startStack({ directory: join(directory, "stack"), ports: options.ports, progress, signal }), (value) => (started.stack = value)),
    keep(startAnvil({ folder: join(directory, "anvil") }), (value) => (started.anvil = value)),
  ]);
  const world = await deploy({ url: anvil.url, rpc: anvil.rpc });
  const config = writeConfig(directory, { stack, world });
  const emitter = await startEmitter({ domain: "chain", config, logFile: join(directory, "chain.log") });
  started.emitter = emitter;
  void stack.exited.then((exit) => exit !== null && write(`\n${exit.error.message}\n`));
  write(
    `live after ${((performance.now() - beganMs) / 1000).toFixed(1)} s: ${stack.endpoints.prometheus} · ${stack.endpoints.loki} · ${emitter.url}/state\n\n`,
  );
  await tellStory(options, { stack, world, emitter });
  const summary = await conclude(options, { stack, world, emitter, config });
  if (options.tour !== undefined) write(await options.tour(config));
  write(renderSummary(summary));
  if (options.keep && !signal.aborted) {
    write("\nEverything keeps running. Ctrl-C stops it.\n");
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  }
  return summary.ok;
}

/** Two things start at once: whichever is up when the other fails must still be stopped. */
async function keep<T>(starting: Promise<T>, remember: (value: T) => void): Promise<T> {
  const value = await starting;
  remember(value);
  return value;
}

/** One token each, by an account that holds nothing else. */
const CANARY = {
  interval: "10s",
  calls: ["PSM_MINT", "PSM_REDEEM", "BUYBACK_EXECUTE"].map((action) => ({ action, args: [String(10n ** 18n)] })),
};

function writeConfig(directory: string, { stack, world }: { stack: Stack; world: World }): string {
  const path = join(directory, "offing.yaml");
  const { collector, prometheus, loki, tempo } = stack.endpoints;
  const config = {
    environment: "demo",
    ledger: { sqlite: "ledger.db" },
    collector: { url: collector, interval: "2s" },
    http: { listen: "127.0.0.1:0" },
    backends: { prometheus, loki, ...(tempo === null ? {} : { tempo }) },
    chain: { ...chainSection(world), canary: CANARY, rpc: { urls: [world.url], poll_interval: "200ms" } },
  };
  writeFileSync(path, `# Written by ./offing demo.\n${stringify(config)}`);
  return path;
}

interface Cast {
  readonly stack: Stack;
  readonly world: World;
  readonly emitter: EmitterProcess;
}

async function tellStory({ signal, write }: DemoOptions, { stack, world, emitter }: Cast): Promise<void> {
  const { prometheus, loki } = stack.endpoints;
  const ended = new AbortController();
  const watching = watchArrivals(
    { prometheus, loki, ledgerId: emitter.ledgerId, onChange: (now, before) => write(renderArrivals(now, before)) },
    AbortSignal.any([signal, ended.signal]),
  );
  try {
    const settled = async (scene: { blocks: readonly { number: number }[] }): Promise<void> => {
      const blockNumber = Math.max(0, ...scene.blocks.map((block) => block.number));
      await untilIndexed(emitter, { blockNumber, timeoutMs: INDEX_WAIT_MS });
    };
    for await (const scene of story(world, { endSeconds: Math.floor(Date.now() / 1000), settled })) {
      signal.throwIfAborted();
      write(renderScene(scene));
    }
  } finally {
    ended.abort();
    await watching;
  }
}

async function conclude(options: DemoOptions, { stack, world, emitter, config }: Cast & { config: string }): Promise<DemoSummary> {
  const { signal } = options;
  const [report, alerts, panels] = await Promise.all([
    options.reconcile(config),
    untilFiring(stack.endpoints.prometheus, { names: EXPECTED_ALERTS, timeoutMs: ALERT_WAIT_MS, signal }),
    untilPanelsAnswer({ ...stack.endpoints, ledger: emitter.ledgerId, only: isOfTheDemo }, signal),
  ]);
  const { byReason } = truth(world);
  const wrong = alerts.filter((alert) => !isAsExpected(alert, EXPECTED_ALERTS));
  const equalToWorld = Object.entries(byReason).every(([code, { current }]) => ledgerCount(report, code) === current);
  const ok = report.equal && equalToWorld && wrong.length === 0 && panels.every((panel) => panel.ok);
  return {
    ok,
    report,
    byReason,
    alerts,
    panels,
    expectedAlerts: EXPECTED_ALERTS,
    endpoints: stack.endpoints,
    emitterUrl: emitter.url,
    config,
  };
}

/** Every query of every dashboard must answer with data; a rate needs a few exports before it can. */
export async function untilPanelsAnswer(where: LiveOptions, signal: AbortSignal): Promise<readonly LiveAnswer[]> {
  const deadlineMs = performance.now() + PANEL_WAIT_MS;
  for (;;) {
    const answers = await checkLive(where);
    if (answers.every((answer) => answer.ok) || performance.now() > deadlineMs || signal.aborted) return answers;
    await sleep(1_000, undefined, { signal }).catch(() => undefined);
  }
}

/** The demo runs the chain emitter alone, and no drill. */
function isOfTheDemo({ uid, panel }: DashboardQuery): boolean {
  return uid === "offing-chain" && panel !== "annotation Drills";
}

function ledgerCount(report: ReconcileReport, reasonCode: string): number {
  const rows = report.rows.filter((row) => row.metric === "oracle.required.failures" && row.labels["reason_code"] === reasonCode);
  return rows.reduce((sum, row) => sum + row.ledger, 0);
}
