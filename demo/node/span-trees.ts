import { readFileSync } from "node:fs";

/** One OTLP request as the Collector's file exporter writes it. */
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
  readonly value: { readonly stringValue?: string };
}

/**
 * The span trees of one service in the Collector's file, each as one text: names, attributes and failures, children in the order of the
 * alphabet. Ids, times and links are left out, so that two tellings of the same events give the same texts.
 */
export function spanTrees(file: string, service: string): readonly string[] {
  const spans = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .flatMap((line) => spansOf(JSON.parse(line) as Written, service));
  // What is delivered at least once may be there twice.
  const once = [...new Map(spans.map((span) => [`${span.traceId} ${span.spanId}`, span])).values()];
  const known = new Set(once.map(({ spanId }) => spanId));
  const children = Map.groupBy(once, ({ parentSpanId }) => parentSpanId ?? "");
  const draw = (span: Span, depth: number): string => {
    const inside = (children.get(span.spanId) ?? []).map((child) => draw(child, depth + 1)).sort();
    return [`${"  ".repeat(depth)}${describe(span)}`, ...inside].join("\n");
  };
  return once
    .filter(({ parentSpanId }) => parentSpanId === undefined || parentSpanId === "" || !known.has(parentSpanId))
    .map((root) => draw(root, 0))
    .sort();
}

function spansOf({ resourceSpans = [] }: Written, service: string): readonly Span[] {
  return resourceSpans
    .filter(({ resource }) => resource.attributes.some(({ key, value }) => key === "service.name" && value.stringValue === service))
    .flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
}

function describe({ name, attributes = [], status }: Span): string {
  const pairs = attributes.map(({ key, value }) => `${key}=${value.stringValue ?? ""}`).sort();
  return `${name}${status?.code === 2 ? " FAILED" : ""} ${pairs.join(" ")}`;
}
