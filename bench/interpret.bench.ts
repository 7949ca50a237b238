import type { Bench } from "./bench.ts";
import { runPart } from "./part.ts";
import type { InterpretAnswer, InterpretOrder } from "./parts/interpret-blocks.ts";

const PART = new URL("./parts/interpret-blocks.ts", import.meta.url);

/** What the chain's pure step costs, beside the JSON that everybody must read. */
export const interpretBench: Bench = {
  name: "interpret",
  what: "the chain's interpret over synthetic blocks of 200 transactions, 5 % of them watched",
  run: async ({ quick, signal, say }) => {
    const order: InterpretOrder = { blocks: quick ? 400 : 1_500, rounds: quick ? 3 : 7 };
    say(`${order.blocks} blocks, ${order.rounds} rounds`);
    const { facts, observations, interpretSeconds, parseSeconds } = await runPart<InterpretOrder, InterpretAnswer>(PART, { order, signal });
    const perSecond = (count: number, seconds: readonly number[]): number[] => seconds.map((value) => count / value);
    return {
      rows: [
        {
          figure: "observations interpreted",
          unit: "blocks/s",
          ours: perSecond(observations, interpretSeconds),
          peer: { name: "bare JSON.parse", values: perSecond(observations, parseSeconds) },
        },
        { figure: "facts made", unit: "facts/s", ours: perSecond(facts, interpretSeconds) },
      ],
      notes: [`interpret: ${(facts / observations).toFixed(1)} facts a block; state changes are collected and settled as the loop does.`],
    };
  },
};
