import { setImmediate as turn } from "node:timers/promises";
import type { Fact, StoredFact } from "#core/fact.ts";
import { encodeLog, encodeSpan, type OtlpItem } from "#core/otlp-proto.ts";
import type { Signal } from "#core/signal.ts";

/** Facts with what they become, ready to be sent and counted. */
export interface EncodedBatch<F extends Fact> {
  /** In the ledger's order; empty when nothing new is there. */
  readonly facts: readonly SignalledFact<F>[];
  readonly spans: readonly OtlpItem[];
  readonly logs: readonly OtlpItem[];
}

/** A fact and its signals. */
export interface SignalledFact<F extends Fact> {
  readonly stored: StoredFact<F>;
  readonly signals: readonly Signal[];
}

/** So many facts take about a millisecond: what is on its way to the Collector meanwhile must not wait for longer. */
const FACTS_PER_TURN = 50;

/**
 * Encodes the spans and log records of facts; a pure function of them, so it may run before the facts ahead of them are acknowledged.
 *
 * It gives way to the event loop again and again.
 */
export async function encodeBatch<F extends Fact>(
  batch: readonly StoredFact<F>[],
  signalsOf: (stored: StoredFact<F>) => readonly Signal[],
): Promise<EncodedBatch<F>> {
  const facts: SignalledFact<F>[] = [];
  const spans: OtlpItem[] = [];
  const logs: OtlpItem[] = [];
  for (const [index, stored] of batch.entries()) {
    if (index > 0 && index % FACTS_PER_TURN === 0) await turn();
    const signals = signalsOf(stored);
    facts.push({ stored, signals });
    for (const signal of signals) {
      if (signal.type === "span") spans.push(encodeSpan(signal));
      if (signal.type === "log") logs.push(encodeLog(signal, stored));
    }
  }
  return { facts, spans, logs };
}
