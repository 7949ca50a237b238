import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Emitter } from "#core/emitter.ts";
import { openLedger } from "#core/ledger/open.ts";
import type { ReconcileReport } from "#core/reconcile.ts";
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
/** What lies below the head that the emitter begins at. */
interface Past {
  readonly blocks: number;
  /** In so many of the lowest blocks nothing failed. */
  readonly quiet: number;
  readonly failuresPerBlock: number;
}

const LARGE: Past = { blocks: 1_000, quiet: 0, failuresPerBlock: 100 };
/** Deep enough that the quiet blocks are final and beyond what a reorg takes back; their facts follow each other. */
const SMALL: Past = { blocks: 700, quiet: 60, failuresPerBlock: 1 };
/** One of them has a row of its own, the others share one. */
const SUCCESSES_PER_BLOCK = 3;
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

function failuresIn({ blocks, quiet, failuresPerBlock }: Past): number {
  return (blocks - quiet) * failuresPerBlock;
}

function factsIn(past: Past): number {
  return failuresIn(past) + past.blocks * 2;
}

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

type Batch = { feed: string; observation: ChainObservation; cursor?: number }[];

/** The head first; behind it blocks of thirty days ago, full of failures, from the head down; and then the chain goes on. */
async function* oldBlocks({ blocks, quiet, failuresPerBlock }: Past, signal: AbortSignal): AsyncGenerator<Batch> {
  const nowMs = Date.now();
  const head = blocks + 1;
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
  for (let number = blocks; number >= 1 && !signal.aborted; number -= 10) {
    yield Array.from({ length: 10 }, (_, offset) => {
      const block = number - offset;
      const failures = block > quiet ? failuresPerBlock : 0;
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

function settings(past: Past): readonly string[] {
  const { collector, prometheus, loki } = stack.endpoints;
  return [
    `collector.url=${collector}`,
    `ledger.sqlite=${join(folder, `ledger-${past.blocks}.db`)}`,
    `backends.prometheus=${prometheus}`,
    `backends.loki=${loki}`,
    "http.listen=127.0.0.1:0",
    "collector.interval=1s",
    "chain.start_block=1",
    "chain.retention.success_rows_per_block=1",
    "chain.retention.success_facts=1d",
  ];
}

/** An emitter that has read all of a past and exported it, and goes on with the chain. */
async function emitterAfter(past: Past): Promise<{ readonly stop: () => Promise<void> }> {
  const setup = setUpChain({ config: EXAMPLE, set: settings(past) });
  const emitter: Emitter<ChainObservation, ChainFact> = { ...setup.emitter, source: (_, signal) => oldBlocks(past, signal) };
  const stop = new AbortController();
  const running = run({ ...setup.run, emitter }, stop.signal);
  const { domain, records } = emitter;
  const projected = async (): Promise<number> => {
    try {
      const reader = await openLedger({ location: setup.run.location, domain, mode: "read", records, nowMs: Date.now });
      const projection = await reader.projection.load();
      await reader.close();
      return projection?.cursorSeq ?? 0;
    } catch {
      // The first transaction may not have made the tables yet.
      return 0;
    }
  };
  while ((await projected()) < factsIn(past)) await Promise.race([sleep(500), running]);
  return {
    stop: async () => {
      stop.abort();
      await running;
    },
  };
}

/** Every alert that fires, or that speaks of operations and is pending, until `stop`. */
function watchAlerts(): { readonly raised: ReadonlySet<string>; readonly stop: () => Promise<void> } {
  const [raised, stop] = [new Set<string>(), new AbortController()];
  const watching = (async () => {
    while (!stop.signal.aborted) {
      for (const { name, state, severity } of await alertStates(stack.endpoints.prometheus)) {
        // The Watchdog, which always fires.
        if (severity === "none") continue;
        // A guard may be pending while its emitter has just started; what speaks of operations may not even be that.
        if (state === "firing" || (state === "pending" && OF_OPERATIONS.includes(name))) raised.add(`${name} ${state}`);
      }
      await sleep(1_000, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  })();
  return {
    raised,
    stop: async () => {
      stop.abort();
      await watching;
    },
  };
}

/** What the calls that went through are counted as. */
function successesIn({ rows }: Pick<ReconcileReport, "rows">): readonly ReconcileReport["rows"][number][] {
  return rows.filter((row) => row.metric === "offing.chain.operations" && row.labels["outcome"] === "success" && row.ledger > 0);
}

test("a backfill of 100,000 old failures ends with equal sums and raises not one alert", { timeout: 600_000 }, async () => {
  const options = { config: EXAMPLE, set: settings(LARGE) };
  const alerts = watchAlerts();
  const emitter = await emitterAfter(LARGE);
  const report = await reconcileChain(options, 300_000);
  await emitter.stop();
  await alerts.stop();
  expect(report.rows.filter((row) => !row.equal)).toEqual([]);
  expect(report).toMatchObject({ equal: true, facts: factsIn(LARGE), missingLogCount: 0, faults: [] });
  const failures = report.rows.find((row) => row.metric === "oracle.required.failures" && row.labels["action_type"] === "PSM_MINT");
  const failed = failuresIn(LARGE);
  expect(failures).toMatchObject({ ledger: failed, prometheus: failed, loki: failed });
  const all = LARGE.blocks * SUCCESSES_PER_BLOCK;
  expect(successesIn(report)).toMatchObject([
    { labels: { action_type: "PSM_MINT", caller_category: "eoa" }, ledger: all, prometheus: all, loki: all, pruned: 0 },
  ]);
  expect([...alerts.raised]).toEqual([]);
  expect((await readCoverage(options)).gaps).toEqual([]);
});

test("what the policy prunes is announced first, changes no number, and is no difference to Loki", { timeout: 180_000 }, async () => {
  const options = { config: EXAMPLE, set: settings(SMALL) };
  const emitter = await emitterAfter(SMALL);
  await emitter.stop();
  // The shared row of the block above the quiet ones comes right before theirs.
  const gone = { facts: 2 * SMALL.quiet + 1, operations: SMALL.quiet * SUCCESSES_PER_BLOCK + SUCCESSES_PER_BLOCK - 1 };
  const announced = await pruneChain({ ...options, dryRun: true });
  expect(announced.map(({ order, rows }) => [order.table, rows])).toEqual([["facts", gone.facts]]);
  expect(await reconcileChain(options, 60_000)).toMatchObject({ equal: true, facts: factsIn(SMALL) });
  expect(await pruneChain(options)).toEqual(announced);
  const report = await reconcileChain(options, 60_000);
  expect(report.rows.filter((row) => !row.equal)).toEqual([]);
  expect(report).toMatchObject({ equal: true, facts: factsIn(SMALL) - gone.facts, missingLogCount: 0, faults: [] });
  const all = SMALL.blocks * SUCCESSES_PER_BLOCK;
  expect(successesIn(report)).toMatchObject([{ ledger: all, prometheus: all, loki: all - gone.operations, pruned: gone.operations }]);
});
