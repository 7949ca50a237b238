import { type Label, logOddities, nodeSyncKcProcessed, type Oddity, telemetryDropped, undeclared } from "#contract/generated/node.ts";
import type { Labels, MetricDefinition } from "#core/signal.ts";
import type { State } from "#core/state.ts";
import type { StreamSeries, StreamSink } from "#core/stream.ts";
import type { Mapping } from "./compile.ts";
import type { LineId } from "./line-ids.ts";
import type { Origin } from "./observation.ts";
import type { LogRecord } from "./record.ts";
import type { Moment } from "./times.ts";
import { severityOf } from "./words.ts";

/** What of an entry is known before it is looked into. */
export interface EntryParts {
  readonly origin: Origin;
  readonly mapping: Mapping;
  readonly record: LogRecord;
  readonly id: LineId;
}

/** One record of the log. */
export class Entry implements EntryParts {
  readonly origin: Origin;
  readonly mapping: Mapping;
  readonly record: LogRecord;
  readonly id: LineId;
  readonly #read: (entry: EntryParts) => Moment;
  #moment: Moment | undefined;

  /** @param read - tells its time, once, when it is asked for */
  constructor({ origin, mapping, record, id }: EntryParts, read: (entry: EntryParts) => Moment) {
    this.origin = origin;
    this.mapping = mapping;
    this.record = record;
    this.id = id;
    this.#read = read;
  }

  get moment(): Moment {
    this.#moment ??= this.#read(this);
    return this.#moment;
  }

  /** OpenTelemetry's severity number; 0 for none. */
  get severity(): number {
    return severityOf(this.record.first(this.mapping.level), this.mapping.file.levels);
  }
}

/** What an observation is interpreted with; the same object for all its lines. */
export interface Context {
  readonly state: State;
  readonly out: StreamSink;
  /** When our side saw the observation, Unix milliseconds. */
  readonly atMs: number;
}

/** Counters of the emitter itself, with their series at hand. */
export class Counts {
  readonly #series = new Map<string, StreamSeries>();

  count(metric: MetricDefinition, labels: Labels, { out, atMs }: Context, value = 1): void {
    let key = metric.name;
    for (const label of metric.labels) key += `\u0000${labels[label] ?? ""}`;
    let series = this.#series.get(key);
    if (series === undefined) {
      series = out.series(metric, labels, atMs);
      this.#series.set(key, series);
    }
    series.add(value);
  }

  odd(oddity: Oddity, context: Context): void {
    this.count(logOddities, { oddity }, context);
  }

  unknown(label: Label, context: Context): void {
    this.count(undeclared, { label, admission: "unknown" }, context);
  }

  forgotten(context: Context): void {
    this.count(telemetryDropped, { signal: "traces", drop_reason: "open_limit" }, context);
  }

  processed(labels: { readonly stage: string; readonly result: string }, count: number, context: Context): void {
    this.count(nodeSyncKcProcessed, labels, context, count);
  }
}
