import { first, type Mapping } from "./compile.ts";
import type { Context, Counts, Entry } from "./context.ts";
import type { ActivityKind } from "./facts.ts";
import { kindOf } from "./facts.ts";
import { impliedSpanId, operationPlace } from "./line-ids.ts";
import type { Pairs, Place } from "./pairs.ts";

/** A span around a line, as the line names it. */
export interface Enclosing extends Place {
  /** Under which it is kept open. */
  readonly key: string;
  readonly kind: ActivityKind;
}

/** Fields of a span that it has from its beginning to its end, and that tell it from its like. */
const IDENTITY = [
  "operation_id",
  "peer_id",
  "ual",
  "blockchain",
  "command",
  "kind",
  "task",
  "stage",
  "protocol",
  "query",
  "type",
  "id",
  "span_id",
];

/**
 * The spans around a line, the outermost first, from the list that the line carries; spans that are none of the contract's are left out.
 *
 * The list has names and fields but no ids. The first line that names a span gives it one, which is kept until the span closes, so that
 * what happens inside finds its parent though the parent's own line comes last.
 */
export function enclosingSpans(entry: Entry, context: Context, options: EnclosingOptions): readonly Enclosing[] {
  const { pairs, recent, closes } = options;
  const { mapping, record } = entry;
  const text = mapping.ancestors === undefined ? undefined : first(record, mapping.ancestors);
  if (typeof text !== "string" || text === "[]") return [];
  // A span that closes alone, with nothing open that could have named it, needs no look at the list: it would find itself.
  if (closes && !text.includes("},{") && pairs.isEmpty(context.state)) return [];
  // The lines of one span follow each other: nothing has closed or opened between them.
  if (!closes && recent.text === text && recent.mapping === mapping && recent.version === pairs.version) return recent.spans;
  const spans = spansIn(text, entry, context, options);
  if (!closes) Object.assign(recent, { text, mapping, version: pairs.version, spans });
  return spans;
}

function spansIn(text: string, { mapping, id }: Entry, context: Context, { pairs, counts, closes }: EnclosingOptions): Enclosing[] {
  const spans: Enclosing[] = [];
  let path = "~";
  const named = parse(text);
  for (const [depth, span] of named.entries()) {
    const name = typeof span["name"] === "string" ? (mapping.file.names.get(span["name"]) ?? span["name"]) : "";
    const kind = kindOf(name)?.kind;
    if (kind === undefined) continue;
    path += `/${name}`;
    for (const field of IDENTITY) if (span[field] !== undefined) path += `\u0001${span[field]}`;
    const known = pairs.get(context.state, path);
    if (known !== undefined) {
      spans.push({ key: path, kind, traceId: known.traceId, spanId: known.spanId, parentSpanId: known.parentSpanId });
      continue;
    }
    // Nothing more comes of a span that closes here, so it needs no place among the open ones.
    const isLast = closes && depth === named.length - 1;
    const implied = isLast ? id.spanId : impliedSpanId(id, depth);
    const place = placeOf(span, kind, { parent: spans.at(-1), implied, traceId: id.traceId });
    if (isLast) {
      spans.push({ ...place, key: path, kind });
      continue;
    }
    const gone = pairs.put(context.state, path, { ...place, kind, seenMs: context.atMs });
    if (gone?.open.begin !== undefined) counts.forgotten(context);
    spans.push({ ...place, key: path, kind });
  }
  return spans;
}

/** What is needed besides the line. */
export interface EnclosingOptions {
  readonly pairs: Pairs;
  readonly counts: Counts;
  readonly recent: RecentSpans;
  /** The line tells that the last of the spans closes. */
  readonly closes: boolean;
}

/** The spans around the last line that had any, and what they were found with. */
export interface RecentSpans {
  text?: string;
  mapping?: Mapping;
  version?: number;
  spans: readonly Enclosing[];
}

interface Around {
  readonly parent: Place | undefined;
  readonly implied: string;
  readonly traceId: string;
}

function placeOf(span: Readonly<Record<string, unknown>>, kind: ActivityKind, { parent, implied, traceId }: Around): Place {
  const operationId = span["operation_id"];
  const operation = typeof operationId === "string" && operationId !== "" ? operationPlace(operationId) : undefined;
  if (kind === "operation" && operation !== undefined) return { ...operation, parentSpanId: undefined };
  if (parent !== undefined) return { traceId: parent.traceId, spanId: implied, parentSpanId: parent.spanId };
  if (operation !== undefined) return { traceId: operation.traceId, spanId: implied, parentSpanId: operation.spanId };
  return { traceId, spanId: implied, parentSpanId: undefined };
}

function parse(text: string): readonly Readonly<Record<string, unknown>>[] {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list.filter((item) => typeof item === "object" && item !== null) : [];
  } catch {
    return [];
  }
}
