import { first, planOf, type Rule } from "./compile.ts";
import type { Context, Counts, Entry } from "./context.ts";
import { type Enclosing, enclosingSpans, type RecentSpans } from "./enclosing.ts";
import { type Activity, type ActivityFields, type ActivityKind, kindOf, NAME_LABELS } from "./facts.ts";
import { isSpanId, isTraceId, operationPlace } from "./line-ids.ts";
import type { Names } from "./names.ts";
import type { GivenUp, Open, Pairs, Place, Side } from "./pairs.ts";
import type { Scalar } from "./record.ts";
import { endingLabel, type OperationPoint, type Signals } from "./signals.ts";
import { momentOf, secondsOf } from "./times.ts";
import { ERROR_SEVERITY, endingOf } from "./words.ts";

/** What the steps from a line to an activity share. */
export interface ActivityParts {
  readonly pairs: Pairs;
  readonly names: Names;
  readonly signals: Signals;
  readonly counts: Counts;
  readonly recent: RecentSpans;
  readonly tracing: boolean;
  /** Somebody looks at the ids of spans: they are exported, or lines are with their ids. */
  readonly traced: boolean;
}

/** What a line was, besides a line. */
export interface Found {
  readonly isActivity: boolean;
  /** The span the line was written in. */
  readonly place: Place | undefined;
}

/** Where an activity stands that nobody looks at. */
const NOWHERE: Place = { traceId: "", spanId: "" };
const NOTHING: Found = { isActivity: false, place: undefined };

type Phase = "begin" | "end" | "progress" | "whole";

/** A line that speaks of an activity. */
interface Spoken {
  readonly rule: Rule;
  readonly kind: ActivityKind;
  readonly phase: Phase;
  readonly name: string | undefined;
  /** The ending that the name itself says, as in `command.publish.failed`. */
  readonly saidEnding: string | undefined;
}

/** Takes what a record says of activities: begins, ends, and whole ones; tells which span it was written in. */
export function takeActivity(entry: Entry, context: Context, parts: ActivityParts, wantsPlace: boolean): Found {
  const spoken = spokenOf(entry);
  if (spoken === undefined && !wantsPlace) return NOTHING;
  const around = parts.tracing || wantsPlace ? enclosingSpans(entry, context, { ...parts, closes: spoken?.phase === "whole" }) : [];
  if (spoken === undefined) return { isActivity: false, place: around.at(-1) ?? statedPlace(entry) };
  const side = sideOf(entry, spoken, context, parts);
  const place =
    spoken.phase === "whole"
      ? takeWhole(entry, { spoken, side, around }, context, parts)
      : takeSide(entry, { spoken, side, around }, context, parts);
  return { isActivity: true, place };
}

/** Counts what was given up waiting, as far as it can be: an end without its begin happened, a begin without its end did not end. */
export function giveUp({ open }: GivenUp, context: Context, { signals, names, counts }: ActivityParts): void {
  const kind = open.kind as ActivityKind;
  if (open.end === undefined) {
    if (open.begin === undefined) return;
    counts.forgotten(context);
    return;
  }
  counts.odd("missing_begin", context);
  const { ms, fields, status } = open.end;
  const name = names.bounded(NAME_LABELS[kind], open.end.name ?? "unknown", context);
  const activity = { kind, name, status: status ?? "unknown", seconds: undefined, startMs: ms, endMs: ms, fields, ...placeIn(open) };
  signals.finished(activity, context.out, context.atMs);
}

interface Told {
  readonly spoken: Spoken;
  readonly side: Side;
  readonly around: readonly Enclosing[];
}

