import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeDrillAlertmanager, writeDrillConfig } from "../observability/drill/rules.ts";
import type { DiskBudget } from "../stack/disk-budget.ts";
import { diskWatchOf, watchDisk } from "../stack/disk-watch.ts";
import type { Progress } from "../stack/progress.ts";
import { type Stack, startStack } from "../stack/start.ts";
import { type ChainPlace, startChainPlace } from "./chain-place.ts";
import { type LogPlace, startLogPlace } from "./log-place.ts";
import { type NodePlace, startNodePlace } from "./node-place.ts";

/** Where drills happen: a stack of their own, with rules a twentieth as slow, and the worlds that it watches. */
export interface Site {
  readonly stack: Stack;
  /** The watched chain with its emitter; started when it is first asked for. */
  readonly chain: () => Promise<ChainPlace>;
  /** A node with its peers; started when it is first asked for. */
  readonly node: () => Promise<NodePlace>;
  /** A node that only writes a log, with its emitter; started when it is first asked for. */
  readonly log: () => Promise<LogPlace>;
  readonly stop: () => Promise<void>;
}

/** How a site is made. */
export interface SiteOptions {
  /** Data, logs and configuration of this run; emptied first. */
  readonly directory: string;
  readonly progress?: Progress;
  readonly signal: AbortSignal;
}

/** What everything here reports at: a drill's rules call it silent after three seconds. */
const REPORT_MS = 500;
/** What the ledgers may take in a drill. */
export const LEDGER_BUDGET: number = 64 * 1024 ** 2;

const GIB = 1024 ** 3;
/** A request of an emitter has at most 4 MB, so that a queue of 6 is small and still takes one. */
const QUEUE_BYTES = 6 * 1024 ** 2;
const ROOMY: DiskBudget = { prometheus: GIB, loki: GIB, tempo: GIB, queues: GIB, ledger: LEDGER_BUDGET };
/** Three queues share what is given to all, and a fifth of it is kept free. */
const CRAMPED: DiskBudget = { ...ROOMY, queues: (3 * QUEUE_BYTES) / 0.8 };

/**
 * Starts the stack of a drill.
 *
 * It is never the stack of `./offing up`: a drill kills parts and shortens rules, and what watches the real world shall not notice.
 *
 * @throws TOOL_NOT_FOUND, TOOL_BUILD_FAILED, STACK_FAILED; the signal's reason when it aborts
 */
export async function startSite({ directory, progress, signal }: SiteOptions): Promise<Site> {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const stack = await startStack({
    directory: join(directory, "stack"),
    ports: "free",
    prometheusConfig: writeDrillConfig(join(directory, "rules")),
    alertmanagerConfig: writeDrillAlertmanager(join(directory, "rules")),
    alertHistory: true,
    reportMs: REPORT_MS,
    diskBudget: CRAMPED,
    ...(progress !== undefined && { progress }),
    signal,
  });
  const closing = new AsyncDisposableStack();
  closing.defer(() => stack.stop());
  // As the supervisor of `./offing up` does. A queue's file is larger than what is in it, so its budget is another than its bound.
  const watching = new AbortController();
  const watch = diskWatchOf({ directory: stack.directory, budget: ROOMY, collector: stack.endpoints.collector, ledgers: [] });
  const watched = watchDisk({ ...watch, intervalMs: 2 * REPORT_MS }, watching.signal);
  closing.defer(async () => {
    watching.abort();
    await watched;
  });
  /** Starts a place when it is first asked for. What is still starting when all is over is stopped too. */
  const once = <T extends { readonly stop: () => Promise<void> }>(start: () => Promise<T>): (() => Promise<T>) => {
    let place: Promise<T> | undefined;
    closing.defer(async () => (await place?.catch(() => undefined))?.stop());
    return () => {
      place ??= start();
      return place;
    };
  };
  return {
    stack,
    chain: once(() => startChainPlace({ directory: join(directory, "chain"), stack, reportMs: REPORT_MS })),
    node: once(() => startNodePlace({ directory: join(directory, "node"), stack, reportMs: REPORT_MS })),
    log: once(() => startLogPlace({ directory: join(directory, "log"), stack, reportMs: REPORT_MS })),
    stop: () => closing.disposeAsync(),
  };
}
