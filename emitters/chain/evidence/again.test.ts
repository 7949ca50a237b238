import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "#core/clock.ts";
import { ingest } from "#core/ingest.ts";
import type { Ledger } from "#core/ledger/ledger.ts";
import { openLedger } from "#core/ledger/open.ts";
import { createLog } from "#core/log.ts";
import { createMeter } from "#core/meter.ts";
import { labelsKey } from "#core/series.ts";
import type { State } from "#core/state.ts";
import { siblingOf } from "#core/tally.ts";
import { type Meddling, startRpcProxy } from "#core/testing/rpc-proxy.ts";
import { mint, restorePsmOracle } from "../../../demo/world/calls.ts";
import { chainSection } from "../../../demo/world/chain-section.ts";
import { reorg } from "../../../demo/world/reorg.ts";
import { type ChainConfig, chainSchemaIn } from "../config.ts";
import type { ChainFact } from "../facts.ts";
import { followTo, type Standing, startStanding } from "../fixtures/standing.ts";
import { chainEmitter } from "../main.ts";
import { tipOf } from "../memory.ts";
import { weakOf } from "./weak.ts";

const END = 1e9;

let standing: Standing;
let folder: string;
beforeAll(async () => {
  standing = await startStanding();
});
afterAll(() => standing.anvil.stop());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "offing-again-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Runs the emitter on the folder's ledger until this holds, and looks at what is there. */
async function run<T>(
  config: ChainConfig,
  until: (state: State, ledger: Ledger) => Promise<boolean>,
  look: (ledger: Ledger) => Promise<T>,
): Promise<T> {
  const log = createLog({ level: "error", write: (line) => process.stderr.write(line) });
  const emitter = chainEmitter(config, { clock: systemClock, log, meter: createMeter() });
  const { records } = emitter;
  const location = { sqlite: join(folder, "chain.db") };
  const ledger = await openLedger<ChainFact>({ location, domain: "chain", mode: "write", records, nowMs: systemClock.nowMs });
  try {
    const state = await ledger.state();
    const stop = new AbortController();
    const quiet = { clock: systemClock, log, onCommit: () => {}, onDeadLetter: () => expect.fail("a dead letter") };
    const running = ingest({ emitter, ledger, state, ...quiet }, stop.signal);
    while (!(await until(state, ledger))) await Promise.race([running, sleep(20)]);
    stop.abort();
    await running;
    await expectReconciled(emitter, ledger);
    return await look(ledger);
  } finally {
    await ledger.close();
  }
}

/** total + late - retracted is what the contract's SELECT counts, for every metric. */
async function expectReconciled(emitter: ReturnType<typeof chainEmitter>, ledger: Ledger): Promise<void> {
  const sums = new Map<string, number>();
  for (const stored of await ledger.read(0, END)) {
    const sign = siblingOf(stored.fact) === "retracted" ? -1 : 1;
    for (const signal of emitter.signals(stored as Parameters<typeof emitter.signals>[0])) {
      if (signal.type !== "increment") continue;
      const key = `${signal.metric.name}${labelsKey(signal.labels)}`;
      sums.set(key, (sums.get(key) ?? 0) + sign * signal.value);
    }
  }
  const counted = new Map<string, number>();
  for (const { name, ledger: rule } of emitter.metrics) {
    if (rule === undefined) continue;
    for (const { value, ...labels } of await ledger.select(rule.select, END)) {
      counted.set(`${name}${labelsKey(labels as Record<string, string>)}`, Number(value));
    }
  }
  expect(Object.fromEntries([...sums].filter(([, sum]) => sum !== 0))).toEqual(Object.fromEntries(counted));
}

const rows = (ledger: Ledger) =>
  ledger.select(
    "SELECT tx_hash, frame_path, outcome, reason_code, evidence, unresolved FROM oracle_required_operations WHERE seq <= :cursor ORDER BY block_number, id",
    END,
  );

async function retractions(ledger: Ledger): Promise<readonly ChainFact[]> {
  return (await ledger.read(0, END)).map(({ fact }) => fact as ChainFact).filter(({ kind }) => kind === "operation_retracted");
}

const atHead = (hash: string) => async (state: State) => tipOf(state)?.hash === hash;

