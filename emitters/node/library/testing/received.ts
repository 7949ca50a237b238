/** What a receiver was sent. */
export interface Requests {
  readonly requests: readonly { readonly path: string; readonly body: unknown }[];
}

/** A span as it arrived. */
export interface ReceivedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly error: string | undefined;
}

/** A log record as it arrived. */
export interface ReceivedLog {
  readonly body: string;
  readonly severity: string;
  readonly traceId: string | undefined;
  readonly spanId: string | undefined;
  readonly attributes: ReceivedSpan["attributes"];
}

interface RawAttribute {
  readonly key: string;
  readonly value: {
    readonly stringValue?: string;
    readonly intValue?: string;
    readonly doubleValue?: number;
    readonly boolValue?: boolean;
  };
}

/** Every span that `receiver` was sent, in order. */
export function spansOf({ requests }: Requests): readonly ReceivedSpan[] {
  return requests.filter(({ path }) => path === "/v1/traces").flatMap(({ body }) => spansIn(body));
}

/** Every log record that `receiver` was sent, in order. */
export function logsOf({ requests }: Requests): readonly ReceivedLog[] {
  return requests
    .filter(({ path }) => path === "/v1/logs")
    .flatMap(({ body }) => (body as Body).resourceLogs ?? [])
    .flatMap(({ scopeLogs }) => scopeLogs)
    .flatMap(({ logRecords }) => logRecords)
    .map((record) => ({
      body: record.body.stringValue,
      severity: record.severityText,
      traceId: record.traceId,
      spanId: record.spanId,
      attributes: attributesOf(record.attributes),
    }));
}

/** The spans of one OTLP/JSON body. */
export function spansIn(body: unknown): readonly ReceivedSpan[] {
  return ((body as Body).resourceSpans ?? [])
    .flatMap(({ scopeSpans }) => scopeSpans)
    .flatMap(({ spans }) => spans)
    .map(({ status, attributes, links = [], ...span }) => ({
      ...span,
      links,
      attributes: attributesOf(attributes ?? []),
      error: status?.code === 2 ? (status.message ?? "") : undefined,
    }));
}

interface Body {
  readonly resourceSpans?: readonly { readonly scopeSpans: readonly { readonly spans: readonly RawSpan[] }[] }[];
  readonly resourceLogs?: readonly { readonly scopeLogs: readonly { readonly logRecords: readonly RawLog[] }[] }[];
}

type RawSpan = Omit<ReceivedSpan, "attributes" | "links" | "error"> & {
  readonly attributes?: readonly RawAttribute[];
  readonly links?: ReceivedSpan["links"];
  readonly status?: { readonly code?: number; readonly message?: string };
};

interface RawLog {
  readonly body: { readonly stringValue: string };
  readonly severityText: string;
  readonly traceId?: string;
  readonly spanId?: string;
  readonly attributes: readonly RawAttribute[];
}

function attributesOf(raw: readonly RawAttribute[]): ReceivedSpan["attributes"] {
  return Object.fromEntries(
    raw.map(({ key, value }) => [key, value.stringValue ?? value.boolValue ?? value.doubleValue ?? Number(value.intValue)]),
  );
}