/** One line tells all: how long it took and when it ended. */
function takeWhole(entry: Entry, { spoken, side, around }: Told, context: Context, parts: ActivityParts): Place {
  const { rule, kind } = spoken;
  const { record, moment } = entry;
  const endMs = momentOf(first(record, rule.ended))?.ms ?? moment.ms;
  const startedMs = momentOf(first(record, rule.started))?.ms;
  let seconds = startedMs === undefined ? tookOf(entry, rule) : (endMs - startedMs) / 1_000;
  if (seconds !== undefined && seconds < 0) {
    parts.counts.odd("clock_jump", context);
    seconds = 0;
  }
  // The last of the spans around a closing line is the one that closes.
  const self = around.at(-1)?.kind === kind ? around.at(-1) : undefined;
  if (self !== undefined) parts.pairs.take(context.state, self.key);
  const place = self ?? ownPlace(entry, { spoken, side, around }, parts.traced);
  const ended = endMs === side.ms ? side : { ...side, ms: endMs };
  finish({ kind, ended, startMs: endMs - (seconds ?? 0) * 1_000, seconds, place }, context, parts);
  return place;
}

/** A begin, an end, or a point between them. */
function takeSide(entry: Entry, told: Told, context: Context, parts: ActivityParts): Place {
  const { spoken, side } = told;
  const { state } = context;
  const { pairs, counts } = parts;
  const { key, hasId } = keyOf(entry, spoken, side);
  const open = pairs.get(state, key);
  const place = open ?? ownPlace(entry, told, parts.traced);
  if (spoken.kind === "operation") point(entry, told, place, context, parts);
  if (spoken.phase === "progress") return place;
  if (spoken.phase === "end") {
    if (open?.begin !== undefined) close({ key, open, begin: open.begin, end: side, hasId }, context, parts);
    else if (open?.end === undefined && !(hasId && pairs.hasClosed(state, key)) && tookOf(entry, spoken.rule) !== undefined) {
      // It says how long it took, so nothing has to be waited for.
      if (hasId) pairs.close(state, key);
      takeWhole(entry, { ...told, around: [] }, context, parts);
    } else if (open?.end !== undefined || (hasId && pairs.hasClosed(state, key))) counts.odd("duplicate_end", context);
    else keep(key, { ...placeIn(place), kind: spoken.kind, end: side, seenMs: context.atMs }, context, parts);
    return place;
  }
  if (open?.end !== undefined) close({ key, open, begin: side, end: open.end, hasId }, context, parts);
  else {
    if (open?.begin !== undefined) counts.odd("missing_end", context);
    if (hasId && pairs.hasClosed(state, key)) pairs.reopen(state, key);
    keep(
      key,
      {
        ...placeIn(open?.begin === undefined ? place : ownPlace(entry, told, parts.traced)),
        kind: spoken.kind,
        begin: side,
        seenMs: context.atMs,
      },
      context,
      parts,
    );
  }
  return place;
}

function keep(key: string, open: Open, context: Context, parts: ActivityParts): void {
  const gone = parts.pairs.put(context.state, key, open);
  if (gone !== undefined) giveUp(gone, context, parts);
}

interface Pair {
  readonly key: string;
  readonly open: Open;
  readonly begin: Side;
  readonly end: Side;
  readonly hasId: boolean;
}

function close({ key, open, begin, end, hasId }: Pair, context: Context, parts: ActivityParts): void {
  parts.pairs.take(context.state, key);
  if (hasId) parts.pairs.close(context.state, key);
  if (end.ms < begin.ms) parts.counts.odd("clock_jump", context);
  const startMs = Math.min(begin.ms, end.ms);
  const ended = { ...end, name: end.name ?? begin.name, fields: merged(begin.fields, end.fields) };
  const kind = open.kind as ActivityKind;
  finish({ kind, ended, startMs, seconds: (end.ms - startMs) / 1_000, place: open }, context, parts);
}

interface Ending {
  readonly kind: ActivityKind;
  readonly ended: Side;
  readonly startMs: number;
  readonly seconds: number | undefined;
  readonly place: Place;
}

