import { type WrittenSpan, writtenSpans } from "../written-spans.ts";

/**
 * The span trees of one service in the Collector's file, each as one text: names, attributes and failures, children in the order of the
 * alphabet. Ids, times and links are left out, so that two tellings of the same events give the same texts.
 */
export function spanTrees(file: string, service: string): readonly string[] {
  const spans = writtenSpans(file, service);
  const known = new Set(spans.map(({ spanId }) => spanId));
  const children = Map.groupBy(spans, ({ parentSpanId }) => parentSpanId ?? "");
  const draw = (span: WrittenSpan, depth: number): string => {
    const inside = (children.get(span.spanId) ?? []).map((child) => draw(child, depth + 1)).sort();
    return [`${"  ".repeat(depth)}${describe(span)}`, ...inside].join("\n");
  };
  return spans
    .filter(({ parentSpanId }) => parentSpanId === undefined || !known.has(parentSpanId))
    .map((root) => draw(root, 0))
    .sort();
}

function describe({ name, attributes, failed }: WrittenSpan): string {
  const pairs = Object.entries(attributes)
    .map(([key, text]) => `${key}=${text}`)
    .sort();
  return `${name}${failed ? " FAILED" : ""} ${pairs.join(" ")}`;
}
