import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { queryPrometheus } from "#core/backends.ts";
import type { StoredFact } from "#core/fact.ts";
import { openLedger } from "#core/ledger/open.ts";
import { rssMiBOf } from "../bench/usage.ts";
import { setUpChain } from "../commands/chain-setup.ts";
import { reconcileChain } from "../commands/reconcile.ts";
import { writeDrillConfig } from "../observability/drill/rules.ts";
import { type Part, type Stack, startStack } from "../stack/start.ts";
import { alertStates } from "./alerts.ts";
import { type EmitterProcess, startEmitter, untilIndexed } from "./emitter-process.ts";
import { type Anvil, startAnvil } from "./world/anvil.ts";
import { chainSection } from "./world/chain-section.ts";
import { deploy, type World } from "./world/deploy.ts";
import { load } from "./world/load.ts";
import { headOf } from "./world/traffic.ts";

/** `offing test --full` leaves each part away for ten minutes: five killed, five stopped. */
const FULL = process.env["OFFING_FULL"] === "1";
const AWAY_MS = FULL ? 300_000 : 4_000;
/** In a drill an alert fires after a twentieth of its time, which a busy machine stretches. */
const ALERT_MS = 60_000;
const PARTS = ["collector", "prometheus", "loki"] as const;
/** What tells of a part that is away; of Prometheus and Loki nothing inside the stack does. */
const WITNESS = "OffingEmitterSilent";
/** The local profile's: see bench/stack.bench.ts. */
const STACK_MIB = 1_536;
const EMITTER_MIB = 200;

let folder: string;
let stack: Stack;
let anvil: Anvil;
let world: World;
let config: string;
let emitter: EmitterProcess;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "offing-outages-"));
  [stack, anvil] = await Promise.all([
    startStack({ directory: join(folder, "stack"), ports: "free", prometheusConfig: writeDrillConfig(join(folder, "drill")) }),
    startAnvil({ folder: join(folder, "anvil") }),
  ]);
  world = await deploy({ url: anvil.url, rpc: anvil.rpc });
  config = join(folder, "offing.yaml");
  const { collector, prometheus, loki, tempo } = stack.endpoints;
  const sections = {
    ledger: { sqlite: "ledger.db" },
    collector: { url: collector, interval: "500ms", timeout: "2s" },
    http: { listen: "127.0.0.1:0" },
    backends: { prometheus, loki, ...(tempo !== null && { tempo }) },
    chain: { ...chainSection(world), rpc: { urls: [world.url], poll_interval: "100ms" } },
  };
  writeFileSync(config, stringify(sections));
  emitter = await startEmitter({ domain: "chain", config, logFile: join(folder, "chain.log") });
});
afterAll(async () => {
  await emitter?.stop();
  await stack?.stop();
  await anvil?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** What came of the load once it was told to end. */
interface Loading {
  readonly end: () => Promise<Awaited<ReturnType<typeof load>>>;
}

/** Block after block until told to end, up to 100 transactions a second. */
function keepLoading(seed: number): Loading {
  let ending = false;
  const loading = (async () => {
    for (let round = 0; ; round += 1) {
      const truth = await load(world, { blocks: 5, transactionsPerBlock: 20, seed: seed + round, mined: () => sleep(150) });
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

/** The part's process is gone, or is there and answers nobody, for a while. */
async function away(part: Part, how: "killed" | "stopped"): Promise<void> {
  const pid = part.process?.pid;
  if (pid === undefined) throw new Error(`${part.name} does not run`);
  const isWitnessed = part.name === "collector";
  if (isWitnessed) await untilWitness("inactive");
  if (how === "stopped") process.kill(pid, "SIGSTOP");
  else await part.kill("SIGKILL");
  const back = sleep(AWAY_MS);
  if (isWitnessed) await untilWitness("firing");
  await back;
  if (how === "stopped") process.kill(pid, "SIGCONT");
  else await part.start();
  if (isWitnessed) await untilWitness("inactive");
}

async function untilWitness(state: "firing" | "inactive"): Promise<void> {
  const { prometheus } = stack.endpoints;
  const now = async (): Promise<string | undefined> => (await alertStates(prometheus)).find(({ name }) => name === WITNESS)?.state;
  await expect.poll(now, { timeout: ALERT_MS, interval: 250, message: `${WITNESS} ${state}` }).toBe(state);
}

/** Without a heartbeat of an emitter nothing can miss it. */
async function untilHeard(): Promise<void> {
  const heard = async (): Promise<number> =>
    (await queryPrometheus(stack.endpoints.prometheus, "offing_heartbeat_timestamp_seconds")).length;
  await expect.poll(heard, { timeout: 30_000, interval: 250 }).toBeGreaterThan(0);
}

/** The most that the emitter and all parts together had resident. */
function watchMemory(): { readonly end: () => Promise<{ readonly emitterMiB: number; readonly stackMiB: number }> } {
  const ended = new AbortController();
  const watching = (async () => {
    let [emitterMiB, stackMiB] = [0, 0];
    while (!ended.signal.aborted) {
      emitterMiB = Math.max(emitterMiB, rssMiBOf(emitter.pid));
      const each = Object.values(stack.parts).flatMap(({ process: running }) => (running === null ? [] : [rssMiBOf(running.pid)]));
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
  const { run, emitter: chain } = setUpChain({ config, set: [] });
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
  const text = files.map((file) => readFileSync(join(dirname(tracesFile), file), "utf8")).join("\n");
  return new Set([...text.matchAll(/"spanId":"([0-9a-f]{16})"/g)].map(([, id]) => id ?? ""));
}

test("each part of the stack killed and stopped under load: an alert tells of it, nothing is missing afterwards, and memory stays bounded", {
  timeout: PARTS.length * 2 * AWAY_MS + 500_000,
}, async () => {
  const seed = Number(process.env["OFFING_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  process.stdout.write(`outage test seed ${seed}, each part away for twice ${AWAY_MS / 1000} s\n`);
  await untilHeard();
  const loading = keepLoading(seed);
  const memory = watchMemory();
  for (const how of ["killed", "stopped"] as const) for (const name of PARTS) await away(stack.parts[name], how);
  const { byReason } = await loading.end();
  await untilIndexed(emitter, { blockNumber: Number((await headOf(world)).number), timeoutMs: 60_000 });
  const report = await reconcileChain({ config, set: [] }, 120_000);
  expect(report.rows.filter((row) => !row.equal)).toEqual([]);
  expect(report).toMatchObject({ equal: true, missingLogCount: 0, faults: [] });
  for (const [code, { current }] of Object.entries(byReason)) {
    const rows = report.rows.filter((row) => row.metric === "oracle.required.failures" && row.labels["reason_code"] === code);
    expect(
      rows.reduce((sum, row) => sum + row.ledger, 0),
      code,
    ).toBe(current);
  }
  const { tracesFile } = stack.endpoints;
  if (tracesFile !== null) {
    const wanted = await spansOfLedger();
    expect(wanted.size).toBeGreaterThan(100);
    const missing = (): number => {
      const found = spansOfFile(tracesFile);
      return [...wanted].filter((id) => !found.has(id)).length;
    };
    await expect.poll(missing, { timeout: 30_000 }).toBe(0);
  }
  const { emitterMiB, stackMiB } = await memory.end();
  process.stdout.write(
    `${report.facts} facts; at most ${Math.round(emitterMiB)} MiB for the emitter, ${Math.round(stackMiB)} MiB for the stack\n`,
  );
  expect(emitterMiB).toBeLessThan(EMITTER_MIB);
  expect(stackMiB).toBeLessThan(STACK_MIB);
});