function finish({ kind, ended, startMs, seconds, place }: Ending, context: Context, { names, signals }: ActivityParts): void {
  const name = names.bounded(NAME_LABELS[kind], ended.name ?? "unknown", context);
  const { status = "unknown", fields, ms: endMs } = ended;
  const { traceId, spanId, parentSpanId } = place;
  signals.finished({ kind, name, status, seconds, startMs, endMs, fields, traceId, spanId, parentSpanId }, context.out, context.atMs);
}

/** The point of an operation's life that a line tells, a span of its own under the whole. */
function point(entry: Entry, { spoken, side }: Told, place: Place, context: Context, { names, signals }: ActivityParts): void {
  const which: Readonly<Record<Phase, OperationPoint>> = { begin: "start", progress: "progress", end: "end", whole: "end" };
  const name = names.bounded("kind", side.name ?? "unknown", context);
  const status = spoken.phase === "end" ? (side.status ?? "unknown") : "in_progress";
  const own = { traceId: place.traceId, spanId: entry.id.spanId, parentSpanId: place.spanId };
  const activity: Activity = {
    kind: "operation",
    name,
    status,
    seconds: undefined,
    startMs: side.ms,
    endMs: side.ms,
    fields: side.fields,
    ...own,
  };
  signals.point(which[spoken.phase], activity, context.out);
}

function spokenOf(entry: Entry): Spoken | undefined {
  const { mapping, record } = entry;
  rules: for (const rule of planOf(mapping, record).rules) {
    for (const { place, values } of rule.when) {
      const value = first(record, place);
      if (value === undefined || !values.includes(value)) continue rules;
    }
    const text = rule.fixedName ?? first(record, rule.name);
    if (typeof text !== "string") continue;
    const kind = kindOf(mapping.file.names.get(text) ?? text);
    const spoken = kind === undefined ? undefined : readName(entry, rule, kind);
    if (spoken !== undefined) return spoken;
  }
  return undefined;
}

const ENDINGS: ReadonlyMap<string, { readonly phase: Phase; readonly ending?: string }> = new Map(
  Object.entries({
    start: { phase: "begin" },
    begin: { phase: "begin" },
    started: { phase: "begin" },
    progress: { phase: "progress" },
    end: { phase: "end" },
    ended: { phase: "end" },
    finished: { phase: "end" },
    completed: { phase: "end", ending: "completed" },
    failed: { phase: "end", ending: "failed" },
    cancelled: { phase: "end", ending: "cancelled" },
  } as const),
);

function readName(entry: Entry, rule: Rule, { kind, rest }: { kind: ActivityKind; rest: string }): Spoken | undefined {
  const { record } = entry;
  const label = first(record, rule.labels[kind]);
  const stated = label === undefined ? undefined : String(label);
  if (rule.file.phase !== "named") {
    return { rule, kind, phase: rule.file.phase, name: stated ?? (rest === "" ? undefined : rest), saidEnding: undefined };
  }
  const dot = rest.lastIndexOf(".");
  const last = ENDINGS.get(rest.slice(dot + 1));
  const before = last === undefined ? rest : rest.slice(0, Math.max(dot, 0));
  const name = stated ?? (before === "" ? undefined : before);
  if (last !== undefined) return { rule, kind, phase: last.phase, name, saidEnding: last.ending };
  const tells = rule.took.some((place) => first(record, place) !== undefined) || first(record, rule.status) !== undefined;
  // Ordinary words may begin like a name: only what also has a length or an ending is one.
  return tells && !before.includes(" ") ? { rule, kind, phase: "whole", name, saidEnding: undefined } : undefined;
}

function sideOf(entry: Entry, { rule, kind, phase, name, saidEnding }: Spoken, context: Context, { counts, traced }: ActivityParts): Side {
  const { record, moment } = entry;
  // What stands on one line and is not traced is counted, and its fields with nothing.
  const fields = traced || phase !== "whole" ? fieldsOf(entry, rule, kind) : NO_FIELDS;
  if (phase === "begin" || phase === "progress") return { ms: moment.ms, name, fields };
  const stated = first(record, rule.status) ?? saidEnding;
  const failed = () => first(record, rule.fields.exceptionMessage) !== undefined || entry.severity >= ERROR_SEVERITY;
  const label = endingLabel(kind);
  const status = endingOf(stated ?? (failed() ? "failed" : "completed"), label, entry.mapping.file.words);
  if (status === "unknown" && stated !== "unknown") counts.unknown(label, context);
  return { ms: moment.ms, name, status, fields };
}

