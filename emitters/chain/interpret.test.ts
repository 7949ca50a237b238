import { describe, expect, it } from "vitest";
import { State } from "#core/state.ts";
import type { ChainFact } from "./facts.ts";
import { block, CONFIG, frame, GENESIS_MS, hashOf, MISSING, reverted, transaction } from "./fixtures/handmade.ts";
import { readRecorded } from "./fixtures/recorded.ts";
import { createInterpret } from "./interpret.ts";
import { blockAt, tickOf, tipOf, WINDOW_BLOCKS } from "./memory.ts";
import type { ChainObservation } from "./observation.ts";
import { watchOf } from "./watch.ts";

const interpret = createInterpret(watchOf(CONFIG));
const blocked = reverted(MISSING);

/** Interprets the observations one after the other; `facts[i]` is what the i-th made known. */
function run(
  observations: readonly ChainObservation[],
  state: State = new State(),
): { readonly state: State; readonly facts: ChainFact[][] } {
  return { state, facts: observations.map((observation) => [...interpret(state, observation)]) };
}

/** Kind, height and, for a reorg, depth. */
function gist(facts: readonly ChainFact[] | undefined): readonly string[] {
  return (facts ?? []).map((fact) => `${fact.kind} ${fact.blockNumber}${fact.kind === "reorg" ? ` depth ${fact.depth}` : ""}`);
}

describe("interpret", () => {
  it("names a call by its chain, block, transaction, frame and how often the block was applied", () => {
    const { facts } = run([block({ number: 7, traces: [frame(), blocked] })]);
    expect(facts[0]?.map(({ id }) => id)).toEqual([`op:1:7:${hashOf(7, "a")}:0:0:1`, `op:1:7:${hashOf(7, "a")}:1:0:1`]);
    expect(facts[0]?.[1]).toMatchObject({ operationId: `op:1:7:${hashOf(7, "a")}:1:0`, application: 1, timeMs: GENESIS_MS + 7 * 60_000 });
  });

  it("makes nothing of a block that stands already", () => {
    const { facts, state } = run([block({ number: 7, traces: [blocked] }), block({ number: 8 }), block({ number: 7, traces: [blocked] })]);
    expect(facts.slice(1)).toEqual([[], []]);
    expect(tipOf(state)?.number).toBe(8);
  });

  it("takes back a block that another of its height replaces", () => {
    const { facts } = run([
      block({ number: 7 }),
      block({ number: 8, traces: [blocked] }),
      block({ number: 8, branch: "b", parentBranch: "a" }),
    ]);
    expect(gist(facts[2])).toEqual(["operation_retracted 8", "reorg 8 depth 1"]);
    expect(facts[2]?.[0]).toMatchObject({
      retracts: facts[1]?.[0]?.id,
      blockHash: hashOf(8, "a"),
      reasonCode: "PSM_ORACLE_MISSING",
      oracleRequiredBlocked: true,
    });
  });

  it("takes back every block above a lower head's parent, the newest first", () => {
    const { facts, state } = run([
      ...[7, 8, 9, 10].map((number) => block({ number, traces: [blocked] })),
      block({ number: 8, branch: "b", parentBranch: "a", traces: [frame()] }),
    ]);
    expect(gist(facts[4])).toEqual([
      "operation_retracted 10",
      "operation_retracted 9",
      "operation_retracted 8",
      "reorg 8 depth 3",
      "operation 8",
    ]);
    expect(tipOf(state)).toMatchObject({ number: 8, hash: hashOf(8, "b") });
    expect(blockAt(state, 9)).toBeUndefined();
  });

  it("takes back the first block of all", () => {
    const { facts } = run([block({ number: 7, traces: [blocked] }), block({ number: 7, branch: "b", parentBranch: "b" })]);
    expect(gist(facts[1])).toEqual(["operation_retracted 7", "reorg 7 depth 1"]);
  });

  it("counts a block once that left the chain and came back (A, B, A)", () => {
    const a = block({ number: 8, traces: [blocked] });
    const b = block({ number: 8, branch: "b", parentBranch: "a" });
    const { facts } = run([block({ number: 7 }), a, b, a, b, a]);
    const all = facts.flat();
    const standing = all.filter(({ id, kind }) => kind === "operation" && !all.some((fact) => fact.retracts === id));
    expect(standing.map(({ id }) => id)).toEqual([`op:1:8:${hashOf(8, "a")}:0:0:3`]);
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  });

  it("counts a transaction that is mined again in another block", () => {
    const { facts } = run([
      block({ number: 7 }),
      block({ number: 8, traces: [blocked] }),
      block({ number: 8, branch: "b", parentBranch: "a" }),
      block({ number: 9, branch: "b", traces: [blocked] }),
    ]);
    expect(facts.map(gist)).toEqual([[], ["operation 8"], ["operation_retracted 8", "reorg 8 depth 1"], ["operation 9"]]);
  });

  it("marks as late what was older than the horizon when it was seen, and not a moment before", () => {
    const seen = (seenAfterMs: number): readonly ChainFact[] => run([block({ number: 7, seenAfterMs, traces: [blocked] })]).facts.flat();
    expect(seen(CONFIG.liveHorizonMs)).toMatchObject([{ late: false }]);
    expect(seen(CONFIG.liveHorizonMs + 1)).toMatchObject([{ late: true }]);
  });

  it("refuses a block whose parent is not known, and changes nothing", () => {
    const { state } = run([block({ number: 7 }), block({ number: 8 })]);
    state.settle();
    for (const orphan of [block({ number: 10 }), block({ number: 9, branch: "b" }), block({ number: 6, branch: "b" })]) {
      expect(() => interpret(state, orphan)).toThrow(expect.objectContaining({ code: "SOURCE_RESPONSE_INVALID" }));
      expect(state.changes()).toEqual([]);
    }
  });

  it("keeps ticks apart from blocks", () => {
    const { facts, state } = run([{ type: "tick", atMs: 5, head: 9, safe: null, finalized: 3 }]);
    expect(facts).toEqual([[]]);
    expect(tickOf(state)).toEqual({ atMs: 5, head: 9, safe: null, finalized: 3 });
  });

  it("remembers no more blocks than a reorg may take back", () => {
    const { state } = run(Array.from({ length: WINDOW_BLOCKS + 40 }, (_, number) => block({ number, traces: [blocked] })));
    expect([...state.entries("block")]).toHaveLength(WINDOW_BLOCKS);
    expect(blockAt(state, 39)).toBeUndefined();
    expect(blockAt(state, 40)).toBeDefined();
  });

  it("changes few keys of its state for a block", () => {
    const { state } = run(Array.from({ length: 600 }, (_, number) => block({ number, traces: [blocked] })));
    state.settle();
    run([block({ number: 600, traces: [blocked] })], state);
    expect(state.changes().length).toBeLessThan(8);
  });
});

