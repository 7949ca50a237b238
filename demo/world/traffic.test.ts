import { encodeErrorResult, type Hex, parseAbi, toEventSelector, toFunctionSelector } from "viem";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Anvil, startAnvil } from "./anvil.ts";
import type { Operation } from "./books.ts";
import {
  breakPsmOracle,
  breakVaultOracle,
  buyback,
  type Call,
  callImpostor,
  dismissImpostor,
  hireImpostor,
  mint,
  mintTooMuch,
  oracleHealthy,
  oracleUnhealthy,
  PSM_CAP,
  redeem,
  redeemTooMuch,
  restorePsmOracle,
  restoreVaultOracle,
  starve,
  swallowed,
  TOKEN,
  viaRouter,
} from "./calls.ts";
import { deploy, type World } from "./deploy.ts";
import type { OperationEffect } from "./model.ts";
import { judge } from "./testing/judge.ts";
import { mine, play, send } from "./traffic.ts";
import { truth } from "./truth.ts";

let anvil: Anvil;
let world: World;

beforeAll(async () => {
  anvil = await startAnvil({ timestampSeconds: 1_700_000_000 });
  world = await deploy(anvil);
}, 30_000);

beforeEach(async () => {
  await play(world, [restorePsmOracle, restoreVaultOracle, oracleHealthy, dismissImpostor]);
});

afterAll(async () => {
  await anvil.stop();
});

const missing = toFunctionSelector("function PSM_ORACLE_MISSING()");
const required = toFunctionSelector("function BUYBACK_ORACLE_REQUIRED()");
const plainErrors = parseAbi([
  "error InsufficientCollateral(uint256 available, uint256 required)",
  "error MintCapExceeded(uint256 available, uint256 required)",
  "error Error(string)",
]);
const unhealthy = encodeErrorResult({ abi: plainErrors, errorName: "Error", args: ["BUYBACK_ORACLE_UNHEALTHY"] });

const minted = { contract: "PSM", actionType: "PSM_MINT" } as const;
const redeemed = { contract: "PSM", actionType: "PSM_REDEEM" } as const;
const bought = { contract: "BUYBACK_VAULT", actionType: "BUYBACK_EXECUTE" } as const;
const success = { outcome: "success", reasonCode: null, errorName: null, output: null } as const;
const noOracle = { outcome: "blocked", reasonCode: "PSM_ORACLE_MISSING", errorName: "PSM_ORACLE_MISSING", output: missing } as const;
const noVaultOracle = {
  outcome: "blocked",
  reasonCode: "BUYBACK_ORACLE_REQUIRED",
  errorName: "BUYBACK_ORACLE_REQUIRED",
  output: required,
} as const;
const sickOracle = { outcome: "blocked", reasonCode: "BUYBACK_ORACLE_UNHEALTHY", errorName: "Error", output: unhealthy } as const;

interface Case {
  readonly name: string;
  readonly setUp?: readonly Call[];
  readonly call: Call;
  readonly status: "0x0" | "0x1";
  /** Null when no watched contract takes part. */
  readonly expected: (OperationEffect & { readonly output: Hex | null }) | null;
}

const cases: readonly Case[] = [
  { name: "a mint", call: mint(), status: "0x1", expected: { ...minted, ...success } },
  { name: "a redemption", setUp: [mint()], call: redeem(), status: "0x1", expected: { ...redeemed, ...success } },
  { name: "a buyback", call: buyback({ user: 3 }), status: "0x1", expected: { ...bought, ...success } },
  { name: "a routed buyback", call: viaRouter("executeBuyback"), status: "0x1", expected: { ...bought, ...success } },
  { name: "a mint in a try", call: swallowed("mint"), status: "0x1", expected: { ...minted, ...success } },
  { name: "a mint without oracle", setUp: [breakPsmOracle], call: mint(), status: "0x0", expected: { ...minted, ...noOracle } },
  { name: "a redemption without oracle", setUp: [breakPsmOracle], call: redeem(), status: "0x0", expected: { ...redeemed, ...noOracle } },
  {
    name: "a routed mint without oracle",
    setUp: [breakPsmOracle],
    call: viaRouter("mint"),
    status: "0x0",
    expected: { ...minted, ...noOracle },
  },
  {
    name: "a swallowed mint without oracle",
    setUp: [breakPsmOracle],
    call: swallowed("mint"),
    status: "0x1",
    expected: { ...minted, ...noOracle, outcome: "caught" },
  },
  {
    name: "a buyback without oracle",
    setUp: [breakVaultOracle],
    call: buyback(),
    status: "0x0",
    expected: { ...bought, ...noVaultOracle },
  },
  {
    name: "a buyback with a sick oracle",
    setUp: [oracleUnhealthy],
    call: buyback(),
    status: "0x0",
    expected: { ...bought, ...sickOracle },
  },
  {
    name: "a swallowed buyback with a sick oracle",
    setUp: [oracleUnhealthy],
    call: swallowed("executeBuyback"),
    status: "0x1",
    expected: { ...bought, ...sickOracle, outcome: "caught" },
  },
  { name: "a call to the impostor", call: callImpostor(), status: "0x0", expected: null },
  {
    name: "a buyback through the impostor",
    setUp: [hireImpostor],
    call: buyback(),
    status: "0x0",
    expected: { ...bought, outcome: "reverted", reasonCode: null, errorName: "PSM_ORACLE_MISSING", output: missing },
  },
  {
    name: "a starved mint",
    call: starve("mint"),
    status: "0x0",
    expected: { ...minted, outcome: "reverted", reasonCode: null, errorName: null, output: null },
  },
];

