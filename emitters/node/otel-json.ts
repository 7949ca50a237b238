/** A line of OpenTelemetry JSON as plain records: attribute lists become objects, and a whole OTLP request its records and spans. */
export function otelRecords(line: object): readonly object[] {
  const { resourceLogs, resourceSpans } = line as { resourceLogs?: unknown; resourceSpans?: unknown };
  if (Array.isArray(resourceLogs)) return inner(resourceLogs, "scopeLogs", "logRecords").map(plainRecord);
  if (Array.isArray(resourceSpans))
    return inner(resourceSpans, "scopeSpans", "spans").map((span) => ({ ...plainRecord(span), otlp: "span" }));
  return [plainRecord(line as Row)];
}

/** Whether a line must be read as OpenTelemetry JSON before a mapping applies. */
export function isOtel(line: object): boolean {
  if ("resourceLogs" in line || "resourceSpans" in line) return true;
  return "attributes" in line && "body" in line;
}

type Row = Readonly<Record<string, unknown>>;

function inner(resources: readonly unknown[], scopes: string, items: string): Row[] {
  return resources.flatMap((resource) => rows(resource, scopes).flatMap((scope) => rows(scope, items)));
}

function rows(parent: unknown, key: string): Row[] {
  const list = typeof parent === "object" && parent !== null ? (parent as Row)[key] : undefined;
  return Array.isArray(list) ? list.filter((item): item is Row => typeof item === "object" && item !== null) : [];
}

function plainRecord(record: Row): object {
  const { attributes, body, status } = record;
  const code = typeof status === "object" && status !== null ? (status as Row)["code"] : undefined;
  return {
    ...record,
    ...(attributes === undefined ? {} : { attributes: plainAttributes(attributes) }),
    ...(body === undefined ? {} : { body: plainValue(body) }),
    // 2 is OTLP's error.
    ...(code === 2 || code === "STATUS_CODE_ERROR" ? { status: "failed" } : code === undefined ? {} : { status: undefined }),
  };
}

function plainAttributes(attributes: unknown): unknown {
  if (!Array.isArray(attributes)) return attributes;
  const pairs = attributes.filter((pair): pair is { key: string; value: unknown } => typeof pair?.key === "string");
  return Object.fromEntries(pairs.map(({ key, value }) => [key, plainValue(value)]));
}

/** OTLP's `{"stringValue": ...}` as its value. */
function plainValue(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const [kind, held] = Object.entries(value)[0] ?? [];
  if (kind === "intValue" || kind === "doubleValue") return Number(held);
  return kind === "stringValue" || kind === "boolValue" ? held : value;
}
