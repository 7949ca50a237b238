import { describe, expect, it } from "vitest";
import { lag, reorgDepth, reorgEvent } from "#contract/generated/chain.ts";
import { facts } from "#contract/generated/shared.ts";
import type { Emitter } from "#core/emitter.ts";
import type { Fact } from "#core/fact.ts";
import type { LogSignal } from "#core/signal.ts";
import type { Seen } from "#core/source.ts";
import { checkEmitter } from "./check-emitter.ts";
import { EMITTER_RULES, type Recording } from "./emitter-rules.ts";

interface ToyFact extends Fact {
  readonly kind: "seen" | "unseen";
  readonly number: number;
}

type Toy = Emitter<number, ToyFact>;

/** Sees a positive number, and takes it back for the negative one. */
function toy(): Toy {
  return {
    domain: "toy",
    projection: 1,
    source: async function* () {},
    interpret: (state, number) => {
      const times = Number(state.get("times", String(Math.abs(number))) ?? 0) + (number > 0 ? 1 : 0);
      state.set("times", String(Math.abs(number)), times);
      const fact = { timeMs: 1_000, late: false, number };
      if (number > 0) return [{ ...fact, id: `seen:${number}:${times}`, kind: "seen" }];
      return [{ ...fact, id: `unseen:${-number}:${times}`, kind: "unseen", retracts: `seen:${-number}:${times}` }];
    },
    signals: ({ fact }) => [facts.add({ fact_kind: "reorg" }), reorgDepth.record({}, Math.abs(fact.number)), logOf(fact)],
    gauges: (state) => (state.get("times", "1") === undefined ? [] : [lag.at({}, 0)]),
    zeros: [facts.add({ fact_kind: "reorg" }, 0)],
    metrics: [facts, reorgDepth],
    records: {
      migrations: [{ version: 1, sqlite: [], postgres: [] }],
      appendOnly: ["toys"],
      rows: ({ number }) => [{ table: "toys", values: { number } }],
      reference: [],
    },
  };
}

function logOf(fact: ToyFact): LogSignal {
  const attributes = {
    "offing.fact.id": fact.id,
    "offing.fact.time": "1970-01-01T00:00:01.000Z",
    "evm.chain.id": 1,
    "evm.block.number": 1,
    "evm.block.hash": "0x",
    "offing.chain.reorg.depth": fact.number,
  };
  return reorgEvent.log({ body: "toy" }, attributes);
}

const recorded: Seen<number>[][] = [[1, 2], [-1], [1], [3, -3]].map((batch) =>
  batch.map((number, index) => ({ feed: "numbers", observation: number, cursor: index })),
);

function recording(create: () => Toy): Recording<number, ToyFact> {
  return { create, recorded, kinds: ["seen", "unseen"] };
}

function breaches(create: () => Toy): string {
  return EMITTER_RULES.flatMap((rule) => rule.breaches(recording(create))).join("\n");
}

checkEmitter("the toy", recording(toy));