describe("a call on a real chain", () => {
  it.each(cases)("$name: receipt, trace and books agree", async ({ setUp = [], call, status, expected }) => {
    const block = await play(world, [...setUp, call]);
    const txHash = block.transactions.at(-1) ?? "0x";
    expect(await world.rpc("eth_getTransactionReceipt", txHash)).toMatchObject({ status, blockHash: block.hash });
    const judged = await judge(world, txHash);
    expect(judged.map(({ txHash: _, caller: __, ...operation }) => ({ ...operation, output: bytes(operation.output) }))).toEqual(
      expected === null ? [] : [expected],
    );
    const booked = block.operations.filter((operation) => operation.txHash === txHash);
    expect(booked.map((operation) => operation.caller.toLowerCase())).toEqual(judged.map((operation) => operation.caller));
    expect(booked.map(({ outcome, reasonCode, errorName }) => ({ outcome, reasonCode, errorName }))).toEqual(
      judged.map(({ outcome, reasonCode, errorName }) => ({ outcome, reasonCode, errorName })),
    );
  });

  it("bears the figures of a plain revert in its bytes", async () => {
    const available = (await play(world, [mint({ amount: TOKEN })])).after.collateral;
    const block = await play(world, [redeemTooMuch(), mintTooMuch()]);
    const judged = await Promise.all(block.transactions.map((txHash) => judge(world, txHash)));
    expect(judged.flat().map(({ outcome, output }) => ({ outcome, output }))).toEqual([
      {
        outcome: "reverted",
        output: encodeErrorResult({ abi: plainErrors, errorName: "InsufficientCollateral", args: [available, PSM_CAP + 1n] }),
      },
      {
        outcome: "reverted",
        output: encodeErrorResult({ abi: plainErrors, errorName: "MintCapExceeded", args: [PSM_CAP - available, PSM_CAP + 1n] }),
      },
    ]);
  });
});

describe("mine", () => {
  it("gives the block the time that is asked for and keeps the order of sending", async () => {
    const sent = [await send(world, mint({ user: 4 })), await send(world, buyback({ user: 2 })), await send(world, mint({ user: 4 }))];
    const atSeconds = (await play(world, [])).timestampSeconds;
    expect(truthAt(sent).map((operation) => operation.timestampSeconds)).toEqual([atSeconds, atSeconds, atSeconds]);
    const later = await mine(world, { atSeconds: atSeconds + 3_600 });
    expect(later).toMatchObject({ timestampSeconds: atSeconds + 3_600, transactions: [], operations: [] });
    const onChain = await world.rpc("eth_getBlockByHash", later.hash, true);
    expect(Number(onChain?.timestamp)).toBe(atSeconds + 3_600);
  });

  it("refuses a time that is not after the head", async () => {
    const { timestampSeconds } = await play(world, []);
    await expect(mine(world, { atSeconds: timestampSeconds })).rejects.toMatchObject({ code: "DEMO_FAILED" });
  });
});

describe("send", () => {
  it("refuses a user that is not there", async () => {
    await expect(send(world, mint({ user: 99 }))).rejects.toMatchObject({ code: "DEMO_FAILED", context: { user: 99 } });
  });
});

describe("a change of configuration", () => {
  it("is booked with its module, event and author, as the chain logged it", async () => {
    const block = await play(world, [breakPsmOracle, oracleUnhealthy, hireImpostor]);
    expect(block.changes.map(({ module, event, changedBy }) => [module, event, changedBy])).toEqual([
      ["PSM", "OracleChanged", world.governor],
      ["ORACLE", "HealthChanged", world.governor],
      ["BUYBACK_VAULT", "StrategyChanged", world.governor],
    ]);
    const receipts = await world.rpc("eth_getBlockReceipts", block.hash);
    expect(receipts?.map((receipt) => receipt.logs.map((log) => log.topics[0]))).toEqual([
      [toEventSelector("event OracleChanged(address,address)")],
      [toEventSelector("event HealthChanged(bool)")],
      [toEventSelector("event StrategyChanged(address,address)")],
    ]);
  });
});

/** anvil gives `0x` where a frame ended without bytes. */
function bytes(output: Hex | null): Hex | null {
  return output === "0x" ? null : output;
}

function truthAt(hashes: readonly Hex[]): readonly Operation[] {
  return truth(world).operations.filter((operation) => hashes.includes(operation.txHash));
}
