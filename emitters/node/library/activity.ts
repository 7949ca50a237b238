import { type Context, context, type Span, type SpanContext, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { type Label, OUTCOMES, type Outcome, STATUSES } from "#contract/generated/node.ts";
import type { Labels, MetricDefinition, SpanDefinition } from "#core/signal.ts";
import { type BoundOptions, boundValues } from "./admission.ts";
import type { Metrics, Sum } from "./metrics.ts";
import type { Activity, ActivityFields, EndStatus, Recorder, Ticket } from "./node-telemetry.ts";
import type { NodeNames } from "./settings.ts";
import type { Tracing } from "./tracing.ts";

/** What the recorders stand on; a part that is off is undefined. */
export interface Parts {
  readonly tracing: Tracing | undefined;
  readonly metrics: Metrics | undefined;
  readonly names: NodeNames;
  readonly onUndeclared: BoundOptions<unknown>["onUndeclared"];
}

/** How one kind of activity looks in the contract. */
export interface ActivityShape<Ending extends string> {
  readonly span: SpanDefinition<never>;
  readonly label: keyof NodeNames & Label;
  readonly counter?: MetricDefinition;
  readonly histogram?: MetricDefinition;
  readonly endings: EndingSet<Ending>;
}

/** The closed set of how an activity may end. */
export interface EndingSet<Ending extends string> {
  readonly label: Label;
  readonly values: readonly Ending[];
  readonly well: Ending;
  /** Those that make the span one that failed. */
  readonly bad: ReadonlySet<string>;
  readonly of: (error: unknown) => Ending;
}

/** The ends of everything but network requests. */
export const STATUS_SET: EndingSet<EndStatus> = {
  label: "status",
  values: STATUSES.filter((status) => status !== "in_progress"),
  well: "completed",
  bad: new Set(["failed"]),
  of: (error) => (nameOf(error) === "AbortError" ? "cancelled" : "failed"),
};

/** The ends of network requests. */
export const OUTCOME_SET: EndingSet<Outcome> = {
  label: "outcome",
  values: OUTCOMES,
  well: "success",
  bad: new Set(["failure", "timeout", "refused"]),
  of: (error) => {
    const codes = [codeOf(error), codeOf((error as { readonly cause?: unknown } | undefined)?.cause)];
    if (nameOf(error) === "TimeoutError" || codes.some((code) => /TIMEOUT|ETIMEDOUT/u.test(code))) return "timeout";
    return codes.includes("ECONNREFUSED") ? "refused" : "failure";
  },
};

interface Series {
  readonly value: string;
  readonly spanName: string;
  readonly ends: ReadonlyMap<string, End>;
}

/** One way in which activities of one name end. */
interface End {
  readonly labels: Labels;
  readonly count: Sum | undefined;
}

/** Makes the recorder of one kind of activity. */
export function createRecorder<Ending extends string>(shape: ActivityShape<Ending>, parts: Parts): Recorder<Ending> {
  const { tracing, metrics, onUndeclared } = parts;
  const { label, endings } = shape;
  const counter = shape.counter === undefined ? undefined : metrics?.counter(shape.counter);
  const histogram = shape.histogram === undefined ? undefined : metrics?.histogram(shape.histogram);
  const declared = parts.names[label] ?? [];
  const series = boundValues<Series>({ label, declared, onUndeclared, make: (value) => seriesOf(shape, { value, counter }) });
  // A counter born at 1 is invisible to `increase()`.
  for (const value of declared) for (const { count } of series.of(value).ends.values()) count?.add(0);
  return async (name, fields, work) => {
    const one = series.of(name);
    const from = parentOf(tracing, fields);
    const span = tracing?.tracer.startSpan(one.spanName, spanOptions(shape, { value: one.value, fields }), from);
    const activity = new RunningActivity<Ending>(span);
    const startedMs = performance.now();
    let ending = endings.well;
    try {
      return await (span === undefined
        ? work(activity)
        : context.with(trace.setSpan(from ?? context.active(), span), work, undefined, activity));
    } catch (error) {
      ending = endings.of(error);
      if (span !== undefined) noteException(span, error);
      throw error;
    } finally {
      if (activity.chosen !== undefined) ending = closed(activity.chosen, endings, onUndeclared);
      const end = one.ends.get(ending);
      end?.count?.add(1);
      histogram?.record((performance.now() - startedMs) / 1_000, end?.labels);
      if (span !== undefined) endSpan(span, endings, ending);
    }
  };
}

/** Ends a span with how its activity ended. */
export function endSpan<Ending extends string>(span: Span, endings: EndingSet<Ending>, ending: Ending, endMs?: number): void {
  span.setAttribute(endings.label, ending);
  if (endings.bad.has(ending)) span.setStatus({ code: SpanStatusCode.ERROR, message: ending });
  span.end(endMs);
}

/** Puts the class and message of what was thrown on a span. */
export function noteException(span: Span, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  span.setAttribute("exception.type", error instanceof Error ? error.name : typeof error);
  span.setAttribute("exception.message", message.slice(0, 1_024));
}

/** A span's place in the W3C form. */
export function ticketOf(place: SpanContext): Ticket {
  return `00-${place.traceId}-${place.spanId}-${place.traceFlags.toString(16).padStart(2, "0")}`;
}

/** The place a ticket names; undefined when it names none. */
export function placeOf(ticket: Ticket): SpanContext | undefined {
  const [, traceId, spanId, flags] = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/u.exec(ticket) ?? [];
  if (traceId === undefined || spanId === undefined) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags ?? "0", 16) & 1, isRemote: true };
}

