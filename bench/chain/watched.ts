import { type ChainConfig, chainSchema } from "../../emitters/chain/config.ts";
import { CHAIN_ID, PSM, ROUTER, VAULT } from "./recording.ts";

/** The configuration that watches a recorded chain from its first block, with what differs. */
export function recordedChainConfig(own: { readonly backfill_above: number; readonly rpc: object }): ChainConfig {
  return chainSchema.parse({
    network: "bench",
    chain_id: CHAIN_ID,
    start_block: 1,
    contracts: [
      {
        name: "PSM",
        address: PSM,
        abi: ["function mint(uint256)", "function redeem(uint256)"],
        actions: { PSM_MINT: "mint", PSM_REDEEM: "redeem" },
      },
      { name: "BUYBACK_VAULT", address: VAULT, abi: ["function executeBuyback(uint256)"], actions: { BUYBACK_EXECUTE: "executeBuyback" } },
    ],
    routers: [{ name: "router", address: ROUTER }],
    ...own,
  });
}
