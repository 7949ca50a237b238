import { setTimeout as sleep } from "node:timers/promises";
import { queryPrometheus } from "#core/backends.ts";

/** How far apart the looks into a backend are: a latency is overstated by up to so much. */
export const LOOK_MS = 100;

/** What a backend was found to hold, and when, Unix milliseconds. */
export type Sighting<T> = readonly [newest: T, atMs: number];

/** Asks one backend again and again what the newest thing is that it holds, until the signal aborts. A look that fails sees nothing. */
export async function look<T>(ask: () => Promise<T | undefined>, signal: AbortSignal): Promise<readonly Sighting<T>[]> {
  const looks: Sighting<T>[] = [];
  while (!signal.aborted) {
    const newest = await ask().catch(() => undefined);
    if (newest !== undefined && newest !== looks.at(-1)?.[0]) looks.push([newest, Date.now()]);
    await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
  return looks;
}

/** The ledger position at which all totals of a job stand in Prometheus. */
export async function cursorInPrometheus(url: string, job: string): Promise<number | undefined> {
  return (await queryPrometheus(url, `max(offing_ledger_cursor{job="${job}"})`))[0]?.value;
}
