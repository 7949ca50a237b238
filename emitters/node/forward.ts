import { logEvent } from "#contract/generated/node.ts";
import type { Attributes, AttributeValue, LineSignal } from "#core/signal.ts";
import { first, type Mapping } from "./compile.ts";
import type { Entry } from "./context.ts";
import type { LineId } from "./line-ids.ts";
import type { Origin } from "./observation.ts";
import type { Place } from "./pairs.ts";
import { isThere, type LogRecord } from "./record.ts";
import { type Moment, nanosOf } from "./times.ts";

/** Loki refuses lines beyond 256 KB after the Collector has taken them. */
const LONGEST_BODY = 65_536;
const LONGEST_VALUE = 4_096;
const MOST_ATTRIBUTES = 64;

/** A record on its way to the Collector: its message as the body, its other fields as attributes by the names the node gave them. */
export function forwarded(entry: Entry, place: Place | undefined): LineSignal {
  const { mapping, record, moment, severity, id, origin } = entry;
  const body = first(record, mapping.message);
  const level = first(record, mapping.level);
  return {
    type: "line",
    event: logEvent.name,
    timeUnixNano: nanosOf(moment),
    severityNumber: severity,
    ...(typeof level === "string" ? { severityText: level.toUpperCase() } : {}),
    body: body === undefined ? "" : String(body).slice(0, LONGEST_BODY),
    attributes: attributesOf(entry, identity(origin, id)),
    ...(place === undefined ? {} : { traceId: place.traceId, spanId: place.spanId }),
  };
}

/** A line that is no record, as it is. */
export function forwardedText(text: string, { origin, id, moment }: { origin: Origin; id: LineId; moment: Moment }): LineSignal {
  const body = text.slice(0, LONGEST_BODY);
  return { type: "line", event: logEvent.name, timeUnixNano: nanosOf(moment), severityNumber: 0, body, attributes: identity(origin, id) };
}

function identity(origin: Origin, id: LineId): Record<string, AttributeValue> {
  return { "log.record.uid": id.uid, "log.file.name": origin.name };
}

function attributesOf({ mapping, record }: Entry, attributes: Record<string, AttributeValue>): Attributes {
  for (const { name, index } of toldOf(mapping, record)) {
    const value = record.at(index);
    if (isThere(value)) attributes[name] ??= typeof value === "string" ? value.slice(0, LONGEST_VALUE) : value;
  }
  return attributes;
}

/** A field of a record that goes on as an attribute. */
interface Told {
  readonly name: string;
  readonly index: number;
}

/** The same for every record of one shape. */
const TOLD = new WeakMap<Mapping, WeakMap<object, readonly Told[]>>();

/** The fields that are told as attributes: not the time and the message, which have places of their own, nor the spans around the line. */
function toldOf(mapping: Mapping, { paths, shape }: LogRecord): readonly Told[] {
  const known = TOLD.get(mapping) ?? new WeakMap<object, readonly Told[]>();
  TOLD.set(mapping, known);
  const before = shape === undefined ? undefined : known.get(shape);
  if (before !== undefined) return before;
  const { file, prefixes } = mapping;
  const has = (path: string) => path !== file.ancestors && !file.message.includes(path) && !file.time.includes(path);
  const told = paths.flatMap((path, index) => (has(path) ? [{ name: shortened(path, prefixes), index }] : [])).slice(0, MOST_ATTRIBUTES);
  if (shape !== undefined) known.set(shape, told);
  return told;
}

/** `operation_id` for `fields.operation_id`. */
function shortened(path: string, prefixes: readonly string[]): string {
  for (const prefix of prefixes)
    if (path.startsWith(prefix) && path.charCodeAt(prefix.length) === DOT) return path.slice(prefix.length + 1);
  return path;
}

const DOT = 46;
