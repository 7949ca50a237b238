import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { renderPath } from "#core/config/place.ts";
import { State } from "#core/state.ts";
import { type ProxiedCall, startRpcProxy } from "#core/testing/rpc-proxy.ts";
import { oracleHealthy, restorePsmOracle } from "../../../demo/world/calls.ts";
import { chainSection } from "../../../demo/world/chain-section.ts";
import { play } from "../../../demo/world/traffic.ts";
import { type ChainConfig, chainSchemaIn } from "../config.ts";
import type { CanaryFact, ChainFact } from "../facts.ts";
import { block, CONFIG, frame, GENESIS_MS, hashOf, MISSING, PSM, reverted, SECTION } from "../fixtures/handmade.ts";
import { type Following, follow, type Standing, startStanding } from "../fixtures/standing.ts";
import { createGauges } from "../gauges.ts";
import { createInterpret } from "../interpret.ts";
import type { CanaryResult, CanarySeen } from "../observation.ts";
import { watchOf } from "../watch.ts";
import { tokenSlots } from "./overrides.ts";

const [psm, vault] = SECTION.contracts;
const PSM_BOTH = {
  ...psm,
  abi: [...(psm?.abi ?? []), "function redeem(uint256 amount)"],
  actions: { PSM_MINT: "mint", PSM_REDEEM: "redeem" },
};
const handmade = (canary: object): ChainConfig => chainSchemaIn(".").parse({ ...SECTION, contracts: [PSM_BOTH, vault], canary });
const BOTH = {
  calls: [
    { action: "PSM_MINT", args: ["1"] },
    { action: "PSM_REDEEM", args: ["1"] },
  ],
};

describe("simulated calls and the runs of a contract", () => {
  const config = handmade(BOTH);
  const interpret = createInterpret(watchOf(config));
  const round = (number: number, ...ends: readonly (readonly [action: string, reverted: string | null])[]): CanarySeen => {
    const timeMs = GENESIS_MS + number * 60_000;
    const results = ends.map(([action, data]): CanaryResult => ({ contract: "PSM", action, reverted: data }));
    return { type: "canary", atMs: timeMs + 1_000, number, hash: hashOf(number, "a"), timeMs, results };
  };
  const run = (state: State) =>
    createGauges(config)(state).find(
      ({ metric, labels }) => metric.prometheus === "offing_chain_contract_blocked_duration_seconds" && labels["contract"] === "PSM",
    )?.value;
  const mint = (data: string | null) => ["PSM_MINT", data] as const;
  const redeem = (data: string | null) => ["PSM_REDEEM", data] as const;

  it("lengthen a run although nobody tries, and end it only when all of them went through", () => {
    const state = new State();
    interpret(state, block({ number: 0 }));
    const lengths = [
      round(1, mint(MISSING), redeem(MISSING)),
      round(6, mint(null), redeem(MISSING)),
      round(11, mint(null)),
      round(12, mint(null), redeem(MISSING)),
      round(13, mint("0x12345678"), redeem(null)),
      round(14, mint(null), redeem(null)),
    ].map((seen) => {
      interpret(state, seen);
      return run(state);
    });
    expect(lengths).toEqual([0, 300, 300, 660, 660, 0]);
  });

  it("go on from a run of real operations, and a real success ends theirs", () => {
    const state = new State();
    interpret(state, block({ number: 1, traces: [reverted(MISSING)] }));
    interpret(state, round(3, mint(MISSING), redeem(MISSING)));
    expect(run(state)).toBe(120);
    interpret(state, block({ number: 2, traces: [frame()] }));
    expect(run(state)).toBe(0);
  });

  it("tell blocked, otherwise reverted and successful apart, each once a block", () => {
    const facts = interpret(new State(), round(1, mint(MISSING), redeem("0x12345678"))) as readonly CanaryFact[];
    expect(facts.map(({ actionType, outcome, reasonCode, revertKind }) => [actionType, outcome, reasonCode, revertKind])).toEqual([
      ["PSM_MINT", "blocked", "PSM_ORACLE_MISSING", "custom_error"],
      ["PSM_REDEEM", "reverted", null, "unreadable"],
    ]);
    expect(new Set(facts.map(({ id }) => id)).size).toBe(2);
  });
});

