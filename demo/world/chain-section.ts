import type { Abi } from "viem";
import type { World } from "./deploy.ts";

/**
 * Writes the `chain` section of `offing.yaml` that watches this world, as a plain object.
 *
 * The PSM's ABI leaves `MintCapExceeded` out on purpose: an operator's ABI is sometimes older than the contract.
 */
export function chainSection({ url, chainId, addresses, artifacts }: World): object {
  const { PSM, BuybackVault, Oracle } = artifacts;
  const psmItems = ["mint", "redeem", "PSM_ORACLE_MISSING", "InsufficientCollateral", "NotGovernor", "OracleChanged"];
  const vaultItems = ["executeBuyback", "BUYBACK_ORACLE_REQUIRED", "NotGovernor", "OracleChanged", "StrategyChanged"];
  return {
    network: "anvil",
    chain_id: chainId,
    start_block: 0,
    rpc: { urls: [url] },
    contracts: [
      {
        name: "PSM",
        address: addresses.PSM,
        abi: readableAbi(PSM.abi, psmItems),
        actions: { PSM_MINT: "mint", PSM_REDEEM: "redeem" },
        config_events: ["OracleChanged"],
      },
      {
        name: "BUYBACK_VAULT",
        address: addresses.BuybackVault,
        abi: readableAbi(BuybackVault.abi, vaultItems),
        actions: { BUYBACK_EXECUTE: "executeBuyback" },
        config_events: ["OracleChanged", "StrategyChanged"],
      },
    ],
    modules: [
      { name: "ORACLE", address: addresses.Oracle, abi: readableAbi(Oracle.abi, ["HealthChanged"]), config_events: ["HealthChanged"] },
    ],
    routers: [{ name: "demo-router", address: addresses.Router }],
    reasons: [
      { code: "PSM_ORACLE_MISSING", error: "PSM_ORACLE_MISSING", oracle_required: true, unhealthy: false },
      { code: "BUYBACK_ORACLE_REQUIRED", error: "BUYBACK_ORACLE_REQUIRED", oracle_required: true, unhealthy: false },
      { code: "BUYBACK_ORACLE_UNHEALTHY", message: "BUYBACK_ORACLE_UNHEALTHY", oracle_required: true, unhealthy: true },
    ],
  };
}

/** Writes the named functions, errors and events as human-readable ABI lines, in the order of the names. */
function readableAbi(abi: Abi, names: readonly string[]): readonly string[] {
  return names.flatMap((name) =>
    abi.flatMap((item) => {
      if ((item.type !== "function" && item.type !== "error" && item.type !== "event") || item.name !== name) return [];
      const inputs: readonly Parameter[] = item.inputs;
      return [`${item.type} ${name}(${inputs.map(readableParameter).join(", ")})`];
    }),
  );
}

interface Parameter {
  readonly type: string;
  readonly name?: string | undefined;
  readonly indexed?: boolean | undefined;
}

function readableParameter({ type, name, indexed }: Parameter): string {
  return [type, indexed === true ? "indexed" : "", name ?? ""].filter((word) => word !== "").join(" ");
}
