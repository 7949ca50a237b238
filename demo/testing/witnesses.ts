import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect } from "vitest";
import { queryPrometheus } from "#core/backends.ts";
import type { Stack } from "../../stack/start.ts";

/** What tells that a part of the stack is away; the Watchdog does by no longer coming. */
export type Witness =
  | "OffingCollectorSilent"
  | "OffingEmitterSilent"
  | "OffingAlertHistoryBlind"
  | "OffingCollectorQueueFilling"
  | "OffingWatchdog";

/** Waits for what the witnesses say. */
export interface Witnesses {
  readonly until: (witness: Witness, says: "well" | "alarmed", timeoutMs: number) => Promise<void>;
  /** How many items the Collector has given up for good. */
  readonly lost: () => Promise<number>;
}

/** In a drill the Watchdog comes every three seconds or so; so long without it is an alarm for whoever waits outside. */
const WATCHDOG_MS = 12_000;

/** Where the Watchdog comes: the outside of the machine, played by a server of the test. Its address goes into `secrets`. */
export interface Outside {
  /** How long ago the Watchdog came last. */
  readonly watchdogAgeMs: () => number;
  readonly stop: () => Promise<void>;
}

/** Starts the outside before the stack, which reads its address from `secrets`. */
export async function startOutside(secrets: string): Promise<Outside> {
  let cameMs = Number.NEGATIVE_INFINITY;
  const server = createServer((request, response) => {
    cameMs = performance.now();
    request.resume();
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  mkdirSync(secrets, { recursive: true });
  writeFileSync(join(secrets, "watchdog-url"), `http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  return {
    watchdogAgeMs: () => performance.now() - cameMs,
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** What the alerts of `stack` say, and who waits outside. */
export function witnessesOf(stack: Stack, outside: Outside): Witnesses {
  const { prometheus } = stack.endpoints;
  const says = async (witness: Witness): Promise<"well" | "alarmed"> => {
    if (witness === "OffingWatchdog") return outside.watchdogAgeMs() > WATCHDOG_MS ? "alarmed" : "well";
    // Of the emitters it is the history that is away here.
    const job = witness === "OffingEmitterSilent" ? ',job="offing-alerts"' : "";
    const firing = await queryPrometheus(prometheus, `ALERTS{alertname="${witness}",alertstate="firing"${job}}`);
    return firing.length > 0 ? "alarmed" : "well";
  };
  return {
    until: async (witness, wanted, timeoutMs) => {
      await expect.poll(() => says(witness), { timeout: timeoutMs, interval: 250, message: `${witness} ${wanted}` }).toBe(wanted);
    },
    lost: async () => {
      const counters = ["spans", "metric_points", "log_records"].map((what) => `otelcol_exporter_send_failed_${what}_total`);
      const each = await Promise.all(counters.map((name) => queryPrometheus(prometheus, `max_over_time(${name}[2h])`)));
      return each.flat().reduce((sum, { value }) => sum + value, 0);
    },
  };
}
