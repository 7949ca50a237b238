import type { Hash } from "viem";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Anvil, startAnvil } from "./anvil.ts";
import type { Operation } from "./books.ts";
import { deploy, type World } from "./deploy.ts";
import { REASON_CODES } from "./model.ts";
import { plot } from "./scenes.ts";
import { type Scene, story } from "./story.ts";
import { type Judged, judge } from "./testing/judge.ts";
import { headOf } from "./traffic.ts";
import { type OperationCount, truth } from "./truth.ts";

const endSeconds = 1_700_010_000;
let anvil: Anvil;
let world: World;

beforeEach(async () => {
  anvil = await startAnvil({ timestampSeconds: endSeconds - 1800 });
  world = await deploy(anvil);
}, 30_000);

afterEach(async () => {
  await anvil.stop();
});

describe("the story", () => {
  it("ends as the alerts need it, on a chain that bears the books out", async () => {
    const seen = new Map<Hash, readonly Judged[]>();
    const settled = async (scene: Scene): Promise<void> => {
      for (const block of scene.blocks) seen.set(block.hash, await judgeBlock(block.transactions));
    };
    const scenes: Scene[] = [];
    for await (const scene of story(world, { endSeconds, settled })) scenes.push(scene);
    const told = truth(world);

    expect(scenes.map((scene) => scene.id)).toEqual(plot.map((plan) => plan.id));
    expect(Number((await headOf(world)).timestamp)).toBe(endSeconds);
    await expectChainMatches(told.operations);
    expect(tally([...seen.values()].flat())).toEqual(tally(asCounts(told.applied)));

    expect(world.books.orphaned.every((block) => seen.has(block.hash))).toBe(true);
    for (const code of REASON_CODES) {
      expect(told.byReason[code].retracted, code).toBeGreaterThan(0);
      expect(told.byReason[code].current, code).toBeGreaterThan(0);
    }
    const minedAgain = told.operations.filter(({ txHash }) => told.orphanedOperations.some((lost) => lost.txHash === txHash));
    expect(minedAgain).toHaveLength(1);
    expectBlockedPsm(told.operations);
    expectSickBuybacks(told.operations);
    expect(told.operations.some(({ errorName, reasonCode }) => errorName === "InsufficientCollateral" && reasonCode === null)).toBe(true);
    expect(told.operations.some(({ errorName, contract }) => errorName === "PSM_ORACLE_MISSING" && contract === "BUYBACK_VAULT")).toBe(
      true,
    );
    expect(told.operations.some(({ outcome }) => outcome === "caught")).toBe(true);
    expectDeltasAddUp(scenes, told);
  }, 40_000);

  it("leaves out the scenes that are skipped, and they alone", async () => {
    const skip = ["plain-revert", "impostor", "swallowed"] as const;
    const ids: string[] = [];
    for await (const scene of story(world, { endSeconds, skip })) ids.push(scene.id);
    expect(ids).toEqual(plot.map((plan) => plan.id).filter((id) => !skip.some((skipped) => skipped === id)));
    expect(truth(world).operations.filter(({ outcome }) => outcome === "caught" || outcome === "reverted")).toEqual([]);
    expectBlockedPsm(truth(world).operations);
  }, 20_000);

  it("refuses a chain that is already past its beginning", async () => {
    await expect(story(world, { endSeconds: endSeconds - 400 }).next()).rejects.toMatchObject({ code: "DEMO_FAILED" });
    expect(world.books.sent.size).toBe(0);
  }, 20_000);
});

async function judgeBlock(hashes: readonly Hash[]): Promise<readonly Judged[]> {
  const judged: Judged[] = [];
  for (const hash of hashes) judged.push(...(await judge(world, hash)));
  return judged;
}

/** Walks the chain itself from the deployment to the head, and holds each traced frame against the books. */
async function expectChainMatches(operations: readonly Operation[]): Promise<void> {
  const proved: object[] = [];
  const head = Number((await headOf(world)).number);
  for (let number = world.deployment.number + 1; number <= head; number += 1) {
    const block = await world.rpc("eth_getBlockByNumber", `0x${number.toString(16)}`, true);
    for (const { output: _, ...judged } of await judgeBlock(block?.transactions.map((transaction) => transaction.hash) ?? [])) {
      proved.push({ ...judged, blockHash: block?.hash, timestampSeconds: Number(block?.timestamp) });
    }
  }
  const booked = operations.map(({ txHash, contract, actionType, outcome, reasonCode, errorName, caller, blockHash, timestampSeconds }) => {
    return { txHash, contract, actionType, outcome, reasonCode, errorName, caller: caller.toLowerCase(), blockHash, timestampSeconds };
  });
  expect(booked).toEqual(proved);
}

/** The PSM's present run of blocked operations is longer than ten minutes. */
function expectBlockedPsm(operations: readonly Operation[]): void {
  const psm = operations.filter(({ contract }) => contract === "PSM");
  const run = psm.slice(psm.findLastIndex(({ outcome }) => outcome === "success") + 1).filter(({ reasonCode }) => reasonCode !== null);
  const times = run.map((operation) => operation.timestampSeconds);
  expect(Math.max(...times)).toBe(endSeconds);
  expect(endSeconds - Math.min(...times)).toBeGreaterThan(600);
}

/** More than five buybacks of the last hour met an unhealthy oracle, and no buyback went through since. */
function expectSickBuybacks(operations: readonly Operation[]): void {
  const buybacks = operations.filter(({ contract }) => contract === "BUYBACK_VAULT");
  const sick = buybacks.filter(({ reasonCode }) => reasonCode === "BUYBACK_ORACLE_UNHEALTHY");
  expect(sick.filter(({ timestampSeconds }) => timestampSeconds > endSeconds - 3600).length).toBeGreaterThan(5);
  expect(buybacks.at(-1)?.reasonCode).toBe("BUYBACK_ORACLE_UNHEALTHY");
}

function expectDeltasAddUp(scenes: readonly Scene[], told: ReturnType<typeof truth>): void {
  expect(tally(scenes.flatMap((scene) => asCounts(scene.expected)))).toEqual(tally(asCounts(told.applied)));
  expect(tally(scenes.flatMap((scene) => asCounts(scene.orphaned)))).toEqual(tally(asCounts(told.retracted)));
  expect(scenes.flatMap((scene) => scene.changes)).toHaveLength(told.changes.length + told.orphanedChanges.length);
}

type Kind = Omit<OperationCount, "count">;

function asCounts(counts: readonly OperationCount[]): readonly Kind[] {
  return counts.flatMap(({ count, ...kind }) => Array.from({ length: count }, () => kind));
}

function tally(kinds: readonly Kind[]): Readonly<Record<string, number>> {
  const tallied: Record<string, number> = {};
  for (const { contract, actionType, reasonCode, outcome } of kinds) {
    const key = `${contract} ${actionType} ${reasonCode} ${outcome}`;
    tallied[key] = (tallied[key] ?? 0) + 1;
  }
  return tallied;
}
