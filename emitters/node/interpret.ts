import { logGaps, logLines, logLost } from "#contract/generated/node.ts";
import type { Json } from "#core/fact.ts";
import type { State } from "#core/state.ts";
import type { StreamSink } from "#core/stream.ts";
import { type ActivityParts, giveUp, takeActivity } from "./activities.ts";
import { compileMapping, first, type Mapping } from "./compile.ts";
import { type Context, Counts, Entry, type EntryParts, type EntryPlace } from "./context.ts";
import { forwarded, forwardedText } from "./forward.ts";
import { LineId } from "./line-ids.ts";
import { type Line, readLines } from "./lines.ts";
import type { MappingFile } from "./mapping.ts";
import { setUnread, takeMeasures } from "./measures.ts";
import { type DeclaredNames, Names } from "./names.ts";
import { type NodeObservation, type Origin, POSITIONS, type Position } from "./observation.ts";
import { isOtel, otelRecords } from "./otel-json.ts";
import { Pairs } from "./pairs.ts";
import { flatten, recordOf } from "./record.ts";
import { Signals } from "./signals.ts";
import { type Moment, momentAt, momentOf } from "./times.ts";
import { forgetPieces, unwrap } from "./wraps.ts";

/** What the pure step is made from. */
export interface InterpretOptions {
  /** By name; a file's format is one of these, or `auto`, which takes the first whose `detect` fits. */
  readonly mappings: ReadonlyMap<string, MappingFile>;
  readonly names: DeclaredNames;
  readonly signals: { readonly traces: boolean; readonly logs: boolean };
  /** Most activities that may be open. */
  readonly openLimit: number;
  /** How long an end waits for its begin, which may stand in another file. */
  readonly pairWaitMs: number;
  /** How long a begin waits for its end. */
  readonly openAgeMs: number;
}

/** A time further than this from now is a clock that jumped, where it lies ahead. */
const AHEAD_MS = 10 * 60_000;

/** The pure step from lines to signals: the same observations over the same state say the same. */
export function createInterpret(options: InterpretOptions): (state: State, observation: NodeObservation, out: StreamSink) => void {
  const interpreter = new Interpreter(options);
  return (state, observation, out) => interpreter.take(state, observation, out);
}

class Interpreter {
  readonly #options: InterpretOptions;
  readonly #parts: ActivityParts;
  readonly #mappings: ReadonlyMap<string, Mapping>;
  readonly #plain: Mapping;
  readonly #wrapper: Mapping;
  readonly #formats = new Map<string, Mapping>();
  readonly #times = new Map<string, Moment>();

