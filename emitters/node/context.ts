import { type Label, logOddities, nodeSyncKcProcessed, type Oddity, telemetryDropped, undeclared } from "#contract/generated/node.ts";
import type { Labels, MetricDefinition } from "#core/signal.ts";
import type { State } from "#core/state.ts";
import type { StreamSeries, StreamSink } from "#core/stream.ts";
import type { Mapping } from "./compile.ts";
import { LineId } from "./line-ids.ts";
import type { Origin } from "./observation.ts";
import type { LogRecord } from "./record.ts";
import type { Moment } from "./times.ts";
import { severityOf } from "./words.ts";

/** What of an entry is known before it is looked into. */
export interface EntryParts {
  readonly origin: Origin;
  readonly mapping: Mapping;
  readonly record: LogRecord;
}

/** Where an entry stands in its origin: the offset, or a name that the source has for the line; and which record of the line it is. */
export interface EntryPlace {
  readonly at: number | string;
  readonly index: number;
}

/** One record of the log; what is asked of few is made when it is asked for. */
export class Entry implements EntryParts {
  readonly origin: Origin;
  readonly mapping: Mapping;
  readonly record: LogRecord;
  readonly #place: EntryPlace;
  readonly #read: (entry: EntryParts) => Moment;
  #moment: Moment | undefined;

  /** @param read - tells its time, once */
  constructor(parts: EntryParts, place: EntryPlace, read: (entry: EntryParts) => Moment) {
    this.origin = parts.origin;
    this.mapping = parts.mapping;
    this.record = parts.record;
    this.#place = place;
    this.#read = read;
  }

  get id(): LineId {
    return new LineId(this.origin, this.#place.at, this.#place.index);
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
  /** The time a record says, or the one that stands in for it. */
  readonly momentOf: (entry: EntryParts) => Moment;
}

/** Counters of the emitter itself, with their series at hand. */
export class Counts {
  readonly #series = new Map<string, StreamSeries>();
  readonly #byLabels = new Map<Labels, StreamSeries>();

  count(metric: MetricDefinition, labels: Labels, { out, atMs }: Context, value = 1): void {
    // Labels that are one object for ever are looked up by it.
    const known = this.#byLabels.get(labels);
    if (known !== undefined) {
      known.add(value);
      return;
    }
    let key = metric.name;
    for (const label of metric.labels) key += `\u0000${labels[label] ?? ""}`;
    let series = this.#series.get(key);
    if (series === undefined) {
      series = out.series(metric, labels, atMs);
      this.#series.set(key, series);
    }
    if (Object.isFrozen(labels)) this.#byLabels.set(labels, series);
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
