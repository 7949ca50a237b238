import { facts } from "#contract/generated/shared.ts";
import type { Emitter } from "#core/emitter.ts";
import type { Fact } from "#core/fact.ts";
import { spanIdOf, traceIdOf } from "#core/ids.ts";
import type { Signal } from "#core/signal.ts";

/** A fact that only says which one it is. */
export interface CountingFact extends Fact {
  readonly kind: "operation";
  readonly number: number;
}

/** How many facts, and how they come. */
export interface CountingOptions {
  readonly count: number;
  readonly batchSize: number;
  /** Waited between batches, so that a test can act in between. */
  readonly pauseMs?: number;
}

/**
 * An emitter whose world is a row of numbers: each becomes one fact, one span, one log record and one count.
 *
 * It goes through the same loop, ledger and projector as every other emitter, which makes what should arrive easy to know.
 */
export function countingEmitter(options: CountingOptions): Emitter<number, CountingFact> {
  return {
    domain: "counting",
    projection: 1,
    source: async function* ({ cursors }, signal) {
      for (let from = Number(cursors.get("numbers") ?? 0); from < options.count && !signal.aborted; from += options.batchSize) {
        const numbers = Array.from({ length: Math.min(options.batchSize, options.count - from) }, (_, index) => from + index);
        yield numbers.map((number) => ({ feed: "numbers", observation: number, cursor: number + 1 }));
        if (options.pauseMs !== undefined) await new Promise((resolve) => setTimeout(resolve, options.pauseMs));
      }
    },
    interpret: (state, number) => {
      state.set("last", "number", number);
      return [countingFact(number)];
    },
    signals: ({ fact }) => countingSignals(fact),
    gauges: () => [],
    zeros: [facts.add({ fact_kind: "operation" })],
    metrics: [facts],
    records: { migrations: [], appendOnly: [], rows: () => [], reference: [] },
  };
}

/** The fact of one number; its id looks like a chain's, growing with time. */
export function countingFact(number: number): CountingFact {
  return { id: `n:${String(number).padStart(12, "0")}`, kind: "operation", timeMs: 1_700_000_000_000 + number, late: false, number };
}

function countingSignals(fact: CountingFact): readonly Signal[] {
  const traceId = traceIdOf(fact.id);
  const spanId = spanIdOf(fact.id);
  const attributes = { "offing.fact.id": fact.id };
  return [
    { type: "span", name: "counting", kind: "internal", traceId, spanId, startMs: fact.timeMs, endMs: fact.timeMs, attributes },
    { type: "log", event: "counting", severity: "info", body: `number ${fact.number}`, attributes, traceId, spanId },
    facts.add({ fact_kind: "operation" }),
  ];
}
