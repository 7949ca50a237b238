import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Anvil, startAnvil } from "./anvil.ts";
import { breakPsmOracle, breakVaultOracle, buyback, mint, oracleUnhealthy, redeem, viaRouter } from "./calls.ts";
import { deploy, type World } from "./deploy.ts";
import { reorg } from "./reorg.ts";
import { judge } from "./testing/judge.ts";
import { headOf, play, send } from "./traffic.ts";
import { countOperations, truth } from "./truth.ts";

let anvil: Anvil;
let world: World;

beforeAll(async () => {
  anvil = await startAnvil({ timestampSeconds: 1_700_000_000 });
  world = await deploy(anvil);
}, 30_000);

afterAll(async () => {
  await anvil.stop();
});

describe("reorg", () => {
  it("replaces the blocks: anvil forgets the old ones, the books do not", async () => {
    await play(world, [breakPsmOracle, oracleUnhealthy]);
    const base = await play(world, [mint({ user: 0 })]);
    const first = await play(world, [mint({ user: 5 }), redeem({ user: 1 }), buyback({ user: 2 })]);
    const second = await play(world, [breakVaultOracle, buyback({ user: 2 })]);
    const [again, lost] = first.transactions;
    if (again === undefined || lost === undefined) throw new Error("the block holds too little");

    const { orphaned, mined } = await reorg(world, {
      depth: 2,
      secondsPerBlock: 7,
      blocks: [[viaRouter("mint", { user: 3 })], [{ kind: "again", txHash: again }, redeem({ user: 1 })]],
    });

    expect(orphaned.map((block) => block.hash)).toEqual([first.hash, second.hash]);
    expect(mined.map((block) => [block.number, block.timestampSeconds])).toEqual([
      [first.number, base.timestampSeconds + 7],
      [second.number, base.timestampSeconds + 14],
    ]);
    const head = await headOf(world);
    expect(head).toMatchObject({ hash: mined[1]?.hash, parentHash: mined[0]?.hash });
    for (const block of orphaned) expect(await world.rpc("eth_getBlockByHash", block.hash, true)).toBeNull();
    expect(await world.rpc("eth_getTransactionReceipt", lost)).toBeNull();
    expect(await world.rpc("eth_getTransactionReceipt", again)).toMatchObject({ status: "0x0", blockHash: mined[1]?.hash });

    const { byReason, orphanedChanges, changes } = truth(world);
    expect(byReason).toEqual({
      PSM_ORACLE_MISSING: { applied: 6, retracted: 2, current: 4 },
      BUYBACK_ORACLE_REQUIRED: { applied: 1, retracted: 1, current: 0 },
      BUYBACK_ORACLE_UNHEALTHY: { applied: 1, retracted: 1, current: 0 },
    });
    expect(orphanedChanges.map((change) => change.event)).toEqual(["OracleChanged"]);
    expect(changes).toHaveLength(2);
    const judged = await Promise.all(mined.flatMap((block) => block.transactions).map((hash) => judge(world, hash)));
    const booked = mined
      .flatMap((block) => block.operations)
      .map(({ actionType, reasonCode, txHash }) => ({ actionType, reasonCode, txHash }));
    expect(judged.flat().map(({ actionType, reasonCode, txHash }) => ({ actionType, reasonCode, txHash }))).toEqual(booked);
  }, 20_000);

  it("goes on afterwards: the state is the new branch's, and a block without content may follow", async () => {
    await play(world, [buyback({ user: 2 })]);
    const { mined } = await reorg(world, { depth: 1, secondsPerBlock: 5, blocks: [] });
    expect(mined.map((block) => block.transactions)).toEqual([[]]);
    const next = await play(world, [buyback({ user: 2 }), mint({ user: 5 })]);
    expect(countOperations(next.operations).map(({ reasonCode }) => reasonCode)).toEqual([
      "BUYBACK_ORACLE_UNHEALTHY",
      "PSM_ORACLE_MISSING",
    ]);
  });

  it("refuses to reach the deployment", async () => {
    const head = Number((await headOf(world)).number);
    const depth = head - world.deployment.number + 1;
    await expect(reorg(world, { depth, secondsPerBlock: 1, blocks: [] })).rejects.toMatchObject({ code: "DEMO_FAILED" });
    expect(Number((await headOf(world)).number)).toBe(head);
  });

  it("refuses to lose what waits to be mined", async () => {
    await send(world, mint());
    await expect(reorg(world, { depth: 1, secondsPerBlock: 1, blocks: [] })).rejects.toMatchObject({
      code: "DEMO_FAILED",
      context: { pending: 1 },
    });
    await play(world, []);
  });

  it("reports a transaction that does not fit into the new branch", async () => {
    const earlier = await play(world, [mint({ user: 7 })]);
    await play(world, [mint({ user: 7 })]);
    const [txHash] = earlier.transactions;
    if (txHash === undefined) throw new Error("the block is empty");
    await expect(reorg(world, { depth: 1, secondsPerBlock: 1, blocks: [[{ kind: "again", txHash }]] })).rejects.toMatchObject({
      code: "DEMO_FAILED",
    });
  });
});
