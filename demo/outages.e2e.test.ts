import { globSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import type { StoredFact } from "#core/fact.ts";
import { openLedger } from "#core/ledger/open.ts";
import { startPostgres } from "#core/testing/postgres.ts";
import { rssMiBOf } from "../bench/usage.ts";
import { setUpChain } from "../commands/chain-setup.ts";
import { writeDrillAlertmanager, writeDrillConfig } from "../observability/drill/rules.ts";
import type { PartName } from "../stack/start.ts";
import { type EmitterProcess, startEmitter, untilIndexed } from "./emitter-process.ts";
import { startWatchedChain, unequal, type WatchedChain } from "./testing/watched-chain.ts";
import { type Outside, startOutside, type Witness, type Witnesses, witnessesOf } from "./testing/witnesses.ts";
import { load } from "./world/load.ts";
import { headOf } from "./world/traffic.ts";

/** Each part is away for a minute, half of it killed and half stopped; with `offing test --full` for ten. */
const FULL = process.env["OFFING_FULL"] === "1";
const AWAY_MS = FULL ? 300_000 : 30_000;
/** In a drill an alert fires after a twentieth of its time, which a busy machine stretches. */
const ALERT_MS = 60_000;
/** The local profile's: see bench/stack.bench.ts. */
const STACK_MIB = 1_536;
const EMITTER_MIB = 200;
const MIB = 1024 ** 2;
const SEED = Number(process.env["OFFING_SEED"] ?? Math.floor(Math.random() * 2 ** 31));

/** A part that is away, and what tells of it once the parts before it are back. */
interface Absent {
  readonly part: PartName;
  readonly witness?: Witness;
}

/**
 * What goes together, in the order in which it comes back: what tells of one part needs others to be there. A queue of `QUEUE_BYTES` is half
 * full after two minutes of the load; without time for that nothing tells of Loki, for nothing is wrong: what waits has room.
 */
const OUTAGES: readonly (readonly Absent[])[] = [
  [
    { part: "prometheus", witness: "OffingWatchdog" },
    { part: "alerts", witness: "OffingEmitterSilent" },
  ],
  [
    { part: "collector", witness: "OffingCollectorSilent" },
    { part: "alertmanager", witness: "OffingAlertHistoryBlind" },
    { part: "loki", ...(FULL && { witness: "OffingCollectorQueueFilling" }) },
  ],
];
const QUEUE_BYTES = 8 * MIB;
/** Some hundred transactions a second for a minute, some thirty for half an hour. */
const BETWEEN_BLOCKS_MS = FULL ? 600 : 150;

let place: WatchedChain;
let outside: Outside;
let witnesses: Witnesses;
beforeAll(async () => {
  const secrets = mkdtempSync(join(tmpdir(), "offing-outside-"));
  outside = await startOutside(secrets);
  place = await startWatchedChain((folder) => ({
    prometheusConfig: writeDrillConfig(join(folder, "drill")),
    alertmanagerConfig: writeDrillAlertmanager(join(folder, "drill")),
    alertHistory: true,
    reportMs: 500,
    secrets,
    ...(FULL && {
      diskBudget: { prometheus: 8_192 * MIB, loki: 8_192 * MIB, tempo: 2_048 * MIB, queues: (QUEUE_BYTES * 3) / 0.8, ledger: 2_048 * MIB },
    }),
  }));
  witnesses = witnessesOf(place.stack, outside);
});
afterAll(async () => {
  await place?.stop();
  await outside?.stop();
});

/** The emitters that a test started. Those it has not stopped would hold the ledger before the next one. */
const emitters: EmitterProcess[] = [];
function kept(emitter: EmitterProcess): EmitterProcess {
  emitters.push(emitter);
  return emitter;
}
async function stopEmitters(): Promise<void> {
  for (const emitter of emitters.splice(0)) await emitter.stop();
}
afterEach(stopEmitters);

/** What the chain has from before an emitter's start is read from behind, beside what is new. */
async function untilEqual(config: string, truth: Awaited<ReturnType<typeof load>>): Promise<void> {
  await expect.poll(() => unequal(config, truth, 60_000), { timeout: FULL ? 420_000 : 120_000, interval: 1_000 }).toEqual([]);
}

test("an emitter killed under load and a Collector killed beside it leave every number equal", async () => {
  const { world, stack, config } = place;
  process.stdout.write(`outage tests' seed ${SEED}\n`);
  const loading = load(world, { blocks: 120, transactionsPerBlock: 12, seed: SEED, mined: () => sleep(50) });
  let emitter = kept(await place.startEmitter());
  for (let kill = 0; kill < 5; kill += 1) {
    await sleep(200 + ((SEED >>> kill) % 700));
    await emitter.stop("SIGKILL");
    if (kill === 2) await stack.parts.collector.kill("SIGKILL");
    emitter = kept(await place.startEmitter());
    if (kill === 3) await stack.parts.collector.start();
  }
  const truth = await loading;
  await untilIndexed(emitter, { blockNumber: Number((await headOf(world)).number), timeoutMs: 60_000 });
  await untilEqual(config, truth);
});

test("a second emitter on the same ledger ends at once with a clear error", async () => {
  const first = kept(await place.startEmitter());
  await expect(place.startEmitter()).rejects.toMatchObject({ message: expect.stringContaining("LEDGER_LOCKED") });
  await first.stop();
  expect((await first.exited).code).toBe(0);
});

test("on PostgreSQL the numbers end equal too", async () => {
  const { world, folder } = place;
  const postgres = await startPostgres();
  try {
    const config = join(folder, "postgres.yaml");
    const { ledger: _, ...sections } = parse(readFileSync(place.config, "utf8")) as Record<string, unknown>;
    writeFileSync(join(folder, "postgres-url"), postgres.url, { mode: 0o600 });
    writeFileSync(config, stringify({ ...sections, ledger: { postgres: { url_file: "postgres-url" } } }));
    const start = async (): Promise<EmitterProcess> =>
      kept(await startEmitter({ domain: "chain", config, logFile: join(folder, "postgres.log") }));
    let emitter = await start();
    const loading = load(world, { blocks: 20, transactionsPerBlock: 10, seed: 7, mined: () => sleep(50) });
    await sleep(500);
    await emitter.stop("SIGKILL");
    emitter = await start();
    const truth = await loading;
    await untilIndexed(emitter, { blockNumber: Number((await headOf(world)).number), timeoutMs: 60_000 });
    await untilEqual(config, truth);
  } finally {
    await stopEmitters();
    await postgres.stop();
  }
});

/** What came of the load once it was told to end. */
interface Loading {
  readonly end: () => Promise<Awaited<ReturnType<typeof load>>>;
}

/** Block after block of twenty transactions, until told to end. */
function keepLoading(): Loading {
  let ending = false;
  const loading = (async () => {
    for (let round = 0; ; round += 1) {
      const truth = await load(place.world, {
        blocks: 5,
        transactionsPerBlock: 20,
        seed: SEED + round,
        mined: () => sleep(BETWEEN_BLOCKS_MS),
      });
      if (ending) return truth;
    }
  })();
  // When the test fails first, the chain goes away under the load, and nobody asks for its truth.
  loading.catch(() => undefined);
  return {
    end: async () => {
      ending = true;
      return await loading;
    },
  };
}

/**
 * The parts' processes are gone, or are there and answer nobody, for a while; and what tells of it. Without `isWatched` nobody waits to be
 * told.
 */
async function away(outage: readonly Absent[], how: "killed" | "stopped", isWatched: boolean): Promise<void> {
  const watched = (witness: Witness | undefined): readonly Witness[] => (isWatched && witness !== undefined ? [witness] : []);
  const patienceMs = FULL ? AWAY_MS + ALERT_MS : ALERT_MS;
  const gone = outage.map((absent) => {
    const part = place.stack.parts[absent.part];
    if (part?.process == null) throw new Error(`${absent.part} does not run`);
    return { ...absent, running: part, pid: part.process.pid };
  });
  for (const { witness } of gone) for (const one of watched(witness)) await witnesses.until(one, "well", patienceMs);
  for (const { running, pid } of gone) {
    if (how === "stopped") process.kill(pid, "SIGSTOP");
    else await running.kill("SIGKILL");
  }
  await sleep(AWAY_MS);
  for (const { witness, running, pid } of gone) {
    for (const one of watched(witness)) await witnesses.until(one, "alarmed", patienceMs);
    if (how === "stopped") process.kill(pid, "SIGCONT");
    else await running.start();
    for (const one of watched(witness)) await witnesses.until(one, "well", patienceMs);
  }
}

/** The most that the emitter and all parts together had resident. */
function watchMemory(emitter: EmitterProcess): { readonly end: () => Promise<{ readonly emitterMiB: number; readonly stackMiB: number }> } {
  const ended = new AbortController();
  const watching = (async () => {
    let [emitterMiB, stackMiB] = [0, 0];
    while (!ended.signal.aborted) {
      emitterMiB = Math.max(emitterMiB, rssMiBOf(emitter.pid));
      const each = Object.values(place.stack.parts).flatMap(({ process: running }) => (running === null ? [] : [rssMiBOf(running.pid)]));
      stackMiB = Math.max(
        stackMiB,
        each.filter(Number.isFinite).reduce((sum, one) => sum + one, 0),
      );
      await sleep(250, undefined, { signal: ended.signal }).catch(() => undefined);
    }
    return { emitterMiB, stackMiB };
  })();
  return {
    end: async () => {
      ended.abort();
      return await watching;
    },
  };
}

/** The ids of all spans that the ledger's facts become. */
async function spansOfLedger(): Promise<ReadonlySet<string>> {
  const { run, emitter: chain } = setUpChain({ config: place.config, set: [] });
  const ledger = await openLedger({ location: run.location, domain: chain.domain, mode: "read", records: chain.records, nowMs: Date.now });
  const signals = chain.signals as (stored: StoredFact) => ReturnType<typeof chain.signals>;
  const spans = new Set<string>();
  try {
    for (let facts = await ledger.read(0, 1_000); facts.length > 0; facts = await ledger.read(facts.at(-1)?.seq ?? 0, 1_000)) {
      for (const stored of facts) for (const signal of signals(stored)) if (signal.type === "span") spans.add(signal.spanId);
    }
    return spans;
  } finally {
    await ledger.close();
  }
}

/** The ids of all spans in the Collector's file; a killed Collector may have left half a line, whose spans come again. */
function spansOfFile(tracesFile: string): ReadonlySet<string> {
  const files = globSync("traces*.jsonl", { cwd: dirname(tracesFile) });
  const spans = new Set<string>();
  for (const file of files) {
    for (const [, id = ""] of readFileSync(join(dirname(tracesFile), file), "utf8").matchAll(/"spanId":"([0-9a-f]{16})"/g)) spans.add(id);
  }
  return spans;
}

test("each part of the stack killed and stopped under load: an alert tells of it, nothing is missing afterwards, and memory stays bounded", {
  timeout: OUTAGES.length * 2 * (AWAY_MS + 6 * ALERT_MS) + 500_000,
}, async () => {
  process.stdout.write(`each part away for twice ${AWAY_MS / 1000} s, and longer until its alert tells of it\n`);
  const emitter = kept(await place.startEmitter());
  const loading = keepLoading();
  const memory = watchMemory(emitter);
  try {
    // A part that hangs is harder to notice than one that is gone, so the short form waits to be told of that; what nobody tells of goes at once.
    for (const outage of FULL ? OUTAGES : [OUTAGES.flat()]) await away(outage, "killed", FULL);
    for (const outage of OUTAGES) await away(outage, "stopped", true);
    const truth = await loading.end();
    await untilIndexed(emitter, { blockNumber: Number((await headOf(place.world)).number), timeoutMs: FULL ? 300_000 : 60_000 });
    await untilEqual(place.config, truth);
    const { tracesFile } = place.stack.endpoints;
    if (tracesFile !== null) {
      const wanted = await spansOfLedger();
      expect(wanted.size).toBeGreaterThan(100);
      const missing = (): number => {
        const found = spansOfFile(tracesFile);
        return [...wanted].filter((id) => !found.has(id)).length;
      };
      await expect.poll(missing, { timeout: 60_000, interval: 2_000 }).toBe(0);
    }
    expect(await witnesses.lost()).toBe(0);
  } finally {
    const { emitterMiB, stackMiB } = await memory.end();
    process.stdout.write(`at most ${Math.round(emitterMiB)} MiB for the emitter, ${Math.round(stackMiB)} MiB for the stack\n`);
    expect(emitterMiB).toBeLessThan(EMITTER_MIB);
    expect(stackMiB).toBeLessThan(STACK_MIB);
  }
});
