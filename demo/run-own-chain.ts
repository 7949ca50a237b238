import { mkdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ReconcileReport } from "#core/reconcile.ts";
import { createProgress } from "../stack/progress.ts";
import { startStack } from "../stack/start.ts";
import { alertStates } from "./alerts.ts";
import { watchArrivals } from "./arrivals.ts";
import { startEmitter } from "./emitter-process.ts";
import { renderArrivals, renderOwnChain } from "./render.ts";

/** How the demo runs on a user's chain. */
export interface OwnChainOptions {
  readonly directory: string;
  readonly ports: "standard" | "free";
  readonly rpc: string;
  /** The user's configuration; its ledger, Collector, ports and endpoint are set over for this run. */
  readonly config: string;
  readonly watchSeconds: number;
  readonly keep: boolean;
  readonly signal: AbortSignal;
  readonly write: (text: string) => void;
  readonly reconcile: (config: string, set: readonly string[]) => Promise<ReconcileReport>;
}

/**
 * Watches a user's chain with the demo's stack for a while, then compares the numbers. It only reads the chain.
 *
 * @returns true when every number is equal
 * @throws CONFIG_INVALID and whatever starting the stack throws
 */
export async function runOwnChain(options: OwnChainOptions): Promise<boolean> {
  const { directory, signal, write } = options;
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  await using stack = await startStack({ directory: join(directory, "stack"), ports: options.ports, progress: createProgress(), signal });
  const { collector, prometheus, loki } = stack.endpoints;
  const set = [
    `chain.rpc.urls.0=${options.rpc}`,
    `ledger.sqlite=${resolve(directory, "ledger.db")}`,
    `collector.url=${collector}`,
    "http.listen=127.0.0.1:0",
    `backends.prometheus=${prometheus}`,
    `backends.loki=${loki}`,
  ];
  const emitter = await startEmitter({ domain: "chain", config: options.config, set, logFile: join(directory, "chain.log") });
  const ended = new AbortController();
  const over = AbortSignal.any([signal, ended.signal]);
  const onChange = (now: Parameters<typeof renderArrivals>[0], before: typeof now): void => write(renderArrivals(now, before));
  const watching = watchArrivals({ prometheus, loki, ledgerId: emitter.ledgerId, onChange }, over);
  try {
    write(`watching for ${options.watchSeconds} s: ${emitter.url}/state\n`);
    const stopped = await Promise.race([emitter.exited, sleep(options.watchSeconds * 1000, undefined, { signal }).catch(() => undefined)]);
    if (stopped !== undefined) write(`the emitter stopped by itself:\n${stopped.stderr.trim().split("\n").slice(-5).join("\n")}\n`);
    if (signal.aborted || stopped !== undefined) return false;
    const report = await options.reconcile(options.config, set);
    write(renderOwnChain(report, await alertStates(prometheus)));
    if (options.keep) await new Promise<void>((done) => signal.addEventListener("abort", () => done(), { once: true }));
    return report.equal;
  } finally {
    ended.abort();
    await watching;
    await emitter.stop();
  }
}
