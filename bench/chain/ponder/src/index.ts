import { ponder } from "ponder:registry";
import { operation } from "ponder:schema";

// A row for each operation that went through; from its event, or from its call where traces are asked for.
const EVENTS = [
  ["PSM:Minted", "PSM.mint()", "PSM_MINT"],
  ["PSM:Redeemed", "PSM.redeem()", "PSM_REDEEM"],
  ["VAULT:BoughtBack", "VAULT.executeBuyback()", "BUYBACK_EXECUTE"],
] as const;

for (const [event, call, action] of EVENTS) {
  ponder.on(process.env.BENCH_TRACES === "1" ? call : event, async ({ event: { transaction, block }, context }) => {
    await context.db.insert(operation).values({ id: `${transaction.hash} ${action}`, blockNumber: Number(block.number) });
  });
}