describe("the rules of emitters name what breaks them", () => {
  let calls = 0;
  const broken: Record<string, { readonly create: () => Toy; readonly breach: RegExp }> = {
    "an id for two facts": {
      create: () => ({ ...toy(), interpret: (_, number) => [{ id: "same", kind: "seen", timeMs: 1, late: false, number }] }),
      breach: /6 facts share 1 ids/,
    },
    "a kind that the recording lacks": {
      create: () => ({
        ...toy(),
        interpret: (state, number) =>
          toy()
            .interpret(state, number)
            .filter(({ kind }) => kind === "seen"),
      }),
      breach: /the recording holds no unseen/,
    },
    "a fact that JSON bends": {
      create: () => ({
        ...toy(),
        interpret: (state, number) =>
          toy()
            .interpret(state, number)
            .map((fact) => ({ ...fact, extra: undefined })),
      }),
      breach: /seen:1:1 does not survive JSON/,
    },
    "a time that is no whole number": {
      create: () => ({
        ...toy(),
        interpret: (state, number) =>
          toy()
            .interpret(state, number)
            .map((fact) => ({ ...fact, timeMs: 1.5 })),
      }),
      breach: /timeMs is no whole number/,
    },
    "a retraction of nothing": {
      create: () => ({
        ...toy(),
        interpret: (state, number) =>
          toy()
            .interpret(state, number)
            .map((fact) => (fact.kind === "seen" ? fact : { ...fact, retracts: "never" })),
      }),
      breach: /takes back never, which does not stand/,
    },
    "a retraction under other labels": {
      create: () => ({
        ...toy(),
        signals: ({ fact }) => [facts.add({ fact_kind: fact.kind === "seen" ? "reorg" : "operation" }), logOf(fact)],
      }),
      breach: /takes back other counts than seen:1:1 made/,
    },
    "an interpretation that depends on more than the observations": {
      create: () => ({
        ...toy(),
        interpret: (state, number) => {
          calls += 1;
          return toy()
            .interpret(state, number)
            .map((fact) => ({ ...fact, timeMs: calls }));
        },
      }),
      breach: /made something else the second time/,
    },
    "a memory beside the state": {
      create: () => {
        let last = 0;
        return {
          ...toy(),
          interpret: (state, number) => {
            last += 1;
            return toy()
              .interpret(state, number)
              .map((fact) => ({ ...fact, number: last }));
          },
        };
      },
      breach: /after batch 1 it goes on otherwise/,
    },
    "a label value outside its set": {
      create: () => ({
        ...toy(),
        signals: ({ fact }) => [{ ...facts.add({ fact_kind: "reorg" }), labels: { fact_kind: "odd" } }, logOf(fact)],
      }),
      breach: /offing.facts: fact_kind cannot be odd/,
    },
    "a label that the metric lacks": {
      create: () => ({ ...toy(), signals: ({ fact }) => [{ ...facts.add({ fact_kind: "reorg" }), labels: {} }, logOf(fact)] }),
      breach: /offing.facts has the labels fact_kind, not /,
    },
    "a metric that is not declared": {
      create: () => ({ ...toy(), metrics: [facts] }),
      breach: /offing.chain.reorg.depth is not among the emitter's metrics/,
    },
    "an attribute that is missing": {
      create: () => ({ ...toy(), signals: ({ fact }) => [{ ...logOf(fact), attributes: {} }] }),
      breach: /offing.chain.reorg lacks offing.fact.id/,
    },
    "an event without a name in the contract": {
      create: () => ({ ...toy(), signals: ({ fact }) => [{ ...logOf(fact), event: "offing.toy" }] }),
      breach: /offing.toy is no event of the contract/,
    },
    "a span id that is none": {
      create: () => ({
        ...toy(),
        signals: ({ fact }) => [
          { type: "span", name: "chain.operation", kind: "internal", traceId: "0", spanId: "0", startMs: 1, endMs: 1, attributes: {} },
          logOf(fact),
        ],
      }),
      breach: /0 is no trace id/,
    },
    "a fact without a log record": { create: () => ({ ...toy(), signals: () => [] }), breach: /seen seen:1:1 leaves no log record/ },
    "a counter without a zero": { create: () => ({ ...toy(), zeros: [] }), breach: /offing.facts has no zero/ },
    "a zero that is none": {
      create: () => ({ ...toy(), zeros: [facts.add({ fact_kind: "reorg" }, 1)] }),
      breach: /offing.facts starts at 1/,
    },
    "a zero twice": {
      create: () => ({ ...toy(), zeros: [facts.add({ fact_kind: "reorg" }, 0), facts.add({ fact_kind: "reorg" }, 0)] }),
      breach: /1 zeros are there twice/,
    },
    "a gauge that guesses": { create: () => ({ ...toy(), gauges: () => [lag.at({}, 0)] }), breach: /reads 0 before anything is known/ },
    "a gauge that is no number": {
      create: () => ({ ...toy(), gauges: () => [lag.at({}, Number.NaN)] }),
      breach: /offing.chain.lag reads NaN/,
    },
    "a gauge read twice": {
      create: () => ({ ...toy(), gauges: () => [lag.at({}, 1), lag.at({}, 2)] }),
      breach: /a gauge is read twice/,
    },
    "a row of a table that may change": {
      create: () => ({ ...toy(), records: { ...toy().records, appendOnly: [] } }),
      breach: /toys is not append-only/,
    },
  };
  it.each(Object.entries(broken))("%s", (_, { create, breach }) => expect(breaches(create)).toMatch(breach));
});
