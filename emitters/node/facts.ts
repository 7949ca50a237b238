/** What a node does that the contract counts. */
export type ActivityKind = "command" | "operation" | "task" | "sync_stage" | "network" | "repository" | "triple_store" | "runtime";

/** The contract's fields of an activity that are no labels. */
export interface ActivityFields {
  readonly operation_id?: string | undefined;
  readonly blockchain?: string | undefined;
  readonly peer_id?: string | undefined;
  readonly ual?: string | undefined;
  readonly task?: string | undefined;
  readonly "exception.type"?: string | undefined;
  readonly "exception.message"?: string | undefined;
}

/** One thing the node did, from its beginning to its end. */
export interface Activity {
  readonly kind: ActivityKind;
  /** Which command, task, stage, ... it was; already bounded. */
  readonly name: string;
  /** A status of the contract, for the network an outcome; already bounded. */
  readonly status: string;
  /** Undefined when only its end is known: it counts, and no length is recorded. */
  readonly seconds: number | undefined;
  readonly startMs: number;
  readonly endMs: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string | undefined;
  readonly fields: ActivityFields;
}

/** Where the names of the kinds begin; the longest that fits is taken. */
export const KIND_PREFIXES: readonly (readonly [prefix: string, kind: ActivityKind])[] = [
  ["task.stage", "sync_stage"],
  ["command", "command"],
  ["operation", "operation"],
  ["task", "task"],
  ["network", "network"],
  ["repository", "repository"],
  ["triple_store", "triple_store"],
  ["runtime", "runtime"],
];

/** The label that holds the name of each kind. */
export const NAME_LABELS: Readonly<Record<ActivityKind, NameLabel>> = {
  command: "command",
  operation: "kind",
  task: "task",
  sync_stage: "stage",
  network: "protocol",
  repository: "query",
  triple_store: "type",
  runtime: "phase",
};

/** Labels that hold a name of the node's own. */
export type NameLabel = "command" | "kind" | "task" | "stage" | "protocol" | "query" | "type" | "phase";

/** Splits a name such as `command.publish` into its kind and the rest; undefined when it is none of the contract's. */
export function kindOf(name: string): { readonly kind: ActivityKind; readonly rest: string } | undefined {
  if (!FIRST_LETTERS.has(name.charCodeAt(0))) return undefined;
  for (const [prefix, kind] of KIND_PREFIXES) {
    if (!name.startsWith(prefix)) continue;
    if (name.length === prefix.length) return { kind, rest: "" };
    if (name.charCodeAt(prefix.length) === DOT) return { kind, rest: name.slice(prefix.length + 1) };
  }
  return undefined;
}

const DOT = 46;
/** Most messages are told apart by it. */
const FIRST_LETTERS = new Set(KIND_PREFIXES.map(([prefix]) => prefix.charCodeAt(0)));
