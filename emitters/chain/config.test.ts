import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { renderPath } from "#core/config/place.ts";
import { chainSchemaIn } from "./config.ts";
import { PSM, ROUTER, SECTION, STRANGER, VAULT } from "./fixtures/handmade.ts";

const folder = mkdtempSync(join(tmpdir(), "offing-chain-config-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const schema = chainSchemaIn(folder);
const [psm, vault] = SECTION.contracts;

/** What is said against the handmade section with these keys changed: path, then message. */
function faults(changed: Readonly<Record<string, unknown>>): readonly string[] {
  const result = schema.safeParse({ ...SECTION, ...changed });
  return result.success ? [] : result.error.issues.map((issue) => `${renderPath(issue.path)}: ${issue.message}`);
}

function psmFaults(changed: Readonly<Record<string, unknown>>): readonly string[] {
  return faults({ contracts: [{ ...psm, ...changed }, vault] });
}

describe("the chain section", () => {
  it("has stated defaults", () => {
    const { rpc, ...rest } = schema.parse({ network: "n", chain_id: 1, rpc: { urls: ["http://127.0.0.1:1"] }, contracts: [psm] });
    expect({ ...rpc, urls: rpc.urls.map((url) => url.reveal()) }).toEqual({
      urls: ["http://127.0.0.1:1"],
      timeoutMs: 10_000,
      pollIntervalMs: 2_000,
      trace: "auto",
      maxBlocksPerBatch: 256,
      concurrency: 8,
      maxLagBlocks: 8,
    });
    expect(rest).toMatchObject({
      startBlock: "latest",
      liveHorizonMs: 3_600_000,
      modules: [],
      routers: [],
      alerts: { buybackBlockedMs: 1_800_000, psmMissingCount: 5, burstWindowMs: 600_000, reorgDepthBlocks: 5 },
    });
    expect(rest.reasons).toEqual([
      {
        code: "PSM_ORACLE_MISSING",
        contracts: ["PSM"],
        errors: ["PSM_ORACLE_MISSING"],
        selectors: [],
        messages: ["PSM_ORACLE_MISSING"],
        oracleRequired: true,
        unhealthy: false,
      },
      {
        code: "BUYBACK_ORACLE_REQUIRED",
        contracts: ["BUYBACK_VAULT"],
        errors: ["BUYBACK_ORACLE_REQUIRED"],
        selectors: [],
        messages: ["BUYBACK_ORACLE_REQUIRED"],
        oracleRequired: true,
        unhealthy: false,
      },
      {
        code: "BUYBACK_ORACLE_UNHEALTHY",
        contracts: ["BUYBACK_VAULT"],
        errors: ["BUYBACK_ORACLE_UNHEALTHY"],
        selectors: [],
        messages: ["BUYBACK_ORACLE_UNHEALTHY"],
        oracleRequired: true,
        unhealthy: true,
      },
    ]);
  });

  it("never shows a URL, which most often holds a key", () => {
    const config = schema.parse({ ...SECTION, rpc: { urls: ["https://user:pass@rpc.example/v3/key"] } });
    expect(JSON.stringify(config)).not.toMatch(/pass|v3/);
  });

  it("takes addresses in lower case and with a right checksum", () => {
    const checksummed = "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045";
    const config = schema.parse({ ...SECTION, routers: [{ name: "r", address: checksummed }] });
    expect(config.routers[0]?.address).toBe(checksummed.toLowerCase());
  });

  it.each<[string, readonly string[], string]>([
    ["no URL", faults({ rpc: { urls: [] } }), "rpc.urls: "],
    ["seventeen URLs", faults({ rpc: { urls: Array.from({ length: 17 }, () => "http://127.0.0.1:1") } }), "rpc.urls: "],
    ["another protocol", faults({ rpc: { urls: ["ftp://127.0.0.1"] } }), "rpc.urls[0]: must be a URL with http or https"],
    ["no contract", faults({ contracts: [] }), "contracts: "],
    ["a time without a unit", faults({ live_horizon: "60" }), "live_horizon: must be a duration"],
    ["a horizon shorter than the seed's window", faults({ live_horizon: "10m" }), "live_horizon: must be at least 1h"],
    [
      "a burst window beyond the horizon",
      faults({ alerts: { burst_window: "2h" } }),
      "alerts.burst_window: must not be longer than live_horizon",
    ],
    ["a wrong checksum", psmFaults({ address: "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96046" }), "contracts[0].address: must be an address"],
    ["a short address", psmFaults({ address: "0x1234" }), "contracts[0].address: must be an address"],
    ["an address without quotes", psmFaults({ address: 0xd8da }), "contracts[0].address: must stand in quotes"],
    ["a contract that the labels do not know", psmFaults({ name: "DAO" }), "contracts[0].name: "],
    ["the labels' refuge as a name", psmFaults({ name: "unknown" }), "contracts[0].name: "],
    [
      "an action of another contract",
      psmFaults({ actions: { BUYBACK_MINT: "mint" } }),
      "contracts[0].actions.BUYBACK_MINT: must begin with PSM_",
    ],
    ["an action in lower case", psmFaults({ actions: { psm_mint: "mint" } }), "contracts[0].actions.psm_mint: "],
    [
      "a setter that the ABI lacks",
      psmFaults({ config_setters: ["setGone"] }),
      "contracts[0].config_setters[0]: names no function of the ABI",
    ],
    [
      "a module that tells of no change",
      faults({ modules: [{ name: "ORACLE", address: STRANGER, abi: ["function f()"] }] }),
      "modules[0]: must have `config_events`, `config_setters` or both",
    ],
    [
      "a function that the ABI lacks",
      psmFaults({ actions: { PSM_MINT: "mnt" } }),
      "contracts[0].actions.PSM_MINT: names no function of the ABI",
    ],
    [
      "one function for two actions",
      psmFaults({ actions: { PSM_MINT: "mint", PSM_REDEEM: "mint(uint256)" } }),
      "contracts[0].actions.PSM_REDEEM: names a function that is PSM_MINT already",
    ],
    ["an event that the ABI lacks", psmFaults({ config_events: ["Gone"] }), "contracts[0].config_events[0]: names no event of the ABI"],
    [
      "a line that is no ABI",
      psmFaults({ abi: [...(psm?.abi ?? []), "functon redeem()"] }),
      "contracts[0].abi[3]: must be human-readable ABI lines",
    ],
    ["no ABI", psmFaults({ abi: undefined }), "contracts[0]: must have one of `abi` and `abi_file`"],
    ["two ABIs", psmFaults({ abi_file: "psm.json" }), "contracts[0]: must have one of `abi` and `abi_file`"],
    [
      "an ABI file that is not there",
      psmFaults({ abi: undefined, abi_file: "gone.json" }),
      "contracts[0].abi_file: names a file that cannot be read",
    ],
    [
      "one address for two contracts",
      faults({ contracts: [psm, { ...vault, address: PSM }] }),
      "contracts[1].address: is the address of contracts[0] already",
    ],
    [
      "a router at a contract's address",
      faults({ routers: [{ name: "r", address: VAULT }] }),
      "routers[0].address: is the address of contracts[1] already",
    ],
    [
      "one name for two contracts",
      faults({ contracts: [psm, { ...psm, address: STRANGER }] }),
      "contracts[1].name: is the name of contracts[0] already",
    ],
    [
      "a reason without a proof",
      faults({ reasons: [{ code: "PSM_ORACLE_MISSING" }] }),
      "reasons[0]: must have `error`, `selector` or `message`",
    ],
    ["a reason that is no code", faults({ reasons: [{ code: "unknown", error: "X" }] }), "reasons[0].code: must be a code"],
    ["a new reason without its meaning", faults({ reasons: [{ code: "TREASURY_STALE" }] }), "reasons[0]: must say `oracle_required"],
    [
      "a new reason that changes its meaning",
      faults({
        reasons: [
          { code: "TREASURY_STALE", oracle_required: true },
          { code: "TREASURY_STALE", error: "X", oracle_required: false },
        ],
      }),
      "reasons[1].oracle_required: must be true for TREASURY_STALE",
    ],
    [
      "another home for a built-in reason",
      faults({ reasons: [{ code: "PSM_ORACLE_MISSING", error: "X", contracts: ["SAFETY_NET"] }] }),
      "reasons[0].contracts: must be left out",
    ],
    [
      "more reasons than labels may have values",
      faults({ reasons: Array.from({ length: 30 }, (_, index) => ({ code: `X_CODE_${index}`, oracle_required: true })) }),
      "reasons[29].code: is one code too many",
    ],
    [
      "a reason that means something else",
      faults({ reasons: [{ code: "PSM_ORACLE_MISSING", error: "X", unhealthy: true }] }),
      "reasons[0].unhealthy: must be false for PSM_ORACLE_MISSING: a code is never re-meant",
    ],
    [
      "one proof for two reasons",
      faults({ reasons: [{ code: "BUYBACK_ORACLE_REQUIRED", message: "PSM_ORACLE_MISSING" }] }),
      "reasons[0].message: proves PSM_ORACLE_MISSING already",
    ],
    ["an unknown key", faults({ strat_block: 5 }), ": Unrecognized key"],
  ])("refuses %s, at its place", (_, found, fault) => expect(found).toContainEqual(expect.stringContaining(fault)));

  it("tells every fault of one contract beside those of another", () => {
    const found = faults({
      contracts: [
        { ...psm, actions: { PSM_MINT: "mnt" } },
        { ...vault, address: "0x", config_events: ["Gone"] },
      ],
      chain_id: 0,
    });
    expect(found.map((fault) => fault.split(":")[0])).toEqual(
      expect.arrayContaining(["chain_id", "contracts[0].actions.PSM_MINT", "contracts[1].address"]),
    );
  });

  it("reads a compiler's JSON ABI beside the configuration, bare or inside an artifact", () => {
    const abi = [
      { type: "function", name: "mint", inputs: [{ name: "amount", type: "uint256" }], outputs: [], stateMutability: "nonpayable" },
    ];
    writeFileSync(join(folder, "bare.json"), JSON.stringify(abi));
    writeFileSync(join(folder, "artifact.json"), JSON.stringify({ abi, bytecode: "0x" }));
    writeFileSync(join(folder, "broken.json"), JSON.stringify([{ type: "function" }]));
    const from = (file: string) => psmFaults({ abi: undefined, abi_file: file, config_events: [] });
    expect(from("bare.json")).toEqual([]);
    expect(from("artifact.json")).toEqual([]);
    expect(from("broken.json")).toEqual(["contracts[0].abi_file: must name a file with a JSON ABI, as compilers write it"]);
  });

  it("takes a router that is none of the contracts", () => {
    expect(faults({ routers: [{ name: "r", address: ROUTER }] })).toEqual([]);
  });
});
