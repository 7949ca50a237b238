import { afterEach, describe, expect, it } from "vitest";
import { type Anvil, startAnvil } from "./anvil.ts";
import { deploy, type World } from "./deploy.ts";
import { type LoadOptions, load } from "./load.ts";
import { judge } from "./testing/judge.ts";
import type { Truth } from "./truth.ts";

const started: Anvil[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((anvil) => anvil.stop()));
});

async function freshWorld(): Promise<World> {
  const anvil = await startAnvil({ timestampSeconds: 1_700_000_000 });
  started.push(anvil);
  return deploy(anvil);
}

describe("load", () => {
  it("gives the same operations for the same seed, others for another", async () => {
    const options = { blocks: 4, transactionsPerBlock: 15, seed: 7 };
    const first = await load(await freshWorld(), options);
    expect(await load(await freshWorld(), options)).toEqual(first);
    expect((await load(await freshWorld(), { ...options, seed: 8 })).current).not.toEqual(first.current);
    expect(first.operations).toHaveLength(60);
  }, 40_000);

  it("brings about what the mix asks for, as the traces say", async () => {
    const world = await freshWorld();
    const options: LoadOptions = { blocks: 3, transactionsPerBlock: 10, seed: 3, startSeconds: 1_700_000_500, secondsPerBlock: 30 };
    const { operations } = await load(world, options);
    for (const operation of operations) {
      const [judged, ...more] = await judge(world, operation.txHash);
      expect(more).toEqual([]);
      expect(judged).toMatchObject({ outcome: operation.outcome, reasonCode: operation.reasonCode, actionType: operation.actionType });
    }
    expect([...new Set(operations.map((operation) => operation.timestampSeconds))]).toEqual([1_700_000_500, 1_700_000_530, 1_700_000_560]);
    expect(new Set(operations.map((operation) => operation.reasonCode)).size).toBe(4);
  }, 40_000);

  it("takes only the kinds and ways that have a weight", async () => {
    const world = await freshWorld();
    const blocks: number[] = [];
    const options: LoadOptions = { blocks: 2, transactionsPerBlock: 10, mix: { PSM_ORACLE_MISSING: 1 }, ways: { try: 1 } };
    const result: Truth = await load(world, { ...options, mined: async (block) => void blocks.push(block.number) });
    expect(result.byReason.PSM_ORACLE_MISSING).toEqual({ applied: 20, retracted: 0, current: 20 });
    expect(result.operations.every(({ outcome }) => outcome === "caught")).toBe(true);
    expect(result.changes).toHaveLength(1);
    expect(blocks).toEqual([2, 3]);
  }, 40_000);

  it("refuses weights that weigh nothing", async () => {
    await expect(load(await freshWorld(), { blocks: 1, transactionsPerBlock: 1, mix: {} })).rejects.toMatchObject({ code: "DEMO_FAILED" });
  }, 20_000);
});
