import { setTimeout as sleep } from "node:timers/promises";
import { queryPrometheus } from "#core/backends.ts";
import type { ExampleNode } from "../../emitters/node/example/example-node.ts";
import type { World } from "../../emitters/node/example/world.ts";
import { LIBRARY_JOB, LOG_JOB } from "./agreement.ts";

/** A node and what it lives in. */
export interface Alarmed {
  readonly node: ExampleNode;
  readonly world: World;
}

/** What came of a fault that was held: which tellings the alert fired for while it lasted, and afterwards. */
export interface Alarm {
  readonly alert: string;
  readonly during: readonly string[];
  readonly after: readonly string[];
}

/** A node without peers is told of after 5 min, and here after a twentieth of that. */
const ALERT = "NodeWithoutPeers";
const PATIENCE_MS = 60_000;

/** Takes the peers of every copy away until the alert fires for each of them, and gives them back until it fires for none. */
export async function playAlarm(copies: readonly Alarmed[], prometheus: string, signal: AbortSignal): Promise<Alarm> {
  // A publish asks every peer, and so finds each of them gone, or there again.
  const all = async (peers: "refusing" | "well", index: number): Promise<void> => {
    for (const { world } of copies) world.behave({ peers });
    await Promise.all(copies.map(({ node }) => node.publish(`publish-${peers}`, index).catch(() => {})));
  };
  await all("refusing", 4_000);
  const during = await firingUntil(prometheus, { done: (jobs) => [LIBRARY_JOB, LOG_JOB].every((job) => jobs.includes(job)), signal });
  await all("well", 4_001);
  const after = await firingUntil(prometheus, { done: (jobs) => jobs.length === 0, signal });
  return { alert: ALERT, during, after };
}

/** Whether the alert fired for both tellings, and for none when all was well again. */
export function isTold({ during, after }: Alarm): boolean {
  return during.includes(LIBRARY_JOB) && during.includes(LOG_JOB) && after.length === 0;
}

interface Until {
  readonly done: (jobs: readonly string[]) => boolean;
  readonly signal: AbortSignal;
}

/** The jobs that the alert fires for, once that is as it should be or nobody wants to wait longer. */
async function firingUntil(prometheus: string, { done, signal }: Until): Promise<readonly string[]> {
  const deadlineMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const firing = await queryPrometheus(prometheus, `ALERTS{alertname="${ALERT}",alertstate="firing"}`);
    const jobs = firing.map(({ labels }) => labels["job"] ?? "").sort();
    if (done(jobs) || performance.now() > deadlineMs || signal.aborted) return jobs;
    await sleep(500, undefined, { signal }).catch(() => undefined);
  }
}
