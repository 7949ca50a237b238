import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { reorgDepthRecent } from "#contract/generated/chain.ts";
import { type Header, jointOf, type Known, nextStep } from "#core/rpc/head.ts";
import type { GaugePoint } from "#core/signal.ts";
import { State } from "#core/state.ts";
import type { ChainFact } from "./facts.ts";
import { BUYBACK, block, CONFIG, frame, MISSING, reverted, UNHEALTHY, VAULT } from "./fixtures/handmade.ts";
import { createGauges } from "./gauges.ts";
import { createInterpret } from "./interpret.ts";
import { blockAt, firstOf, tipOf } from "./memory.ts";
import type { BlockSeen, Frame } from "./observation.ts";
import { signals } from "./signals.ts";
import { watchOf } from "./watch.ts";

/**
 * A small tree of blocks: each has its parent among those before it. Whichever heads a node shows in whichever order, what stands at the
 * end must be what a ledger that only ever saw the last head's chain would hold.
 */
const traces: readonly Frame[] = [
  frame(),
  reverted(MISSING),
  reverted("0x12345678"),
  reverted(UNHEALTHY, { to: VAULT, selector: BUYBACK }),
  frame({ to: VAULT, selector: BUYBACK }),
  frame({ to: `0x${"00".repeat(20)}`, calls: [reverted(MISSING)] }),
];
const tree = fc.array(
  fc.record({
    parent: fc.nat({ max: 30 }),
    traces: fc.array(fc.constantFrom(...traces), { maxLength: 3 }),
    minutes: fc.integer({ min: 1, max: 40 }),
    late: fc.boolean(),
  }),
  { minLength: 2, maxLength: 12 },
);
const heads = fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 12 });

const interpret = createInterpret(watchOf(CONFIG));
const gauges = createGauges(CONFIG);

describe("any sequence of forks", () => {
  it("ends with the facts, totals and gauges of the last chain", () => {
    const seed = Number(process.env["OFFING_SEED"] ?? Date.now() % 2 ** 31);
    process.stdout.write(`forks: seed ${seed} (set OFFING_SEED to repeat)\n`);
    fc.assert(
      fc.property(tree, heads, (plan, shown) => {
        const blocks = grow(plan);
        const state = new State();
        const facts = shown.flatMap((index) => follow(state, blocks, blocks[index % blocks.length]));
        const straight = new State();
        const last = chainTo(
          blocks,
          blocks.find(({ hash }) => hash === tipOf(state)?.hash),
        );
        const expected = last.flatMap((seen) => interpret(straight, seen));
        const idOf = (fact: ChainFact) => (fact.kind === "operation" ? fact.operationId : fact.id);
        expect(standing(facts).map(idOf).sort()).toEqual(standing(expected).map(idOf).sort());
        expect(totals(facts)).toEqual(totals(expected));
        expect(chainGauges(state)).toEqual(chainGauges(straight));
      }),
      { seed, numRuns: 400 },
    );
  });
});

/** What the chain comes to; how deep reorgs were is all that tells of the way there. */
function chainGauges(state: State): readonly GaugePoint[] {
  return gauges(state).filter(({ metric }) => metric.name !== reorgDepthRecent.name);
}

/** Block 0 is everybody's ancestor; a block's branch is its position in the plan. */
function grow(
  plan: readonly { readonly parent: number; readonly traces: readonly Frame[]; readonly minutes: number; readonly late: boolean }[],
): readonly BlockSeen[] {
  const blocks: BlockSeen[] = [block({ number: 0, branch: "0" })];
  for (const [index, { parent, traces: calls, minutes, late }] of plan.entries()) {
    const below = blocks[parent % blocks.length];
    if (below === undefined) continue;
    const made = block({
      number: below.number + 1,
      branch: String(index + 1),
      timeMs: below.timeMs + minutes * 60_000,
      seenAfterMs: late ? 2 * CONFIG.liveHorizonMs : 1_000,
      traces: calls,
    });
    blocks.push({ ...made, parentHash: below.hash });
  }
  return blocks;
}

/** What the source does with a head: stays, follows its parents down, and yields what is missing from the fork up. */
function follow(state: State, blocks: readonly BlockSeen[], head: BlockSeen | undefined): readonly ChainFact[] {
  if (head === undefined) return [];
  const known = (): Known => ({ tip: tipOf(state), first: firstOf(state), hashAt: (number) => blockAt(state, number)?.hash });
  const step = nextStep(known(), head, { startBlock: 0, jumpAbove: 1_000 });
  if (step.type === "wait" || step.type === "stale") return [];
  const branch: BlockSeen[] = [];
  const parentOf = ({ parentHash }: Header) => blocks.find(({ hash }) => hash === parentHash);
  for (let lowest: BlockSeen | undefined = head; lowest !== undefined; lowest = parentOf(lowest)) {
    branch.unshift(lowest);
    if (tipOf(state) !== undefined && jointOf(known(), lowest) === "joins") break;
  }
  return branch.flatMap((seen) => interpret(state, seen));
}

function chainTo(blocks: readonly BlockSeen[], head: BlockSeen | undefined): readonly BlockSeen[] {
  if (head === undefined) return [];
  return [
    ...chainTo(
      blocks,
      blocks.find(({ hash }) => hash === head.parentHash),
    ),
    head,
  ];
}

function standing(facts: readonly ChainFact[]): readonly ChainFact[] {
  return facts.filter(
    ({ id, kind, retracts }) => kind !== "reorg" && retracts === undefined && !facts.some((fact) => fact.retracts === id),
  );
}

/** total + late - retracted of every counter but that of reorgs, by labels; what is 0 is left out. */
function totals(facts: readonly ChainFact[]): Readonly<Record<string, number>> {
  const sums = new Map<string, number>();
  for (const fact of facts) {
    if (fact.kind === "reorg") continue;
    for (const signal of signals({ seq: 1, writtenAtMs: 1, fact })) {
      if (signal.type !== "increment") continue;
      const key = `${signal.metric.name} ${JSON.stringify(signal.labels)}`;
      sums.set(key, (sums.get(key) ?? 0) + (fact.retracts === undefined ? signal.value : -signal.value));
    }
  }
  return Object.fromEntries([...sums].filter(([, sum]) => sum !== 0).sort());
}
