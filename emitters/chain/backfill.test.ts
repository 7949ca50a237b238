import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type RpcProxy, startRpcProxy } from "#core/testing/rpc-proxy.ts";
import { buyback, mint, viaRouter } from "../../demo/world/calls.ts";
import { reorg } from "../../demo/world/reorg.ts";
import { play } from "../../demo/world/traffic.ts";
import type { ChainConfig } from "./config.ts";
import { coverageOf, gapsOf, joined } from "./coverage.ts";
import type { ChainFact } from "./facts.ts";
import { countsOf, type Following, follow, followTo, type Standing, startStanding } from "./fixtures/standing.ts";
import { createGauges } from "./gauges.ts";
import { islandOf, tipOf } from "./memory.ts";

let standing: Standing;
let following: Following | undefined;
beforeAll(async () => {
  standing = await startStanding();
});
afterAll(() => standing.anvil.stop());
afterEach(async () => {
  await following?.stop();
  following = undefined;
});

/** A ledger two blocks behind goes on at the head. */
function hasty(urls?: readonly string[], rpc: object = {}): ChainConfig {
  return { ...standing.config(urls, { max_blocks_per_batch: 3, ...rpc }), backfillAboveBlocks: 2 };
}

/** The ids of what stands, without how often its block was applied. */
function standingIds(facts: readonly ChainFact[]): readonly string[] {
  const taken = new Set(facts.map(({ retracts }) => retracts));
  const stand = facts.filter(({ id, kind, retracts }) => kind !== "reorg" && retracts === undefined && !taken.has(id));
  return stand.map(({ id }) => id.replace(/:\d+$/, "")).sort();
}

async function untilWhole({ state }: Following, from: number): Promise<void> {
  while (tipOf(state) === undefined || islandOf(state) !== undefined || gapsOf(coverageOf(state), from).length > 0) await sleep(10);
}

function gap({ state }: Following): number | undefined {
  const points = createGauges(hasty())(state);
  return points.find(({ metric }) => metric.prometheus === "offing_chain_coverage_gap")?.value;
}

describe("a backfill", () => {
  it("lets the head go first and ends with what reading in order gives", async () => {
    const inOrder = await followTo(standing.config(), standing.head);
    following = follow(hasty());
    await following.reaches(standing.head);
    expect(following.seen.find((seen) => seen.type === "block")).toMatchObject({ hash: standing.head, joins: "jump" });
    await untilWhole(following, 0);
    expect(standingIds(following.facts)).toEqual(standingIds(inOrder.facts));
    const { state, facts } = following;
    const tip = tipOf(state)?.number ?? 0;
    expect(joined(coverageOf(state))).toEqual([{ from: 0, to: tip, grade: "traced" }]);
    expect(facts.filter((fact) => !fact.late && fact.blockNumber < tip)).toEqual([]);
  });

  it("tells of the gap while it is there, and waits out faults without holding up the head", async () => {
    const proxy = await startRpcProxy(standing.anvil.url);
    try {
      const old = (number: unknown): boolean => typeof number === "string" && /^0x[0-2]$/.test(number);
      proxy.meddle = ({ method, params }) =>
        method === "eth_getBlockByNumber" && params[1] === true && old(params[0]) ? { type: "result", result: null } : { type: "pass" };
      following = follow(hasty([proxy.url]));
      while ((countsOf(following.meter)["offing_source_faults_total null_block"] ?? 0) < 2) await sleep(10);
      // Two blocks that are read side by side are two faults; said is what a whole look came to.
      while (!following.lines.some((line) => line.includes("backfill: SOURCE"))) await sleep(10);
      expect(gap(following)).toBeGreaterThanOrEqual(3);
      const { hash } = await play(standing.world, [mint({ user: 4 })]);
      await following.reaches(hash);
      proxy.meddle = () => ({ type: "pass" });
      await untilWhole(following, 0);
      expect(gap(following)).toBe(0);
      expect(standingIds(following.facts)).toEqual(standingIds((await followTo(standing.config(), hash)).facts));
      expect(following.lines.filter((line) => line.includes("backfill: SOURCE"))).toHaveLength(1);
    } finally {
      await proxy.close();
    }
  });
});

describe("an emitter that was away for long", () => {
  let proxy: RpcProxy;
  beforeEach(async () => {
    proxy = await startRpcProxy(standing.anvil.url);
  });
  afterEach(() => proxy.close());

  it("goes on at the head and joins what it had applied, less what a reorg took meanwhile", async () => {
    const { world } = standing;
    const before = await play(world, [mint({ user: 1 }), viaRouter("mint", { user: 2 })]);
    following = follow(hasty([proxy.url]));
    await following.reaches(before.hash);
    await untilWhole(following, 0);
    proxy.meddle = () => ({ type: "cut" });
    await reorg(world, { depth: 3, secondsPerBlock: 12, blocks: [[mint({ user: 5 })], [buyback({ user: 6 })], []] });
    for (const user of [1, 2, 3, 4]) await play(world, [mint({ user })]);
    const { hash } = await play(world, []);
    proxy.meddle = () => ({ type: "pass" });
    await following.reaches(hash);
    await untilWhole(following, 0);
    const { facts, state } = following;
    expect(standingIds(facts)).toEqual(standingIds((await followTo(standing.config(), hash)).facts));
    expect(facts.filter((fact) => fact.kind === "reorg").map((fact) => fact.depth)).toEqual([3]);
    expect(joined(coverageOf(state))).toEqual([{ from: 0, to: tipOf(state)?.number, grade: "traced" }]);
  });
});