  constructor(options: InterpretOptions) {
    this.#options = options;
    const { names, openLimit, signals } = options;
    this.#parts = {
      pairs: new Pairs(openLimit),
      names: new Names(names),
      signals: new Signals(signals.traces),
      counts: new Counts(),
      recent: { spans: [] },
      tracing: signals.traces,
      traced: signals.traces || signals.logs,
    };
    const all = signals.logs;
    this.#mappings = new Map([...options.mappings].map(([name, file]) => [name, compileMapping(file, { all })]));
    this.#plain = compileMapping(PLAIN, { all });
    this.#wrapper = compileMapping(PLAIN, { all: true });
  }

  take(state: State, seen: NodeObservation, out: StreamSink): void {
    // What is off goes nowhere.
    const allowed = this.#options.signals.traces ? out : { series: out.series, log: out.log, span: () => {} };
    const momentOf = (entry: EntryParts) => this.#momentOf(entry, context);
    const context: Context = { state, out: allowed, atMs: seen.atMs, momentOf };
    const { counts } = this.#parts;
    if (seen.type === "tick") {
      setUnread(seen.unreadBytes, context);
      this.#expire(context);
    } else if (seen.type === "lost") {
      counts.count(logGaps, { loss: seen.loss }, context);
      counts.count(logLost, { loss: seen.loss }, context, seen.bytes);
      if (seen.finished !== undefined) state.delete(POSITIONS, seen.finished);
      if (seen.at !== undefined) state.set(POSITIONS, seen.at.id, seen.at.position as unknown as Json);
    } else if (seen.type === "finished") this.#finished(seen.origin.id, seen.position, context);
    else if (seen.type === "long") {
      counts.count(logLines, { log_line: "too_long" }, context);
      state.set(POSITIONS, seen.origin.id, seen.position as unknown as Json);
    } else this.#lines(seen, context);
  }

  #lines(seen: Extract<NodeObservation, { type: "lines" }>, context: Context): void {
    const { origin, bytes, offset, carried, position } = seen;
    if (carried !== undefined) this.#carried(seen, context);
    else this.#read({ bytes, offset, format: this.#outer(origin) }, context, (line) => this.#line(line, origin, context));
    if ("done" in position && position.done === true) this.#finished(origin.id, position, context);
    else context.state.set(POSITIONS, origin.id, position as unknown as Json);
  }

  /** Half a line at the end of a file: alone it may be whole, or go on at the beginning of the next file, or never have had its end. */
  #carried({ origin, bytes, offset, carried }: Extract<NodeObservation, { type: "lines" }>, context: Context): void {
    if (carried === undefined) return;
    const first = bytes.indexOf(NEWLINE) + 1 || bytes.length;
    const joined = Buffer.concat([carried.bytes, bytes.subarray(0, first)]);
    const goesOn = !isJson(carried.bytes) && !isJson(bytes.subarray(0, first)) && isJson(joined);
    const each = (from: Origin) => (line: Line) => this.#line(line, from, context);
    if (!goesOn && !isJson(carried.bytes)) this.#parts.counts.odd("half_line", context);
    const half = { bytes: goesOn ? joined : carried.bytes, offset: carried.offset, format: this.#outer(carried.origin) };
    this.#read(half, context, each(carried.origin));
    const rest = goesOn ? first : 0;
    this.#read({ bytes: bytes.subarray(rest), offset: offset + rest, format: this.#outer(origin) }, context, each(origin));
    this.#finished(carried.origin.id, carried.position, context);
  }

  #read({ bytes, offset, format }: Stretch, context: Context, each: (line: Line) => void): void {
    const quiet = readLines(bytes, offset, format, each);
    if (quiet > 0) this.#parts.counts.count(logLines, OTHER, context, quiet);
  }

  /** The mapping that the lines of a file are read with, or their wrapper's. */
  #outer(origin: Origin): () => Mapping {
    return origin.wrap === "none" ? () => this.#formatOf(origin) : () => this.#wrapper;
  }

  #finished(id: string, position: Position, { state }: Context): void {
    state.set(POSITIONS, id, { ...position, done: true } as unknown as Json);
    const done = [...state.entries(POSITIONS)].filter(([, value]) => (value as { done?: boolean }).done === true);
    if (done.length > DONE_KEPT) state.delete(POSITIONS, done[0]?.[0] ?? "");
    forgetPieces(state, id);
    this.#formats.delete(id);
    this.#times.delete(id);
  }

  #line(line: Line, origin: Origin, context: Context): void {
    if (!line.isUtf8) this.#parts.counts.odd("invalid_utf8", context);
    if (origin.wrap === "none") {
      this.#record(line, origin, context);
      return;
    }
    const opened = unwrap(line, { origin, state: context.state });
    if (opened === undefined) return;
    this.#times.set(origin.id, opened.moment ?? momentAt(context.atMs));
    const inside = { bytes: Buffer.from(opened.text), offset: 0, format: () => this.#formatOf(origin) };
    this.#read(inside, context, (inner) => this.#record({ ...inner, offset: line.offset }, origin, context, opened.cursor));
  }

  #record(line: Line, origin: Origin, context: Context, place: string | number = line.offset): void {
    if (line.record === undefined) {
      this.#text(line, origin, context, place);
      return;
    }
    const mapping = this.#formatOf(origin, line.object);
    if (line.object !== undefined && (mapping.file.otlp || isOtel(line.object))) {
      for (const [index, object] of otelRecords(line.object).entries()) {
        this.#entry({ mapping, record: recordOf(object), origin }, { at: place, index }, context);
      }
      return;
    }
    this.#entry({ mapping, record: line.record, origin }, { at: place, index: 0 }, context);
  }

  #entry(known: EntryParts, at: EntryPlace, context: Context): void {
    const entry = new Entry(known, at, context.momentOf);
    const { logs } = this.#options.signals;
    const { isActivity, place } = takeActivity(entry, context, this.#parts, logs);
    const isMeasure = takeMeasures(entry, context, this.#parts);
    this.#parts.counts.count(logLines, isActivity || isMeasure ? ACTIVITY : OTHER, context);
    if (logs) context.out.log(forwarded(entry, place));
  }

  #text(line: Line, origin: Origin, context: Context, place: string | number): void {
    this.#parts.counts.count(logLines, { log_line: "not_json" }, context);
    if (!this.#options.signals.logs) return;
    const moment = this.#times.get(origin.id) ?? momentAt(context.atMs);
    context.out.log(forwardedText(line.text ?? "", { origin, id: new LineId(origin, place), moment }));
  }

  #momentOf({ record, mapping, origin }: EntryParts, context: Context): Moment {
    const { counts } = this.#parts;
    const moment = momentOf(first(record, mapping.time));
    if (moment === undefined) {
      if (mapping !== this.#plain) counts.odd("no_time", context);
      return this.#times.get(origin.id) ?? momentAt(context.atMs);
    }
    if (moment.ms > context.atMs + AHEAD_MS) {
      counts.odd("clock_jump", context);
      return momentAt(context.atMs);
    }
    this.#times.set(origin.id, moment);
    return moment;
  }

  /** The mapping of a file's lines: the configured one, or by the first line that a shipped one fits. */
  #formatOf(origin: Origin, object?: object): Mapping {
    const known = this.#formats.get(origin.id);
    if (known !== undefined) return known;
    const configured = this.#mappings.get(origin.format);
    const found = configured ?? (object === undefined ? undefined : this.#detect(object));
    if (found !== undefined) this.#formats.set(origin.id, found);
    return found ?? this.#plain;
  }

  #detect(object: object): Mapping | undefined {
    const paths = new Map(flatten(object));
    for (const mapping of this.#mappings.values()) {
      if (mapping.file.otlp ? isOtel(object) : mapping.file.detect.every((path) => paths.has(path))) return mapping;
    }
    return undefined;
  }

  #expire(context: Context): void {
    const { pairWaitMs: waitMs, openAgeMs: ageMs } = this.#options;
    for (const gone of this.#parts.pairs.expire(context.state, { atMs: context.atMs, waitMs, ageMs })) giveUp(gone, context, this.#parts);
  }
}

/** Whole lines, where they begin, and what they are read with. */
interface Stretch {
  readonly bytes: Buffer;
  readonly offset: number;
  readonly format: () => Mapping;
}

const NEWLINE = 10;
const ACTIVITY = Object.freeze({ log_line: "activity" });
const OTHER = Object.freeze({ log_line: "other" });
/** Finished files that are remembered. */
const DONE_KEPT = 64;

/** What no mapping fits is still JSON with a time and a message, most often. */
const PLAIN: MappingFile = {
  name: "plain",
  detect: [],
  time: ["time", "timestamp", "ts", "@timestamp"],
  level: ["level", "severity"],
  message: ["message", "msg"],
  trace_id: ["trace_id"],
  span_id: ["span_id"],
  otlp: false,
  fields: [""],
  activities: [],
  names: new Map(),
  declared: {},
  levels: new Map(),
  words: new Map(),
};

function isJson(bytes: Buffer): boolean {
  try {
    return typeof JSON.parse(bytes.toString()) === "object";
  } catch {
    return false;
  }
}
