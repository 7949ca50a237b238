import { type ActivityKind, NAME_LABELS } from "./facts.ts";
import { type Captured, LineShapes } from "./line-shapes.ts";
import type { ActivityRule, MappingFile } from "./mapping.ts";
import { quietGuards } from "./quiet.ts";
import { type LogRecord, type Lookup, Lookups, type Scalar } from "./record.ts";

/** Where a rule finds what. */
export interface Rule {
  readonly file: ActivityRule;
  /** Each must hold one of its values. */
  readonly when: readonly { readonly place: Lookup; readonly values: readonly Scalar[] }[];
  readonly fixedName: string | undefined;
  readonly name: Lookup;
  readonly labels: Readonly<Record<ActivityKind, Lookup>>;
  readonly status: Lookup;
  readonly key: Lookup;
  readonly took: readonly Lookup[];
  readonly started: Lookup;
  readonly ended: Lookup;
  readonly parentId: Lookup;
  readonly fields: FieldPlaces;
}

/** Where the contract's fields stand. */
export interface FieldPlaces {
  readonly operationId: Lookup;
  readonly blockchain: Lookup;
  readonly peerId: Lookup;
  readonly ual: Lookup;
  readonly task: Lookup;
  readonly exceptionType: Lookup;
  readonly exceptionMessage: Lookup;
}

/** Where values stand that are gauges or counts of their own. */
export interface MeasurePlaces {
  readonly nextDelay: Lookup;
  readonly queueDepth: Lookup;
  readonly processed: Lookup;
  readonly result: Lookup;
  readonly stage: Lookup;
  readonly task: Lookup;
  readonly peers: Lookup;
  readonly lastSuccess: Lookup;
  readonly event: Lookup;
}

/** A mapping made ready: every place is a look-up. */
export interface Mapping {
  readonly file: MappingFile;
  readonly shapes: LineShapes;
  readonly time: Lookup;
  readonly level: Lookup;
  readonly message: Lookup;
  readonly traceId: Lookup;
  readonly spanId: Lookup;
  readonly ancestors: Lookup | undefined;
  readonly fields: FieldPlaces;
  readonly measures: MeasurePlaces;
  readonly rules: readonly Rule[];
  /** What is worth asking of records of one shape. */
  readonly plans: Map<object, Plan>;
  /** What a field's path begins with where it is the line's own field. */
  readonly prefixes: readonly string[];
}

/** What records of one shape may say at all. */
export interface Plan {
  readonly rules: readonly Rule[];
  readonly measures: boolean;
}

/** The plan of a record, worked out once for each shape. */
export function planOf(mapping: Mapping, record: LogRecord): Plan {
  const { shape } = record;
  const known = shape === undefined ? undefined : mapping.plans.get(shape);
  if (known !== undefined) return known;
  const fits = ({ when, fixedName, name }: Rule) =>
    when.every(({ place }) => record.has(place)) && (fixedName !== undefined || record.has(name));
  const measures = speakingPlaces(mapping.measures).some((place) => record.has(place));
  const plan = { rules: mapping.rules.filter(fits), measures };
  if (shape !== undefined) mapping.plans.set(shape, plan);
  return plan;
}

/** Without one of these a record tells no measure. */
function speakingPlaces({ nextDelay, queueDepth, processed, peers, lastSuccess, event }: MeasurePlaces): readonly Lookup[] {
  return [nextDelay, queueDepth, processed, peers, lastSuccess, event];
}

/** Makes a mapping ready. @param options.all - whole records are wanted, because lines are forwarded */
export function compileMapping(file: MappingFile, options: { readonly all: boolean }): Mapping {
  const lookups = new Lookups();
  const places = (list: readonly string[]): Lookup => lookups.of(list);
  const under = (prefixes: readonly string[], names: readonly string[]): Lookup => places(pathsUnder(prefixes, names));
  const mapping = {
    file,
    time: places(file.time),
    level: places(file.level),
    message: places(file.message),
    traceId: places(file.trace_id),
    spanId: places(file.span_id),
    ancestors: file.ancestors === undefined ? undefined : places([file.ancestors]),
    fields: fieldPlaces((names) => under(file.fields, names)),
    measures: measurePlaces((names) => under(file.fields, names)),
    plans: new Map<object, Plan>(),
    rules: file.activities.map((rule) => compileRule(rule, { file, places, under })),
    prefixes: file.fields.filter((prefix) => prefix !== ""),
  };
  const speakers = { rules: mapping.rules, measures: speakingPlaces(mapping.measures), names: file.names };
  const quiet = options.all ? undefined : (fields: readonly Captured[]) => quietGuards(fields, speakers);
  // Last: the shapes capture the paths that are wanted by then.
  return { ...mapping, shapes: new LineShapes(lookups, { ...options, learn: !file.otlp, quiet }) };
}

/** The first value among the places of a look-up. */
export function first(record: LogRecord, lookup: Lookup): Scalar | undefined {
  return record.first(lookup);
}

interface CompileContext {
  readonly file: MappingFile;
  readonly places: (paths: readonly string[]) => Lookup;
  readonly under: (prefixes: readonly string[], names: readonly string[]) => Lookup;
}

function compileRule(rule: ActivityRule, { file, places, under }: CompileContext): Rule {
  const prefixes = rule.fields.length > 0 ? rule.fields : file.fields;
  const within = (names: readonly string[]): Lookup => under(prefixes, names);
  const roles: Readonly<Record<string, readonly string[]>> = { message: file.message, level: file.level };
  const kinds = Object.entries(NAME_LABELS) as [ActivityKind, string][];
  return {
    file: rule,
    when: Object.entries(rule.when).map(([path, wanted]) => ({
      place: places(roles[path] ?? [path]),
      values: Array.isArray(wanted) ? wanted : [wanted as Scalar],
    })),
    fixedName: "is" in rule.name ? rule.name.is : undefined,
    name: places("is" in rule.name ? [] : rule.name),
    // Rust has no field called `type`.
    labels: Object.fromEntries(kinds.map(([kind, label]) => [kind, within([label, `r#${label}`])])) as Record<ActivityKind, Lookup>,
    status: places([...rule.status, ...pathsUnder(prefixes, ["outcome", "status"])]),
    key: places([...rule.key, ...pathsUnder(prefixes, ["span_id", "spanId", "operation_id"])]),
    took: rule.took.map(places),
    started: places(rule.started),
    ended: places(rule.ended),
    parentId: places(rule.parent_id),
    fields: fieldPlaces(within),
  };
}

function pathsUnder(prefixes: readonly string[], names: readonly string[]): string[] {
  return names.flatMap((name) => prefixes.map((prefix) => (prefix === "" ? name : `${prefix}.${name}`)));
}

function fieldPlaces(within: (names: readonly string[]) => Lookup): FieldPlaces {
  return {
    operationId: within(["operation_id", "operationId"]),
    blockchain: within(["blockchain"]),
    peerId: within(["peer_id", "peerId"]),
    ual: within(["ual"]),
    task: within(["task"]),
    exceptionType: within(["exception.type", "err.type", "error.type"]),
    exceptionMessage: within(["exception.message", "err.message", "error.message", "error", "err"]),
  };
}

function measurePlaces(within: (names: readonly string[]) => Lookup): MeasurePlaces {
  return {
    nextDelay: within(["next_delay_seconds"]),
    queueDepth: within(["queue_depth"]),
    processed: within(["kc_processed"]),
    result: within(["result"]),
    stage: within(["stage"]),
    task: within(["task"]),
    peers: within(["peers"]),
    lastSuccess: within(["last_success_unix"]),
    event: within(["event"]),
  };
}
