import { encodeFunctionData, parseAbi } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chainSection } from "../../demo/world/chain-section.ts";
import { configChangesOf } from "./changes.ts";
import { type ChainConfig, chainSchemaIn } from "./config.ts";
import type { ConfigChangeFact } from "./facts.ts";
import { CONFIG, frame, ORACLE, PSM, SECTION, STRANGER, transaction, USER } from "./fixtures/handmade.ts";
import { followTo, type Standing, startStanding } from "./fixtures/standing.ts";
import { watchOf } from "./watch.ts";

const TIMELOCK = `0x${"71".repeat(20)}`;
const SAFE = `0x${"5a".repeat(20)}`;
const ABI = parseAbi(["function setCap(uint256 cap, uint256)"]);
const SET_CAP = encodeFunctionData({ abi: ABI, functionName: "setCap", args: [7n, 8n] });

/** The handmade world, in which the PSM has a setter without an event and two governance actors. */
const [psm, vault] = SECTION.contracts;
const watch = watchOf(
  chainSchemaIn(".").parse({
    ...SECTION,
    contracts: [
      {
        ...psm,
        abi: [...(psm?.abi ?? []), "function setCap(uint256 cap, uint256)", "function cap() view returns (uint256)"],
        config_setters: ["setCap"],
        config_reads: ["cap"],
      },
      vault,
    ],
    governance: [
      { name: "timelock", kind: "timelock", address: TIMELOCK },
      { name: "ops-safe", kind: "multisig", address: SAFE },
    ],
  }),
);
const setting = (from: string) => frame({ from, selector: SET_CAP.slice(0, 10), input: SET_CAP });
const changes = (seen: Parameters<typeof configChangesOf>[0]) => configChangesOf(seen, { watch, reads: [] });

describe("a call of a known setter", () => {
  it("is a change with its arguments, unnamed ones by their position", () => {
    expect(changes(transaction(setting(USER)))).toMatchObject([
      {
        changeKey: "call:0",
        module: "PSM",
        address: PSM,
        change: "setCap(cap=7, arg1=8)",
        changedBy: USER,
        actor: null,
        actorKind: "account",
      },
    ]);
  });

  it("is known without a trace when it is direct", () => {
    expect(changes({ ...transaction(setting(USER)), trace: null, input: SET_CAP })).toMatchObject([{ change: "setCap(cap=7, arg1=8)" }]);
  });

  it("is found below a multisig and a timelock, and credited to the actor nearest to the contract", () => {
    const timelock = frame({ from: SAFE, to: TIMELOCK, selector: "0x01010101", calls: [setting(TIMELOCK)] });
    const safe = frame({ to: SAFE, selector: "0x02020202", calls: [frame({ from: SAFE, to: ORACLE, selector: "0x" }), timelock] });
    expect(changes(transaction(safe))).toMatchObject([
      { changeKey: "call:0.1.0", changedBy: TIMELOCK, actor: "timelock", actorKind: "timelock" },
    ]);
  });

  it("is credited to a contract that nobody named", () => {
    const through = frame({ to: STRANGER, selector: "0x01010101", calls: [setting(STRANGER)] });
    expect(changes(transaction(through))).toMatchObject([{ changedBy: STRANGER, actor: null, actorKind: "contract" }]);
  });

  it.each([
    ["that failed", frame({ ...setting(USER), error: "execution reverted" })],
    ["that an outer frame undid", frame({ to: STRANGER, error: "execution reverted", calls: [setting(STRANGER)] })],
    ["that only looked", frame({ to: STRANGER, calls: [{ ...setting(STRANGER), type: "STATICCALL" }] })],
  ])("%s changes nothing", (_, root) => expect(changes(transaction(root))).toEqual([]));

  it("without readable arguments is a change all the same", () => {
    expect(changes(transaction({ ...setting(USER), input: SET_CAP.slice(0, 20) }))).toMatchObject([{ change: "setCap()", params: {} }]);
  });

  it("is unknown to a configuration that does not list it", () => {
    expect(configChangesOf(transaction(setting(USER)), { watch: watchOf(CONFIG), reads: [] })).toEqual([]);
  });

  it("tells what was read, and leaves out what a node no longer had", () => {
    const word = (value: number) => `0x${value.toString(16).padStart(64, "0")}`;
    const reads = [
      { address: PSM, name: "cap", before: null, after: word(7) },
      { address: ORACLE, name: "cap", before: word(1), after: word(2) },
    ];
    expect(configChangesOf(transaction(setting(USER)), { watch, reads })).toMatchObject([{ before: {}, after: { cap: "7" } }]);
  });
});

describe("changes of configuration, on a real node", () => {
  let standing: Standing;
  beforeAll(async () => {
    standing = await startStanding();
  });
  afterAll(() => standing.anvil.stop());

  /** The demo's section with a named governor, parameters that are read, and an oracle known by its setter alone. */
  function governed(rpc: object = {}): ChainConfig {
    const { world, anvil } = standing;
    const section = chainSection(world) as { readonly contracts: readonly { readonly name: string; readonly abi: readonly string[] }[] };
    const contracts = section.contracts.map((contract) => ({
      ...contract,
      abi: [...contract.abi, "function oracle() view returns (address)"],
      config_reads: ["oracle"],
    }));
    const abi = ["function setHealthy(bool healthy)", "function healthy() view returns (bool)"];
    return chainSchemaIn(".").parse({
      ...section,
      contracts,
      modules: [{ name: "ORACLE", address: world.addresses.Oracle, abi, config_setters: ["setHealthy"], config_reads: ["healthy"] }],
      governance: [{ name: "protocol-governor", kind: "governor", address: world.governor }],
      rpc: { urls: [anvil.url], poll_interval: "50ms", ...rpc },
    });
  }

  it.each(["auto", "transaction", "off"])("tell who, what, and the parameters before and after, with traces %s", async (trace) => {
    const { facts } = await followTo(governed({ trace }), standing.head);
    const { Oracle } = standing.world.addresses;
    const found = facts.filter((fact): fact is ConfigChangeFact => fact.kind === "config_change");
    expect(found).toMatchObject([
      {
        module: "PSM",
        change: expect.stringMatching(/^OracleChanged\(/),
        before: { oracle: Oracle.toLowerCase() },
        after: { oracle: `0x${"0".repeat(40)}` },
        actor: "protocol-governor",
        actorKind: "governor",
        changedBy: standing.world.governor.toLowerCase(),
      },
      {
        module: "ORACLE",
        changeKey: "call:0",
        change: "setHealthy(healthy=false)",
        before: { healthy: "true" },
        after: { healthy: "false" },
      },
    ]);
  });
});
