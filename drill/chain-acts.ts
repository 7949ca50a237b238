import type { Meddling, ProxiedCall } from "#core/testing/rpc-proxy.ts";
import { untilIndexed } from "../demo/emitter-process.ts";
import { breakPsmOracle, mintTooMuch, oracleHealthy, oracleUnhealthy, restorePsmOracle } from "../demo/world/calls.ts";
import { reorg } from "../demo/world/reorg.ts";
import { headOf, play } from "../demo/world/traffic.ts";
import type { ChainDrill } from "../observability/drill/catalogue.ts";
import type { Act } from "./acts.ts";
import { type ChainPlace, ORDINARY } from "./chain-place.ts";

/** The drills that need the watched chain. */
export const chainActs: Readonly<Record<ChainDrill, Act>> = {
  // It fires from the stack's start on; starting the chain is what mends it.
  "chain-emitter-missing": {
    prepare: async () => undefined,
    begunBefore: true,
    begin: async () => undefined,
    heal: async (site) => void (await site.chain()),
  },
  "unknown-revert": onChain({
    begin: (chain) => chain.send([mintTooMuch()]),
    heal: async () => undefined,
  }),
  "psm-oracle-removed": onChain({
    begin: (chain) => chain.send([breakPsmOracle]),
    heal: (chain) => chain.send([restorePsmOracle]),
  }),
  "chain-stands-still": onChain({
    begin: async (chain) => {
      chain.mining = false;
    },
    heal: async (chain) => {
      chain.mining = true;
    },
  }),
  "endpoint-without-receipts": onChain({
    begin: async (chain) => {
      chain.endpoint.meddle = ({ method }) => (method === "eth_getBlockReceipts" ? UNABLE : PASS);
      await mineAtOnce(chain, LAG_BLOCKS);
    },
    heal: async (chain) => {
      chain.endpoint.meddle = () => PASS;
    },
  }),
  "endpoint-forgets-blocks": onChain({
    begin: async (chain) => {
      const first = Number((await headOf(chain.world)).number) + 1;
      chain.endpoint.meddle = () => ({ type: "cut" });
      await mineAtOnce(chain, GAP_BLOCKS);
      const last = Number((await headOf(chain.world)).number) - 1;
      chain.endpoint.meddle = forgetting({ first, last });
    },
    heal: async (chain) => {
      chain.endpoint.meddle = () => PASS;
    },
  }),
  "chain-reorganised": onChain({
    begin: async (chain) => {
      // What is replaced must be there first, and read.
      const blockNumber = chain.world.deployment.number + REORG_BLOCKS + 1;
      await untilIndexed(chain.emitter(), { blockNumber, timeoutMs: 60_000 });
      await chain.alone(async () => void (await reorg(chain.world, { depth: REORG_BLOCKS, secondsPerBlock: 1, blocks: [] })));
    },
    heal: letAnHourPass,
  }),
  "oracle-unhealthy": onChain({
    begin: (chain) => chain.send([oracleUnhealthy]),
    heal: async (chain) => {
      await chain.send([oracleHealthy]);
      await letAnHourPass(chain);
    },
  }),
};

/** More than the 32 blocks from which on an emitter is behind. */
const LAG_BLOCKS = 40;
/** More than the configured `backfill_above`. */
const GAP_BLOCKS = 5;
/** More than the five from which on a reorg counts as deep. */
const REORG_BLOCKS = 8;
const PASS: Meddling = { type: "pass" };
const UNABLE: Meddling = { type: "error", code: -32_603, message: "receipts are not available" };

/** Windows on chain time end with it, and a chain of our own can let an hour pass at once. */
async function letAnHourPass(chain: ChainPlace): Promise<void> {
  await chain.alone(async () => {
    const { timestamp } = await headOf(chain.world);
    await play(chain.world, ORDINARY, { atSeconds: Number(timestamp) + 3_601 });
  });
}

async function mineAtOnce(chain: ChainPlace, blocks: number): Promise<void> {
  for (let mined = 0; mined < blocks; mined += 1) await chain.send(ORDINARY);
}

/** An endpoint that has lost the blocks of a range: it answers null for them, as a pruned node does. */
function forgetting({ first, last }: { readonly first: number; readonly last: number }): (call: ProxiedCall) => Meddling {
  return ({ method, params: [block] }) => {
    const number = method === "eth_getBlockByNumber" && typeof block === "string" ? Number(block) : Number.NaN;
    return number >= first && number <= last ? { type: "result", result: null } : PASS;
  };
}

type OnChain = Readonly<Record<"begin" | "heal", (chain: ChainPlace) => Promise<void>>>;

function onChain({ begin, heal }: OnChain): Act {
  return {
    prepare: async (site) => void (await site.chain()),
    begin: async (site) => begin(await site.chain()),
    heal: async (site) => heal(await site.chain()),
  };
}
