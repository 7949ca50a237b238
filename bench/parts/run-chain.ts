import { systemClock } from "#core/clock.ts";
import { createLog } from "#core/log.ts";
import { createMeter } from "#core/meter.ts";
import { run } from "#core/run.ts";
import type { Source } from "#core/source.ts";
import { chainEmitter } from "../../emitters/chain/main.ts";
import type { ChainObservation } from "../../emitters/chain/observation.ts";
import { recordedChainConfig } from "../chain/watched.ts";
import { servePart } from "../part.ts";
import { ownCpuSeconds, peakRssMiB } from "../usage.ts";

/** Which chain to follow, up to which block, and where everything goes. */
export interface RunChainOrder {
  readonly rpcUrl: string;
  readonly collectorUrl: string;
  readonly ledger: string;
  readonly job: string;
  readonly until: number;
  readonly pollMs: number;
}

/** What was written. */
export interface RunChainAnswer {
  /** Per block at the head: its number, the ledger's newest position with it, whether it told anything, and when it was in the ledger. */
  readonly written: readonly (readonly [number: number, seq: number, tells: boolean, atMs: number])[];
  readonly backfilled: number;
  /** From the first block of the backfill to the last, Unix milliseconds. */
  readonly backfill: readonly [fromMs: number, toMs: number];
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly rssMiB: number;
}

await servePart<RunChainOrder, RunChainAnswer>(async ({ rpcUrl, collectorUrl, ledger, job, until, pollMs }) => {
  const config = recordedChainConfig({ backfill_above: 64, rpc: { urls: [rpcUrl], poll_interval: `${pollMs}ms` } });
  const [meter, log] = [createMeter(), createLog({ level: "warn", write: (line) => process.stderr.write(line) })];
  const emitter = chainEmitter(config, { clock: systemClock, log, meter });
  const stop = new AbortController();
  const written: [number, number, boolean, number][] = [];
  const backfill: number[] = [];
  let [seq, backfilled] = [0, 0];
  let waiting: (readonly [number: number, seq: number, tells: boolean])[] = [];
  // A source is asked for more when what it gave is committed.
  const source: Source<ChainObservation> = async function* (present, signal) {
    for await (const batch of emitter.source(present, signal)) {
      yield batch;
      for (const block of waiting) written.push([...block, Date.now()]);
      waiting = [];
      const below = batch.filter(({ feed }) => feed === "backfill").length;
      backfilled += below;
      if (below > 0) backfill.push(Date.now());
      if ((written.at(-1)?.[0] ?? 0) >= until) stop.abort();
    }
  };
  const [cpu, beganMs] = [process.cpuUsage(), performance.now()];
  await run(
    {
      emitter: {
        ...emitter,
        source,
        interpret: (state, observation) => {
          const facts = emitter.interpret(state, observation);
          seq += facts.length;
          if (observation.type === "block" && observation.joins !== "backfill") waiting.push([observation.number, seq, facts.length > 0]);
          return facts;
        },
      },
      location: { sqlite: ledger },
      collector: { url: collectorUrl, headers: {}, timeoutMs: 10_000, intervalMs: 5_000 },
      http: { host: "127.0.0.1", port: 0 },
      resource: { "service.name": job },
      slot: "bench",
      version: "0.0.0",
      meter,
      clock: systemClock,
      log,
    },
    stop.signal,
  );
  return {
    written,
    backfilled,
    backfill: [backfill[0] ?? Number.NaN, backfill.at(-1) ?? Number.NaN],
    seconds: (performance.now() - beganMs) / 1000,
    cpuSeconds: ownCpuSeconds(cpu),
    rssMiB: peakRssMiB(),
  };
});