function fieldsOf({ record }: Entry, { fields }: Rule, kind: ActivityKind): ActivityFields {
  const told = {
    operation_id: textOf(first(record, fields.operationId)),
    blockchain: textOf(first(record, fields.blockchain)),
    peer_id: textOf(first(record, fields.peerId)),
    ual: textOf(first(record, fields.ual)),
    "exception.type": textOf(first(record, fields.exceptionType)),
    "exception.message": textOf(first(record, fields.exceptionMessage))?.slice(0, 1_024),
  };
  const task = kind === "task" ? undefined : textOf(first(record, fields.task));
  return task === undefined ? told : { ...told, task };
}

const NO_FIELDS: ActivityFields = {};

/** The ids of an activity that no earlier line has given any. */
function ownPlace(entry: Entry, { spoken, side, around }: Told, wanted: boolean): Place {
  if (!wanted) return NOWHERE;
  const { record, id, mapping } = entry;
  const { operation_id: operationId } = side.fields;
  if (spoken.kind === "operation" && operationId !== undefined) return operationPlace(operationId);
  const [traceId, spanId, parentId] = [first(record, mapping.traceId), first(record, mapping.spanId), first(record, spoken.rule.parentId)];
  if (isTraceId(traceId)) {
    return { traceId, spanId: isSpanId(spanId) ? spanId : id.spanId, parentSpanId: isSpanId(parentId) ? parentId : undefined };
  }
  const parent = around.at(-1);
  if (parent !== undefined) return { traceId: parent.traceId, spanId: id.spanId, parentSpanId: parent.spanId };
  if (operationId === undefined) return { traceId: id.traceId, spanId: id.spanId };
  const whole = operationPlace(operationId);
  return { traceId: whole.traceId, spanId: id.spanId, parentSpanId: whole.spanId };
}

/** The span that an ordinary line says it was written in. */
function statedPlace({ record, mapping }: Entry): Place | undefined {
  const [traceId, spanId] = [first(record, mapping.traceId), first(record, mapping.spanId)];
  if (isTraceId(traceId) && isSpanId(spanId)) return { traceId, spanId };
  const operationId = first(record, mapping.fields.operationId);
  return typeof operationId === "string" ? operationPlace(operationId) : undefined;
}

function keyOf(entry: Entry, { rule, kind, name }: Spoken, side: Side): { readonly key: string; readonly hasId: boolean } {
  if (kind === "operation" && side.fields.operation_id !== undefined)
    return { key: `operation\u0000${side.fields.operation_id}`, hasId: true };
  const id = first(entry.record, rule.key);
  const about = kind === "operation" ? "" : `\u0000${name ?? ""}`;
  return { key: `${kind}${about}\u0000${id ?? ""}`, hasId: id !== undefined };
}

function tookOf({ record }: Entry, { took, file }: Rule): number | undefined {
  let sum: number | undefined;
  for (const place of took) {
    const seconds = secondsOf(first(record, place), file.unit);
    if (seconds !== undefined) sum = (sum ?? 0) + seconds;
  }
  return sum;
}

/** What the end does not say, its begin has said. */
function merged(begin: ActivityFields, end: ActivityFields): ActivityFields {
  return { ...begin, ...Object.fromEntries(Object.entries(end).filter(([, value]) => value !== undefined)) };
}

function placeIn({ traceId, spanId, parentSpanId }: Place): Place {
  return { traceId, spanId, parentSpanId };
}

function textOf(value: Scalar | undefined): string | undefined {
  return value === undefined || value === null ? undefined : String(value);
}
