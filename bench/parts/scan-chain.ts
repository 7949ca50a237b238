import { systemClock } from "#core/clock.ts";
import { ingest } from "#core/ingest.ts";
import { openLedger } from "#core/ledger/open.ts";
import { createLog } from "#core/log.ts";
import { createMeter } from "#core/meter.ts";
import { chainEmitter } from "../../emitters/chain/main.ts";
import { recordedChainConfig } from "../chain/watched.ts";
import { servePart } from "../part.ts";
import { ownCpuSeconds, peakRssMiB } from "../usage.ts";

/** Which chain to scan, how far, and into which SQLite file. */
export interface ScanOrder {
  readonly url: string;
  readonly blocks: number;
  readonly ledger: string;
  readonly traces: boolean;
  /** How far a peer reads the same chain; all of it where left out. */
  readonly part?: number;
}

/** What was found and what it took. */
export interface ScanAnswer {
  /** How many operations went through, and how many did not. */
  readonly went: number;
  readonly failures: number;
  /** Those of the part that went through, as `hash action`, in order. */
  readonly successes: readonly string[];
  readonly seconds: number;
  /** Until the part was in the ledger. */
  readonly partSeconds: number;
  readonly cpuSeconds: number;
  readonly rssMiB: number;
  /** Memory while it ran, at each tenth of the way. */
  readonly rssOverTime: readonly number[];
}

await servePart<ScanOrder, ScanAnswer>(async ({ url, blocks, ledger: path, traces, part = blocks }) => {
  const config = recordedChainConfig({
    // All of it in order, as a first start on a quiet chain does.
    backfill_above: 1_000_000_000,
    rpc: { urls: [url], trace: traces ? "auto" : "off" },
  });
  const log = createLog({ level: "warn", write: (line) => process.stderr.write(line) });
  const emitter = chainEmitter(config, { clock: systemClock, log, meter: createMeter() });
  const { domain, records } = emitter;
  const ledger = await openLedger({ location: { sqlite: path }, domain, mode: "write", records, nowMs: Date.now });
  const stop = new AbortController();
  const rssOverTime: number[] = [];
  const cpu = process.cpuUsage();
  const beganMs = performance.now();
  let [endedMs, partMs, isPartRead] = [beganMs, beganMs, false];
  const state = await ledger.state();
  await ingest(
    {
      emitter: {
        source: emitter.source,
        interpret: (present, observation) => {
          if (observation.type === "block" && observation.number >= blocks) stop.abort();
          if (observation.type === "block" && observation.number >= part) isPartRead = true;
          if (observation.type === "block" && observation.number % Math.ceil(blocks / 10) === 0)
            rssOverTime.push(process.memoryUsage().rss / 2 ** 20);
          return emitter.interpret(present, observation);
        },
      },
      ledger,
      state,
      clock: systemClock,
      log,
      onCommit: () => {
        endedMs = performance.now();
        if (isPartRead && partMs === beganMs) partMs = endedMs;
      },
      onDeadLetter: ({ reason }) => process.stderr.write(`dead letter: ${reason}\n`),
    },
    stop.signal,
  );
  const cpuSeconds = ownCpuSeconds(cpu);
  // Before all rows are read for the comparison, which no emitter does.
  const rssMiB = peakRssMiB();
  const rows = await ledger.select(
    `SELECT tx_hash, action_type, success, block_number FROM oracle_required_operations WHERE block_number <= ${blocks} ORDER BY seq`,
    await ledger.head(),
  );
  await ledger.close();
  const went = rows.filter((row) => row["success"] === true);
  const successes = went.filter((row) => Number(row["block_number"]) <= part).map((row) => `${row["tx_hash"]} ${row["action_type"]}`);
  const [seconds, partSeconds] = [(endedMs - beganMs) / 1000, (partMs - beganMs) / 1000];
  return { went: went.length, failures: rows.length - went.length, successes, seconds, partSeconds, cpuSeconds, rssMiB, rssOverTime };
});
