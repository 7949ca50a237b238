import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { expect, it } from "vitest";
import { systemClock } from "#core/clock.ts";
import { ingest } from "#core/ingest.ts";
import type { Ledger } from "#core/ledger/ledger.ts";
import { openLedger } from "#core/ledger/open.ts";
import { createLog } from "#core/log.ts";
import { createMeter } from "#core/meter.ts";
import type { State } from "#core/state.ts";
import { type ChainConfig, chainSchemaIn } from "./config.ts";
import { coverageOf, gapsOf } from "./coverage.ts";
import { weakOf } from "./evidence/weak.ts";
import type { ChainFact } from "./facts.ts";
import { SECTION } from "./fixtures/handmade.ts";
import { type Deed, grow, type Mischief, startTreeNode, type TreeBlock, type TreeNode } from "./fixtures/tree-node.ts";
import { chainEmitter } from "./main.ts";
import { islandOf, tipOf } from "./memory.ts";

/** One thing that happens to the emitter or to its two nodes. */
type Happening =
  | { readonly kind: "show"; readonly node: number; readonly block: number }
  | { readonly kind: "mischief"; readonly node: number; readonly what: Mischief; readonly times: number }
  | { readonly kind: "crash" }
  | { readonly kind: "pause"; readonly ms: number };

const node = fc.nat({ max: 1 });
/** 2 stands for both nodes: a reorg, not a node that lags. */
const nodes = fc.nat({ max: 2 });
const what = fc.constantFrom<Mischief>("cut", "overloaded", "busy", "html", "truncated", "null", "receipts", "elsewhere");
const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("show" as const), node: nodes, block: fc.nat({ max: 60 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("mischief" as const), node, what, times: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("crash" as const) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("pause" as const), ms: fc.integer({ min: 20, max: 120 }) }) },
);
const deeds = fc.array(fc.constantFrom<Deed>("minted", "blocked", "caught", "undecoded"), { maxLength: 3 });
const plan = fc.array(fc.record({ back: fc.oneof(fc.constant(0), fc.nat({ max: 5 })), deeds }), {
  minLength: 12,
  maxLength: 30,
});

it("any order of crashes, reorgs, flaps and failovers ends with the table and totals of a quiet run", { timeout: 120_000 }, async () => {
  const seed = Number(process.env["OFFING_SEED"] ?? Date.now() % 2 ** 31);
  process.stdout.write(`chaos: seed ${seed} (set OFFING_SEED to repeat)\n`);
  const met = { runs: 0, reorgs: 0, failures: 0 };
  const run = fc.asyncProperty(plan, fc.array(happening, { minLength: 5, maxLength: 20 }), async (blocks, happenings) => {
    const tree = treeOf(blocks);
    const loud = await outcomeOf(tree, happenings);
    const quiet = await outcomeOf(tree, []);
    expect(loud.rows).toEqual(quiet.rows);
    expect(loud.totals).toEqual(quiet.totals);
    expect(loud.counted).toEqual(loud.totals);
    met.runs += 1;
    met.reorgs += loud.reorgs;
    met.failures += loud.totals.filter((line) => line.startsWith("oracle.required.failures")).length;
  });
  // A budget rather than a number of runs: a busy machine tries fewer orders.
  await fc.assert(run, { seed, numRuns: 40, interruptAfterTimeLimit: 10_000, endOnFailure: true });
  process.stdout.write(`chaos: ${met.runs} orders with ${met.reorgs} reorgs\n`);
  expect(met.runs).toBeGreaterThan(0);
  expect(met.failures).toBeGreaterThan(0);
});

interface Tree {
  readonly all: readonly TreeBlock[];
  /** Higher than every other one, so that it wins in the end as it would on a real chain. */
  readonly last: TreeBlock;
}

/** Each block stands on the newest one, or on one a few before it. */
function treeOf(blocks: readonly { readonly back: number; readonly deeds: readonly Deed[] }[]): Tree {
  const all: TreeBlock[] = [grow(undefined, [], "root")];
  for (const [index, { back, deeds: done }] of blocks.entries())
    all.push(grow(all[Math.max(0, all.length - 1 - back)], done, String(index)));
  const highest = Math.max(...all.map(({ number }) => number));
  let last = all.at(-1);
  while (last === undefined || last.number <= highest) {
    last = grow(last, ["blocked"], "last");
    all.push(last);
  }
  return { all, last };
}

interface Outcome {
  readonly rows: readonly unknown[];
  /** By the contract's SELECTs. */
  readonly totals: readonly string[];
  /** total + late - retracted, folded from the facts. */
  readonly counted: readonly string[];
  readonly reorgs: number;
}

async function outcomeOf({ all, last }: Tree, happenings: readonly Happening[]): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), "offing-chaos-"));
  const nodes = await Promise.all([startTreeNode(all[0] ?? last, all), startTreeNode(all[0] ?? last, all)]);
  const config = configOf(nodes);
  let life = await live(folder, config);
  try {
    for (const one of happenings) {
      if (one.kind === "crash") {
        await life.end();
        life = await live(folder, config);
      } else if (one.kind === "pause") await Promise.race([sleep(one.ms), life.running]);
      else happen(nodes, one, all);
    }
    for (const shown of nodes) {
      shown.show = last;
      shown.mischief.length = 0;
    }
    while (!life.isAt(last)) await Promise.race([sleep(5), life.running]);
    if (life.hasWeak()) {
      // What no node would prove when it was met is asked again: a minute later by the same process, at once by the next.
      await life.end();
      life = await live(folder, config);
    }
    while (life.hasWeak()) await Promise.race([sleep(5), life.running]);
    return await read(life.ledger, chainEmitter(config, deps()));
  } finally {
    await life.end();
    await Promise.all(nodes.map((each) => each.close()));
    await rm(folder, { recursive: true, force: true });
  }
}

