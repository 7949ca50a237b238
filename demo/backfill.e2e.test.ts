import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "#core/clock.ts";
import type { Emitter } from "#core/emitter.ts";
import type { StoredFact } from "#core/fact.ts";
import { openLedger } from "#core/ledger/open.ts";
import { type ReconcileReport, reconcile } from "#core/reconcile.ts";
import { run } from "#core/run.ts";
import { readCoverage } from "../commands/chain.ts";
import { pruneChain } from "../commands/chain-prune.ts";
import { setUpChain } from "../commands/chain-setup.ts";
import { reconcileChain } from "../commands/reconcile.ts";
import type { ChainFact } from "../emitters/chain/facts.ts";
import type { ChainObservation, TransactionSeen } from "../emitters/chain/observation.ts";
import { type Stack, startStack } from "../stack/start.ts";
import { alertStates } from "./alerts.ts";

const EXAMPLE = new URL("../offing.example.yaml", import.meta.url).pathname;
/** The lowest blocks, in which nothing failed: so many of their facts in a row are worth pruning. */
const QUIET_BLOCKS = 200;
const BLOCKS = 1_000 + QUIET_BLOCKS;
const FAILURES_PER_BLOCK = 100;
/** One of them has a row of its own, the others share one. */
const SUCCESSES_PER_BLOCK = 3;
const FAILURES = (BLOCKS - QUIET_BLOCKS) * FAILURES_PER_BLOCK;
const FACTS = FAILURES + BLOCKS * 2;
const DAY_MS = 86_400_000;
const PSM = "0x1000000000000000000000000000000000000001";
const USER = "0x2000000000000000000000000000000000000002";
/** keccak256("mint(uint256)") and keccak256("PSM_ORACLE_MISSING()"), first four bytes. */
const MINT = "0xa0712d68";
const MISSING = "0x67f8fe82";

const OF_OPERATIONS = [
  "ChainPsmBlocked",
  "ChainBuybackUnhealthyBurst",
  "ChainBuybackBlocked",
  "ChainPsmOracleMissingBurst",
  "ChainOperationsUnresolved",
  "ChainCoverageGap",
];

