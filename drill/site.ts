import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeDrillConfig } from "../observability/drill/rules.ts";
import type { Progress } from "../stack/progress.ts";
import { type Stack, startStack } from "../stack/start.ts";
import { type ChainPlace, startChainPlace } from "./chain-place.ts";

/** Where drills happen: a stack of their own, with rules a twentieth as slow, and the worlds that it watches. */
export interface Site {
  readonly stack: Stack;
  /** The watched chain with its emitter; started when it is first asked for. */
  readonly chain: () => Promise<ChainPlace>;
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
    alertHistory: true,
    reportMs: REPORT_MS,
    ...(progress !== undefined && { progress }),
    signal,
  });
  const closing = new AsyncDisposableStack();
  closing.defer(() => stack.stop());
  let chain: Promise<ChainPlace> | undefined;
  return {
    stack,
    chain: () => {
      chain ??= startChainPlace({ directory: join(directory, "chain"), stack, reportMs: REPORT_MS }).then((place) => {
        closing.defer(() => place.stop());
        return place;
      });
      return chain;
    },
    stop: async () => {
      // What is still starting must be stopped too.
      await chain?.catch(() => undefined);
      await closing.disposeAsync();
    },
  };
}
