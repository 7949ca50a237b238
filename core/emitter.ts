import type { Fact, StoredFact } from "#core/fact.ts";
import type { Intake } from "#core/http.ts";
import type { RecordTables } from "#core/ledger/ledger.ts";
import type { GaugePoint, Increment, MetricDefinition, Signal } from "#core/signal.ts";
import type { Source } from "#core/source.ts";
import type { ReadonlyState, State } from "#core/state.ts";

/**
 * Everything that makes an emitter: one source, two pure steps and what it must declare. `run` does the rest.
 *
 * @typeParam O - its observations; @typeParam F - its union of facts
 */
export interface Emitter<O, F extends Fact> {
  /** One word: chain, funding, node, match, social or alerts. */
  readonly domain: string;
  /** Raised whenever `signals` counts differently for the same fact: totals are then folded again as a new generation. */
  readonly projection: number;
  readonly source: Source<O>;
  /** What the world sends by itself, for a source that listens as well as asks. */
  readonly intake?: Intake;
  /** Pure: what an observation makes known. Writes to `state` only through its methods; deterministic, no clock, no I/O. */
  readonly interpret: (state: State, observation: O) => readonly F[];
  /** Pure: what one fact becomes. Counters are routed to the late or retracted sibling by the fact's own marks. */
  readonly signals: (stored: StoredFact<F>) => readonly Signal[];
  /** Pure: ages, lags and run lengths at the last tick. Unknown is left out. */
  readonly gauges: (state: ReadonlyState) => readonly GaugePoint[];
  /** Every valid label tuple of the counters, exported as 0 before the first fact. */
  readonly zeros: readonly Increment[];
  /** Every metric the ledger's totals can hold: all counters and histograms that `signals` may use. */
  readonly metrics: readonly MetricDefinition[];
  /** The emitter's own append-only tables, and what each fact adds to them. */
  readonly records: RecordTables<F>;
}