function happen(
  nodes: readonly TreeNode[],
  one: Exclude<Happening, { readonly kind: "crash" | "pause" }>,
  all: readonly TreeBlock[],
): void {
  if (one.kind === "show") {
    // The last block is shown last, and by both.
    const shown = all.filter(({ hash }) => !isLast(hash))[one.block % (all.length - 1)];
    for (const [index, each] of nodes.entries()) if (one.node === 2 || one.node === index) each.show = shown ?? each.show;
    return;
  }
  const meant = nodes[one.node];
  // One thing at a time: what a node can never be asked about is done without, and then the table holds less.
  if (meant?.mischief.length === 0) meant.mischief.push(...Array.from({ length: one.times }, () => one.what));
}

function isLast(hash: string): boolean {
  return Buffer.from(hash.slice(2), "hex").toString().includes(" last ");
}

function configOf(nodes: readonly TreeNode[]): ChainConfig {
  const rpc = { urls: nodes.map(({ url }) => url), poll_interval: "50ms", timeout: "500ms", max_blocks_per_batch: 3 };
  // Few blocks behind are enough to go on at the head, so that gaps come and are filled in.
  // And of two calls that go through in one block the second has no row of its own.
  const retention = { success_rows_per_block: 1 };
  return chainSchemaIn(".").parse({ ...SECTION, rpc, start_block: 0, backfill_above: 4, retention });
}

function deps() {
  return { clock: systemClock, log: createLog({ level: "error", write: () => {} }), meter: createMeter() };
}

interface Life {
  readonly ledger: Ledger;
  /** The ledger holds everything up to this block. */
  readonly isAt: (block: TreeBlock) => boolean;
  /** Some operation waits for a better proof. */
  readonly hasWeak: () => boolean;
  /** Rejects when the emitter gives up. */
  readonly running: Promise<void>;
  readonly end: () => Promise<void>;
}

async function live(folder: string, config: ChainConfig): Promise<Life> {
  const emitter = chainEmitter(config, deps());
  const { records } = emitter;
  const location = { sqlite: join(folder, "chain.db") };
  const ledger = await openLedger<ChainFact>({ location, domain: "chain", mode: "write", records, nowMs: systemClock.nowMs });
  const state = await ledger.state();
  const stop = new AbortController();
  const onDeadLetter = (letter: unknown): never => expect.fail(`a dead letter: ${JSON.stringify(letter)}`);
  let wholeTo: string | undefined;
  const hasWeak = (): boolean => weakOf(state).next().done !== true;
  let weak = hasWeak();
  const onCommit = (): void => {
    wholeTo = isWhole(state) ? tipOf(state)?.hash : undefined;
    weak = hasWeak();
  };
  const running = ingest({ emitter, ledger, state, ...deps(), onCommit, onDeadLetter }, stop.signal);
  running.catch(() => {});
  return {
    ledger,
    isAt: ({ hash }) => wholeTo === hash,
    hasWeak: () => weak,
    running,
    end: async () => {
      stop.abort();
      await running.finally(() => ledger.close());
    },
  };
}

function isWhole(state: State): boolean {
  return islandOf(state) === undefined && gapsOf(coverageOf(state), 0).length === 0;
}

const SUMMARIES = "id, contract, action_type, caller_category, evidence, operations, callers, first_tx_hash, last_tx_hash";
const COLUMNS =
  "id, tx_hash, block_number, contract, action_type, success, reason_code, oracle_required_blocked, caller, outcome, evidence";

async function read(ledger: Ledger, { metrics, signals }: ReturnType<typeof chainEmitter>): Promise<Outcome> {
  const head = await ledger.head();
  const rows = [
    ...(await ledger.select(`SELECT ${COLUMNS} FROM oracle_required_operations WHERE seq <= :cursor ORDER BY id`, head)),
    ...(await ledger.select(`SELECT ${SUMMARIES} FROM oracle_required_summaries WHERE seq <= :cursor ORDER BY id`, head)),
  ];
  const totals: string[] = [];
  const own = metrics.filter(({ name, ledger: rule }) => rule !== undefined && name !== "offing.facts");
  for (const metric of own) {
    for (const { value, ...labels } of await ledger.select(metric.ledger?.select ?? "", head))
      totals.push(lineOf(metric.name, labels, Number(value)));
  }
  let reorgs = 0;
  const sums = new Map<string, number>();
  for (const stored of await ledger.read(0, head)) {
    const fact = stored.fact as ChainFact;
    if (fact.kind === "reorg") reorgs += 1;
    for (const signal of signals({ ...stored, fact })) {
      if (signal.type !== "increment" || !own.includes(signal.metric)) continue;
      const key = lineOf(signal.metric.name, signal.labels, 0);
      sums.set(key, (sums.get(key) ?? 0) + (fact.retracts === undefined ? signal.value : -signal.value));
    }
  }
  const counted = [...sums].filter(([, sum]) => sum !== 0).map(([key, sum]) => key.replace(/ 0$/, ` ${sum}`));
  return { rows, totals: totals.sort(), counted: counted.sort(), reorgs };
}

function lineOf(metric: string, labels: Readonly<Record<string, unknown>>, value: number): string {
  return `${metric} ${JSON.stringify(Object.entries(labels).sort())} ${value}`;
}
