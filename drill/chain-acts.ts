import { breakPsmOracle, restorePsmOracle } from "../demo/world/calls.ts";
import type { ChainDrill } from "../observability/drill/catalogue.ts";
import type { Act } from "./acts.ts";
import type { ChainPlace } from "./chain-place.ts";

/** The drills that need the watched chain. */
export const chainActs: Readonly<Record<ChainDrill, Act>> = {
  "psm-oracle-removed": onChain({
    begin: (chain) => chain.send([breakPsmOracle]),
    heal: (chain) => chain.send([restorePsmOracle]),
  }),
};

type OnChain = Readonly<Record<"begin" | "heal", (chain: ChainPlace) => Promise<void>>>;

function onChain({ begin, heal }: OnChain): Act {
  return {
    prepare: async (site) => void (await site.chain()),
    begin: async (site) => begin(await site.chain()),
    heal: async (site) => heal(await site.chain()),
  };
}
