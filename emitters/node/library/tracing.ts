import { type Context, context, ROOT_CONTEXT, type SpanOptions, TraceFlags, type Tracer, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { hrTimeToMilliseconds } from "@opentelemetry/core";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  AlwaysOnSampler,
  type IdGenerator,
  ParentBasedSampler,
  RandomIdGenerator,
  type ReadableSpan,
  type Sampler,
  SamplingDecision,
  type Span,
  type SpanProcessor,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { traceIdOf } from "#core/ids.ts";
import type { Attributes, SpanSignal } from "#core/signal.ts";
import type { NodeSettings } from "./settings.ts";

/** The SDK's tracer, and the two things it cannot do by itself. */
export interface Tracing {
  readonly tracer: Tracer;
  /** The context of an operation's whole span, which some process will write. */
  readonly operationContext: (operationId: string) => Context;
  /** Starts the whole span of an operation, with the ids that follow from its id. */
  readonly startOperation: (name: string, operationId: string, options: SpanOptions) => ReturnType<Tracer["startSpan"]>;
  readonly stop: () => void;
}

const KINDS = ["internal", "server", "client", "producer", "consumer"] as const;
const LONGEST_VALUE = 4_096;

/** Sets up the OpenTelemetry SDK for spans; each sampled span that has ended goes to `onEnd`. */
export function startTracing(options: {
  readonly sampler: NonNullable<NodeSettings["traces"]>["sampler"];
  readonly resource: Readonly<Record<string, string>>;
  readonly onEnd: (span: ReadableSpan) => void;
}): Tracing {
  const { ratio, followsParent } = options.sampler;
  const byTrace: Sampler = ratio === 1 ? new AlwaysOnSampler() : new TraceIdRatioBasedSampler(ratio);
  const ids = new PresetIds();
  const provider = new TracerProvider({
    resource: resourceFromAttributes(options.resource),
    sampler: followsParent ? new ParentBasedSampler({ root: byTrace }) : byTrace,
    idGenerator: ids,
    spanProcessors: [new EndOnly(options.onEnd)],
    spanLimits: { attributeValueLengthLimit: LONGEST_VALUE },
  });
  // A node that has its own OpenTelemetry set-up has its own context manager too, and ours is refused; either one serves.
  const manager = new AsyncLocalStorageContextManager().enable();
  const isOurs = context.setGlobalContextManager(manager);
  const tracer = provider.getTracer("offing");
  return {
    tracer,
    operationContext: (operationId) => {
      const traceId = traceIdOf(operationId);
      const { decision } = byTrace.shouldSample(ROOT_CONTEXT, traceId, "", 0, {}, []);
      const traceFlags = decision === SamplingDecision.RECORD_AND_SAMPLED ? TraceFlags.SAMPLED : TraceFlags.NONE;
      // spanIdOf is the beginning of the same digest.
      return trace.setSpanContext(context.active(), { traceId, spanId: traceId.slice(0, 16), traceFlags, isRemote: true });
    },
    startOperation: (name, operationId, more) => {
      const traceId = traceIdOf(operationId);
      ids.next = { traceId, spanId: traceId.slice(0, 16) };
      return tracer.startSpan(name, { ...more, root: true }, ROOT_CONTEXT);
    },
    stop: () => {
      if (isOurs) context.disable();
      manager.disable();
    },
  };
}

/** Turns a span of the SDK into one of core's. */
export function spanSignal(span: ReadableSpan): SpanSignal {
  const { traceId, spanId } = span.spanContext();
  const parentSpanId = span.parentSpanContext?.spanId;
  const { code, message } = span.status;
  return {
    type: "span",
    name: span.name,
    kind: KINDS[span.kind] ?? "internal",
    traceId,
    spanId,
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    startMs: hrTimeToMilliseconds(span.startTime),
    endMs: hrTimeToMilliseconds(span.endTime),
    // 2 is the code of an error.
    ...(code === 2 ? { error: message ?? "" } : {}),
    attributes: plain(span.attributes),
    ...(span.links.length === 0
      ? {}
      : {
          links: span.links.map((link) => ({
            traceId: link.context.traceId,
            spanId: link.context.spanId,
            attributes: plain(link.attributes),
          })),
        }),
    ...(span.events.length === 0
      ? {}
      : {
          events: span.events.map(({ name, time, attributes }) => ({
            name,
            atMs: hrTimeToMilliseconds(time),
            attributes: plain(attributes),
          })),
        }),
  };
}

function plain(attributes: ReadableSpan["attributes"] | undefined): Attributes {
  const entries = Object.entries(attributes ?? {}).map(([key, value]) => [key, typeof value === "object" ? JSON.stringify(value) : value]);
  return Object.fromEntries(entries) as Attributes;
}

/** Random ids, but for the next span when it is the whole of an operation. */
class PresetIds implements IdGenerator {
  readonly #random = new RandomIdGenerator();
  next: { readonly traceId: string; readonly spanId: string } | undefined;

  generateSpanId(): string {
    return this.next?.spanId ?? this.#random.generateSpanId();
  }

  generateTraceId(): string {
    const traceId = this.next?.traceId ?? this.#random.generateTraceId();
    this.next = undefined;
    return traceId;
  }
}

class EndOnly implements SpanProcessor {
  readonly onEnd: (span: ReadableSpan) => void;

  constructor(onEnd: (span: ReadableSpan) => void) {
    this.onEnd = (span) => {
      if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0) onEnd(span);
    };
  }

  onStart(_span: Span): void {}
  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}
}