class RunningActivity<Ending extends string> implements Activity<Ending> {
  chosen: Ending | undefined;
  readonly #span: Span | undefined;

  constructor(span: Span | undefined) {
    this.#span = span;
  }

  set(attributes: Readonly<Record<string, string | number | boolean>>): void {
    this.#span?.setAttributes(attributes);
  }

  endsAs(ending: Ending): void {
    this.chosen = ending;
  }

  link(ticket: Ticket): void {
    const place = placeOf(ticket);
    if (place !== undefined) this.#span?.addLink({ context: place });
  }

  ticket(): Ticket | undefined {
    return this.#span === undefined ? undefined : ticketOf(this.#span.spanContext());
  }
}

/** Without a span around it, an activity of an operation stands under the whole of that operation. */
function parentOf(tracing: Tracing | undefined, { parent, operation_id }: ActivityFields): Context | undefined {
  if (tracing === undefined) return undefined;
  const place = parent === undefined ? undefined : placeOf(parent);
  if (place !== undefined) return trace.setSpanContext(context.active(), place);
  const active = context.active();
  return operation_id !== undefined && trace.getSpan(active) === undefined ? tracing.operationContext(operation_id) : active;
}

const KINDS = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};

function spanOptions(
  { span, label }: Pick<ActivityShape<string>, "span" | "label">,
  { value, fields }: { readonly value: string; readonly fields: ActivityFields },
) {
  const kind = KINDS[span.kind];
  if (fields.links === undefined && fields.parent === undefined) return { kind, attributes: { ...fields, [label]: value } as Attributes };
  const { links = [], parent: _, ...rest } = fields;
  const places = links.map(placeOf).filter((place) => place !== undefined);
  return { kind, attributes: { ...rest, [label]: value } as Attributes, links: places.map((place) => ({ context: place })) };
}

type Attributes = Record<string, string>;

function seriesOf(
  { span, label, endings }: ActivityShape<string>,
  { value, counter }: { readonly value: string; readonly counter: ReturnType<Metrics["counter"]> | undefined },
): Series {
  const ends = endings.values.map((ending): [string, End] => {
    const labels = { [label]: value, [endings.label]: ending };
    return [ending, { labels, count: counter?.of(labels) }];
  });
  return { value, spanName: span.nameOf({ [label]: value } as never), ends: new Map(ends) };
}

function closed<Ending extends string>(ending: Ending, { label, values }: EndingSet<Ending>, onUndeclared: Parts["onUndeclared"]): Ending {
  if (values.includes(ending)) return ending;
  onUndeclared(label, "unknown");
  return "unknown" as Ending;
}

function nameOf(error: unknown): string {
  return error instanceof Error || error instanceof DOMException ? error.name : "";
}

function codeOf(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
}