describe("an operation that is proved again", () => {
  it.each([
    ["flat traces of a block", /^$/],
    ["call traces of a block", /^trace_/],
  ])("takes the better proof once an endpoint has %s, under the old label retracted and late under the new", async (_, missing) => {
    const [proxy, better] = [await startRpcProxy(standing.anvil.url), await startRpcProxy(standing.anvil.url)];
    const lacking =
      (methods: RegExp) =>
      ({ method }: { readonly method: string }): Meddling =>
        methods.test(method) ? { type: "error", code: -32_601, message: "Method not found" } : { type: "pass" };
    proxy.meddle = lacking(/trace|simulate|ots_|eth_call/);
    better.meddle = lacking(missing);
    try {
      const poor = await run(standing.config([proxy.url]), atHead(standing.head), rows);
      const failed = poor.filter((row) => row["evidence"] === "status");
      expect(failed).toHaveLength(5);
      expect(failed.every((row) => row["outcome"] === "reverted" && row["reason_code"] === null)).toBe(true);
      const proved = async (state: State) => [...weakOf(state)].length === 0;
      const facts = await run(standing.config([better.url]), proved, async (ledger) => {
        const now = await rows(ledger);
        // What came through the router, was turned away there or swallowed, was not seen before, and now is.
        const seen = new Set(poor.map((row) => row["tx_hash"]));
        const found = now.filter((row) => !seen.has(row["tx_hash"]));
        expect(found.map((row) => [row["outcome"], row["reason_code"], row["evidence"], row["frame_path"]])).toEqual([
          ["success", null, "trace", "0.0"],
          ["blocked", "PSM_ORACLE_MISSING", "trace", "0.0"],
          ["caught", "PSM_ORACLE_MISSING", "trace", "0.0"],
          ["blocked", "BUYBACK_ORACLE_UNHEALTHY", "trace", "0.0"],
        ]);
        const operations = (await followTo(standing.config(), standing.head)).facts.filter(({ kind }) => kind === "operation");
        expect(now).toHaveLength(operations.length);
        expect(now.filter((row) => row["evidence"] === "trace" && row["frame_path"] === "0")).toHaveLength(5);
        const blocked = now.filter((row) => row["reason_code"] === "PSM_ORACLE_MISSING" && row["frame_path"] === "0");
        expect(blocked.map((row) => row["outcome"])).toEqual(["blocked"]);
        return [...(await retractions(ledger)), ...(await ledger.read(0, END)).map(({ fact }) => fact as ChainFact)];
      });
      expect(facts.filter((fact) => fact.kind === "operation_retracted" && fact.cause === "better_evidence")).toHaveLength(10);
      expect(facts.filter((fact) => fact.kind === "operation" && fact.revision === 1 && fact.late)).toHaveLength(5);
    } finally {
      await proxy.close();
      await better.close();
    }
  });
});

describe("history under a registry that has learnt something", () => {
  /** The demo's ABI leaves `MintCapExceeded` out, so that nobody can read it. */
  const learned = (reasons: readonly object[]): ChainConfig => {
    const section = chainSection(standing.world) as { readonly reasons: readonly object[] };
    const rpc = { urls: [standing.anvil.url], poll_interval: "50ms" };
    return chainSchemaIn(".").parse({ ...section, reasons: [...section.reasons, ...reasons], rpc });
  };
  const CAP = { code: "PSM_CAP_EXCEEDED", error: "MintCapExceeded(uint256,uint256)", oracle_required: true, contracts: ["PSM"] };
  const reasonsOf = async (ledger: Ledger) =>
    (await rows(ledger)).flatMap((row) => (row["reason_code"] === null ? [] : [row["reason_code"]]));
  const reads = (code: string) => async (_: State, ledger: Ledger) => (await reasonsOf(ledger)).includes(code);

  it("is decoded again, once, and back again when the entry goes", async () => {
    const before = await run(standing.config(), atHead(standing.head), rows);
    const after = await run(learned([CAP]), reads(CAP.code), async (ledger) => {
      expect((await retractions(ledger)).map((fact) => fact.kind === "operation_retracted" && fact.cause)).toEqual(["decoded_again"]);
      return await rows(ledger);
    });
    expect(after).toHaveLength(before.length);
    const changed = after.filter((row, index) => JSON.stringify(row) !== JSON.stringify(before[index]));
    expect(changed.map((row) => [row["outcome"], row["reason_code"], Boolean(row["unresolved"])])).toEqual([["blocked", CAP.code, false]]);
    const gone = async (_: State, ledger: Ledger) => !(await reasonsOf(ledger)).includes(CAP.code);
    expect(await run(standing.config(), gone, rows)).toEqual(before);
    expect(await run(learned([CAP]), reads(CAP.code), rows)).toEqual(after);
  });

  it("is taken back by a reorg under its new label", async () => {
    await run(standing.config(), atHead(standing.head), rows);
    await run(learned([CAP]), reads(CAP.code), rows);
    const { mined } = await reorg(standing.world, {
      depth: 5,
      secondsPerBlock: 12,
      blocks: [[restorePsmOracle], [mint({ user: 4 })], [], [], []],
    });
    await run(learned([CAP]), atHead(mined.at(-1)?.hash ?? ""), async (ledger) => expect(await reasonsOf(ledger)).toEqual([]));
  });
});