let folder: string;
let stack: Stack;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "offing-backfill-"));
  stack = await startStack({ directory: join(folder, "stack"), ports: "free" });
});
afterAll(async () => {
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function hex(number: number): string {
  return `0x${number.toString(16).padStart(64, "0")}`;
}

function failure(block: number, index: number): TransactionSeen {
  const frame = { type: "CALL", from: USER, to: PSM, selector: MINT, error: "execution reverted", output: MISSING, calls: [] };
  return { hash: hex(block * 1_000 + index), index, from: USER, to: PSM, selector: MINT, success: false, logs: [], trace: frame };
}

function success(block: number, index: number): TransactionSeen {
  return { hash: hex(block * 1_000 + index), index, from: USER, to: PSM, selector: MINT, success: true, logs: [], trace: null };
}

/** The head first; behind it blocks of thirty days ago, full of failures, from the head down; and then the chain goes on. */
async function* oldFailures(signal: AbortSignal): AsyncGenerator<{ feed: string; observation: ChainObservation; cursor?: number }[]> {
  const nowMs = Date.now();
  const head = BLOCKS + 1;
  const observation = {
    type: "block" as const,
    observedAtMs: nowMs,
    number: head,
    hash: hex(head),
    parentHash: hex(head - 1),
    timeMs: nowMs,
  };
  const tick = { type: "tick" as const, atMs: nowMs, head, safe: null, finalized: null };
  yield [
    { feed: "ticks", observation: tick },
    { feed: "blocks", observation: { ...observation, joins: "jump", grade: "traced", transactions: [] }, cursor: head },
  ];
  for (let number = BLOCKS; number >= 1 && !signal.aborted; number -= 10) {
    yield Array.from({ length: 10 }, (_, offset) => {
      const block = number - offset;
      const failures = block > QUIET_BLOCKS ? FAILURES_PER_BLOCK : 0;
      const transactions = Array.from({ length: failures + SUCCESSES_PER_BLOCK }, (_, index) =>
        index < SUCCESSES_PER_BLOCK ? success(block, index) : failure(block, index),
      );
      const timeMs = nowMs - 30 * DAY_MS + block * 12_000;
      const observation = {
        type: "block" as const,
        observedAtMs: nowMs,
        number: block,
        hash: hex(block),
        parentHash: hex(block - 1),
        timeMs,
        joins: "backfill" as const,
        grade: "traced" as const,
        transactions,
      };
      return { feed: "backfill", observation, cursor: block };
    });
  }
  // The chain goes on: a head that stands still would rightly raise the alert for it.
  for (let number = head + 1; !signal.aborted; number += 1) {
    const atMs = Date.now();
    const block = {
      type: "block" as const,
      observedAtMs: atMs,
      number,
      hash: hex(number),
      parentHash: hex(number - 1),
      timeMs: atMs,
      grade: "traced" as const,
      transactions: [],
    };
    yield [
      { feed: "ticks", observation: { type: "tick", atMs, head: number, safe: null, finalized: null } },
      { feed: "blocks", observation: block, cursor: number },
    ];
    await sleep(500, undefined, { signal }).catch(() => undefined);
  }
}

function settings(): readonly string[] {
  const { collector, prometheus, loki } = stack.endpoints;
  return [
    `collector.url=${collector}`,
    `ledger.sqlite=${join(folder, "ledger.db")}`,
    `backends.prometheus=${prometheus}`,
    `backends.loki=${loki}`,
    "http.listen=127.0.0.1:0",
    "collector.interval=1s",
    "chain.start_block=1",
    "chain.retention.success_rows_per_block=1",
    "chain.retention.success_facts=1d",
  ];
}

/** What the calls that went through are counted as. */
function successesIn({ rows }: Pick<ReconcileReport, "rows">): readonly ReconcileReport["rows"][number][] {
  return rows.filter((row) => row.metric === "offing.chain.operations" && row.labels["outcome"] === "success" && row.ledger > 0);
}

test("a backfill of 100,000 old failures ends with equal sums and raises not one alert", { timeout: 600_000 }, async () => {
  const { prometheus, loki } = stack.endpoints;
  const set = settings();
  const setup = setUpChain({ config: EXAMPLE, set });
  const emitter: Emitter<ChainObservation, ChainFact> = { ...setup.emitter, source: (_, signal) => oldFailures(signal) };
  const stop = new AbortController();
  const running = run({ ...setup.run, emitter }, stop.signal);
  const raised = new Set<string>();
  const watching = (async () => {
    while (!stop.signal.aborted) {
      for (const { name, state, severity } of await alertStates(prometheus)) {
        // The Watchdog, which always fires.
        if (severity === "none") continue;
        // A guard may be pending while its emitter has just started; what speaks of operations may not even be that.
        if (state === "firing" || (state === "pending" && OF_OPERATIONS.includes(name))) raised.add(`${name} ${state}`);
      }
      await sleep(1_000, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  })();
  const { domain, records, metrics } = emitter;
  while ((await projected()) < FACTS) await sleep(500);
  const ledger = await openLedger({ location: setup.run.location, domain, mode: "read", records, nowMs: Date.now });
  const signals = emitter.signals as (stored: StoredFact) => ReturnType<typeof emitter.signals>;
  const report = await reconcile({ ledger, metrics, signals, backends: { prometheus, loki }, clock: systemClock, waitMs: 300_000 });
  await ledger.close();
  stop.abort();
  await Promise.all([running, watching]);
  expect(report.rows.filter((row) => !row.equal)).toEqual([]);
  expect(report).toMatchObject({ equal: true, facts: FACTS, missingLogCount: 0, faults: [] });
  const failures = report.rows.find((row) => row.metric === "oracle.required.failures" && row.labels["action_type"] === "PSM_MINT");
  expect(failures).toMatchObject({
    ledger: FAILURES,
    prometheus: FAILURES,
    loki: FAILURES,
  });
  const all = BLOCKS * SUCCESSES_PER_BLOCK;
  expect(successesIn(report)).toMatchObject([
    { labels: { action_type: "PSM_MINT", caller_category: "eoa" }, ledger: all, prometheus: all, loki: all, pruned: 0 },
  ]);
  expect([...raised]).toEqual([]);
  expect((await readCoverage({ config: EXAMPLE, set })).gaps).toEqual([]);

  async function projected(): Promise<number> {
    try {
      const reader = await openLedger({ location: setup.run.location, domain, mode: "read", records, nowMs: Date.now });
      const projection = await reader.projection.load();
      await reader.close();
      return projection?.cursorSeq ?? 0;
    } catch {
      // The first transaction may not have made the tables yet.
      return 0;
    }
  }
});

test("what the policy prunes is announced first, changes no number, and is no difference to Loki", { timeout: 180_000 }, async () => {
  const options = { config: EXAMPLE, set: settings() };
  // The facts of the quiet blocks follow each other, and the shared row of the block above them comes right before.
  const gone = { facts: 2 * QUIET_BLOCKS + 1, operations: QUIET_BLOCKS * SUCCESSES_PER_BLOCK + SUCCESSES_PER_BLOCK - 1 };
  const announced = await pruneChain({ ...options, dryRun: true });
  expect(announced.map(({ order, rows }) => [order.table, rows])).toEqual([["facts", gone.facts]]);
  expect((await reconcileChain(options, 60_000)).facts).toBe(FACTS);
  expect(await pruneChain(options)).toEqual(announced);
  const report = await reconcileChain(options, 60_000);
  expect(report.rows.filter((row) => !row.equal)).toEqual([]);
  expect(report).toMatchObject({ equal: true, facts: FACTS - gone.facts, missingLogCount: 0, faults: [] });
  const all = BLOCKS * SUCCESSES_PER_BLOCK;
  expect(successesIn(report)).toMatchObject([{ ledger: all, prometheus: all, loki: all - gone.operations, pruned: gone.operations }]);
});