describe("interpret, on the demo's story as anvil told it", () => {
  it("ends with what stands on the last branch", () => {
    const { config, batches } = readRecorded("story");
    const tell = createInterpret(watchOf(config));
    const state = new State();
    const facts = batches.flat().flatMap(({ observation }) => tell(state, observation));
    const count = (code: string): readonly number[] => {
      const of = (kind: string) => facts.filter((fact) => fact.kind === kind && "reasonCode" in fact && fact.reasonCode === code).length;
      return [of("operation"), of("operation_retracted")];
    };
    // As the demo's own books have it: applied, taken back.
    expect(count("PSM_ORACLE_MISSING")).toEqual([51, 4]);
    expect(count("BUYBACK_ORACLE_REQUIRED")).toEqual([5, 2]);
    expect(count("BUYBACK_ORACLE_UNHEALTHY")).toEqual([11, 2]);
    expect(facts.filter(({ kind }) => kind === "reorg")).toMatchObject([{ depth: 4 }]);
    const spoofed = facts.filter((fact) => fact.kind === "operation" && fact.revert?.spoofedBy != null);
    expect(spoofed).toMatchObject([{ contract: "BUYBACK_VAULT", reasonCode: null, outcome: "reverted" }]);
  });
});

describe("a trace", () => {
  it("that is missing leaves an unresolved failure and no reason", () => {
    const seen = block({ number: 7 });
    const direct = { ...transaction(blocked), trace: null };
    const [fact] = run([{ ...seen, transactions: [direct] }]).facts.flat();
    expect(fact).toMatchObject({ kind: "operation", evidence: "status", unresolved: true, reasonCode: null });
  });
});