describe("the canary section", () => {
  const faults = (call: object): readonly string[] => {
    const result = chainSchemaIn(".").safeParse({ ...SECTION, canary: { calls: [call] } });
    return result.success ? [] : result.error.issues.map((issue) => `${renderPath(issue.path)}: ${issue.message}`);
  };

  it.each([
    ["an action of no contract", { action: "PSM_BURN" }, "canary.calls[0].action: is no action"],
    ["too few arguments", { action: "PSM_MINT" }, "canary.calls[0].args: must fit"],
    ["an argument of another type", { action: "PSM_MINT", args: ["ten"] }, "canary.calls[0].args: must fit"],
    ["half an amount", { action: "PSM_MINT", args: ["1"], value: "1.5" }, "canary.calls[0].value: must be a whole number"],
    ["a slot that is none", { action: "PSM_MINT", args: ["1"], state: { [PSM]: { "0x0": "0x0" } } }, "canary.calls[0].state"],
  ])("refuses %s", (_, call, fault) => expect(faults(call)).toContainEqual(expect.stringContaining(fault)));

  it("simulates nothing by default, and the first one each minute", () => {
    expect(CONFIG.canary).toEqual({ intervalMs: 60_000, calls: [] });
  });

  it("finds a token's storage as Solidity lays it out", () => {
    const owner = `0x${"0".repeat(39)}1`;
    const [, slots] = tokenSlots({ address: PSM, owner, spender: PSM, amount: 10n ** 24n, balance_slot: 0 });
    expect(slots).toEqual({
      "0xada5013122d395ba3c54772283fb069b10426056ef8ca54750cb9bb552a59e7d": `0x${(10n ** 24n).toString(16).padStart(64, "0")}`,
    });
    expect(Object.keys(tokenSlots({ address: PSM, owner, spender: PSM, amount: 1n, balance_slot: 0, allowance_slot: 1 })[1])).toHaveLength(
      2,
    );
  });
});

describe("a canary, on a real node", () => {
  let standing: Standing;
  let following: Following | undefined;
  beforeAll(async () => {
    standing = await startStanding();
  });
  afterAll(() => standing.anvil.stop());
  afterEach(() => following?.stop());

  const calls = (more: object = {}) =>
    ["PSM_MINT", "PSM_REDEEM", "BUYBACK_EXECUTE"].map((action) => ({ action, args: ["1000000000000000000"], ...more }));
  const watching = (canary: object, url = standing.anvil.url): ChainConfig =>
    chainSchemaIn(".").parse({ ...chainSection(standing.world), canary, rpc: { urls: [url], poll_interval: "50ms", timeout: "2s" } });
  const canaries = (facts: readonly ChainFact[]) => facts.filter((fact) => fact.kind === "canary");
  const ends = (facts: readonly CanaryFact[]) => facts.map(({ actionType, outcome, reasonCode }) => [actionType, outcome, reasonCode]);

  it("tells that nobody could mint, redeem or buy back, and after the mend that everybody can", async () => {
    const first = await rounds(watching({ calls: calls() }), 3);
    expect(ends(first)).toEqual([
      ["PSM_MINT", "blocked", "PSM_ORACLE_MISSING"],
      ["PSM_REDEEM", "blocked", "PSM_ORACLE_MISSING"],
      ["BUYBACK_EXECUTE", "blocked", "BUYBACK_ORACLE_UNHEALTHY"],
    ]);
    await play(standing.world, [restorePsmOracle, oracleHealthy]);
    expect(ends(await rounds(watching({ calls: calls() }), 3)).map(([, outcome]) => outcome)).toEqual(["success", "success", "success"]);
    const { hash } = (await standing.anvil.rpc("eth_getBlockByNumber", "latest", true)) ?? {};
    expect(first[0]?.blockHash).not.toBe(hash);
  });

  it("sees the state that it was told to see, and leaves none of it behind", async () => {
    const { addresses } = standing.world;
    const nothing = { [addresses.PSM]: { [`0x${"0".repeat(64)}`]: `0x${"0".repeat(64)}` } };
    expect(ends(await rounds(watching({ calls: calls({ state: nothing }).slice(0, 1) }), 1))).toEqual([
      ["PSM_MINT", "blocked", "PSM_ORACLE_MISSING"],
    ]);
    expect(ends(await rounds(watching({ calls: calls().slice(0, 1) }), 1))).toEqual([["PSM_MINT", "success", null]]);
  });

  it("makes no fact of a call that a node cannot simulate, and says so once", async () => {
    const proxy = await startRpcProxy(standing.anvil.url);
    proxy.meddle = ({ method }: ProxiedCall) =>
      method === "eth_call" ? { type: "error", code: -32_602, message: "too many arguments, want at most 2" } : { type: "pass" };
    try {
      const present = follow(watching({ calls: calls() }, proxy.url));
      following = present;
      while (!present.lines.some((line) => line.includes("cannot be simulated"))) await new Promise((resolve) => setTimeout(resolve, 10));
      await present.stop();
      expect(canaries(present.facts)).toEqual([]);
      expect(present.lines.filter((line) => line.includes("cannot be simulated"))).toHaveLength(1);
    } finally {
      await proxy.close();
    }
  });

  /** What the emitter tells until it has simulated so many calls. */
  async function rounds(config: ChainConfig, count: number): Promise<readonly CanaryFact[]> {
    const present = follow(config);
    following = present;
    while (canaries(present.facts).length < count) await new Promise((resolve) => setTimeout(resolve, 10));
    await present.stop();
    return canaries(present.facts);
  }
});
