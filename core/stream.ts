import type { MetricPoint } from "#core/otlp-proto.ts";
import type { GaugePoint, Increment, Labels, LineSignal, MetricDefinition, SpanSignal } from "#core/signal.ts";
import type { Source } from "#core/source.ts";
import type { ReadonlyState, State, StateChange } from "#core/state.ts";

/**
 * An emitter of a stream too dense to keep, such as a node's log: what it reads is its own record, so the ledger holds no facts but how
 * far it was read, what is open and what was counted, in one commit.
 *
 * Where it stands is part of the state. Spans and log records are sent before that commit, at least once; counts are made exactly once.
 *
 * @typeParam O - its observations
 */
export interface StreamEmitter<O> {
  readonly domain: string;
  /** An empty array says that there is nothing more for the moment: what was read so far is then sent and committed at once. */
  readonly source: Source<O>;
  /** Told of each commit's changes of the state: what they settle need not be kept any longer. */
  readonly onCommitted?: (changes: readonly StateChange[]) => void;
  /** No clock, no I/O, and never throws for what stands in an observation. */
  readonly interpret: (state: State, observation: O, out: StreamSink) => void;
  readonly gauges: (state: ReadonlyState) => readonly GaugePoint[];
  /** Every valid label tuple of closed sets, exported as 0 from the start. */
  readonly zeros: readonly Increment[];
  /** Every counter and histogram that `interpret` may use. */
  readonly metrics: readonly MetricDefinition[];
}

/** What `interpret` says to. */
export interface StreamSink {
  /** The series of these labels, for as long as the process lives; `atMs` is its birth when it is new. */
  readonly series: (metric: MetricDefinition, labels: Labels, atMs: number) => StreamSeries;
  readonly span: (span: SpanSignal) => void;
  readonly log: (line: LineSignal) => void;
}

/** One counter or histogram series. */
export interface StreamSeries {
  /** Counts `value` more, or records it. */
  readonly add: (value: number, example?: Example) => void;
}

/** The span in which something was counted. */
export type Example = Omit<NonNullable<MetricPoint["exemplar"]>, "value">;
