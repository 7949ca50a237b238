import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "#core/clock.ts";
import type { Emitter } from "#core/emitter.ts";
import type { Fact } from "#core/fact.ts";
import { stderrLog } from "#core/log.ts";
import { createMeter } from "#core/meter.ts";
import { run } from "#core/run.ts";
import { createInterpret } from "../../emitters/chain/interpret.ts";
import type { ChainObservation } from "../../emitters/chain/observation.ts";
import { watchOf } from "../../emitters/chain/watch.ts";
import { blocksOf, type ChainWorld, chainConfig } from "../chain-world.ts";
import { recordsOf } from "../commits.ts";
import { servePart } from "../part.ts";
import { projectionOf } from "../projection.ts";
import { ownCpuSeconds, peakRssMiB } from "../usage.ts";

/** How fast to emit, for how long, and where to. */
export interface EmitOrder {
  readonly path: string;
  readonly url: string;
  /** More blocks than are needed. */
  readonly world: ChainWorld;
  readonly eventsPerSecond: number;
  readonly seconds: number;
}

/** What was emitted. */
export interface EmitAnswer {
  /** Per block seen: the ledger position of its last event, and when it was seen (Unix milliseconds). */
  readonly seen: readonly (readonly [lastSeq: number, atMs: number])[];
  /** The id of each event, by its ledger position less one. */
  readonly ids: readonly string[];
  /** From the first block to the last. */
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly rssMiB: number;
}

await servePart<EmitOrder, EmitAnswer>(async ({ path, url, world, eventsPerSecond, seconds }) => {
  const interpret = createInterpret(watchOf(chainConfig()));
  const seen: [number, number][] = [];
  const ids: string[] = [];
  let seenAtMs = 0;
  const stop = new AbortController();
  const emitter: Emitter<ChainObservation, Fact> = {
    domain: "bench",
    ...projectionOf("chain"),
    records: recordsOf("chain"),
    gauges: () => [],
    interpret: (state, observation) => {
      const facts = interpret(state, observation);
      ids.push(...facts.map(({ id }) => id));
      if (facts.length > 0) seen.push([ids.length, seenAtMs]);
      return facts;
    },
    // A block is due when so many events should have been seen; a loop that lags does not slow the world.
    source: async function* (_, signal) {
      const beganMs = Date.now();
      for (const block of blocksOf(world)) {
        const waitMs = beganMs + (ids.length / eventsPerSecond) * 1000 - Date.now();
        if (waitMs > 0) await sleep(waitMs);
        if (signal.aborted || Date.now() - beganMs > seconds * 1000) return;
        seenAtMs = Date.now();
        yield [{ feed: "blocks", observation: { ...block, observedAtMs: seenAtMs, timeMs: seenAtMs }, cursor: block.number }];
      }
    },
  };
  const cpu = process.cpuUsage();
  await run(
    {
      emitter,
      location: { sqlite: path },
      collector: { url, headers: {}, timeoutMs: 10_000, intervalMs: 5_000 },
      http: { host: "127.0.0.1", port: 0 },
      resource: { "service.name": "offing-bench" },
      slot: "bench",
      version: "0.0.0",
      meter: createMeter(),
      clock: systemClock,
      log: { ...stderrLog, info: () => undefined },
    },
    stop.signal,
  );
  return {
    seen,
    ids,
    seconds: ((seen.at(-1)?.[1] ?? 0) - (seen[0]?.[1] ?? 0)) / 1000,
    cpuSeconds: ownCpuSeconds(cpu),
    rssMiB: peakRssMiB(),
  };
});
