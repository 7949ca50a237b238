import { readFileSync } from "node:fs";

/** A span as the Collector's file exporter writes it, its attributes as texts. */
export interface WrittenSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly attributes: Readonly<Record<string, string>>;
  readonly failed: boolean;
}

/** One OTLP request, as far as it is read. */
interface Written {
  readonly resourceSpans?: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly Span[] }[];
  }[];
}

interface Span {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly attributes?: readonly Attribute[];
  readonly status?: { readonly code?: number };
}

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: string };
}

/** The spans of one service in the Collector's file, each once: what is delivered at least once may be there twice. */
export function writtenSpans(file: string, service: string): readonly WrittenSpan[] {
  const spans = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .flatMap((line) => spansOf(JSON.parse(line) as Written, service));
  return [...new Map(spans.map((span) => [`${span.traceId} ${span.spanId}`, span])).values()];
}

function spansOf({ resourceSpans = [] }: Written, service: string): readonly WrittenSpan[] {
  return resourceSpans
    .filter(({ resource }) => resource.attributes.some(({ key, value }) => key === "service.name" && value.stringValue === service))
    .flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans.map(read)));
}

function read({ name, traceId, spanId, parentSpanId, attributes = [], status }: Span): WrittenSpan {
  const texts = attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue ?? ""] as const);
  const parent = parentSpanId === "" ? undefined : parentSpanId;
  return { name, traceId, spanId, parentSpanId: parent, attributes: Object.fromEntries(texts), failed: status?.code === 2 };
}
