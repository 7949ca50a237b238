import { describe, expect, it } from "vitest";
import { State } from "#core/state.ts";
import type { ChainFact } from "../facts.ts";
import { block, CONFIG, frame, hashOf, MISSING, ROUTER, reverted, STRANGER, transaction } from "../fixtures/handmade.ts";
import { createInterpret } from "../interpret.ts";
import { WINDOW_BLOCKS } from "../memory.ts";
import type { BlockSeen, ChainObservation, Frame, RegradeSeen } from "../observation.ts";
import { watchOf } from "../watch.ts";
import { weakOf } from "./weak.ts";

const interpret = createInterpret(watchOf(CONFIG));
/** A router whose call of the PSM was blocked, and which passed that on. */
const turnedAway = reverted(MISSING, { to: ROUTER, selector: "0x01020304", calls: [reverted(MISSING, { from: ROUTER })] });

/** The block of a height with one transaction that no trace shows. */
function untraced(number: number, root: Frame, plan: { readonly branch?: string; readonly parentBranch?: string } = {}): BlockSeen {
  return { ...block({ number, ...plan }), transactions: [{ ...transaction(root), trace: null }] };
}

/** The same transaction with its trace. */
function traced(number: number, root: Frame): RegradeSeen {
  const { timeMs } = block({ number });
  return { type: "regrade", number, hash: hashOf(number, "a"), timeMs, transaction: transaction(root) };
}

function run(observations: readonly ChainObservation[]): { readonly state: State; readonly facts: readonly (readonly ChainFact[])[] } {
  const state = new State();
  return { state, facts: observations.map((observation) => interpret(state, observation)) };
}

describe("a transaction to one of ours that no trace showed", () => {
  it("is no fact, and one that counts late once a trace shows it", () => {
    const { facts, state } = run([untraced(7, turnedAway), traced(7, turnedAway), traced(7, turnedAway)]);
    expect(facts[0]).toEqual([]);
    expect(facts[1]).toMatchObject([
      { kind: "operation", id: `op:1:7:${hashOf(7, "a")}:0:0.0:1`, outcome: "blocked", late: true, revision: 0, evidence: "trace" },
    ]);
    expect(facts[2]).toEqual([]);
    expect([...weakOf(state)]).toEqual([]);
  });

  it("is taken back by a reorg once it was seen", () => {
    const { facts } = run([
      block({ number: 6 }),
      untraced(7, turnedAway),
      traced(7, turnedAway),
      block({ number: 7, branch: "b", parentBranch: "a" }),
    ]);
    const [seen] = facts[2] ?? [];
    expect(facts[3]).toMatchObject([{ kind: "operation_retracted", retracts: seen?.id, cause: "reorg" }, { kind: "reorg" }]);
  });

  it("is none any more when its block left the chain before the trace came", () => {
    const { facts, state } = run([
      block({ number: 6 }),
      untraced(7, turnedAway),
      block({ number: 7, branch: "b", parentBranch: "a" }),
      traced(7, turnedAway),
    ]);
    expect(facts.flat().map(({ kind }) => kind)).toEqual(["reorg"]);
    expect([...weakOf(state)]).toEqual([]);
  });

  it("is none either when the trace comes after that block's height became final, from a node that kept the block", () => {
    const others = Array.from({ length: WINDOW_BLOCKS + 1 }, (_, index) => {
      return block({ number: 7 + index, branch: "b", parentBranch: index === 0 ? "a" : "b" });
    });
    const { facts, state } = run([block({ number: 6 }), untraced(7, turnedAway), ...others]);
    expect([...weakOf(state)]).toEqual([]);
    expect(interpret(state, traced(7, turnedAway))).toEqual([]);
    expect(facts.flat().map(({ kind }) => kind)).toEqual(["reorg"]);
  });

  it("counts under the application that stands when its block left and came back", () => {
    const b = block({ number: 7, branch: "b", parentBranch: "a" });
    const { facts } = run([block({ number: 6 }), untraced(7, turnedAway), b, untraced(7, turnedAway), traced(7, turnedAway)]);
    expect(facts[4]).toMatchObject([{ kind: "operation", application: 2 }]);
  });

  it("counts what it swallowed", () => {
    const swallowed = frame({ to: ROUTER, selector: "0x01020304", calls: [reverted(MISSING, { from: ROUTER })] });
    expect(run([untraced(7, swallowed), traced(7, swallowed)]).facts[1]).toMatchObject([{ outcome: "caught", late: true }]);
  });

  it("is forgotten once a trace shows that it called nothing of ours", () => {
    const { facts, state } = run([untraced(7, turnedAway), { type: "foreign", txHash: transaction(turnedAway).hash }]);
    expect([facts[1], [...weakOf(state)]]).toEqual([[], []]);
  });

  it.each([
    ["was sent to a stranger", untraced(7, reverted("0x", { to: STRANGER, selector: "0x01020304" }))],
    ["is a direct call that went through, which its receipt proves", untraced(7, frame())],
  ])("is not waited for when it %s", (_, seen) => {
    expect([...weakOf(run([seen]).state)]).toEqual([]);
  });

  it("is not waited for when it shares a row", () => {
    const own = createInterpret(watchOf({ ...CONFIG, retention: { ...CONFIG.retention, successRowsPerBlock: 1 } }));
    const state = new State();
    const seen = block({ number: 7, traces: [frame(), frame(), frame()] });
    own(state, { ...seen, transactions: seen.transactions.map((one) => ({ ...one, trace: null })) });
    expect([...weakOf(state)]).toEqual([]);
  });
});
