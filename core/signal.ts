/** Attribute values that OTLP carries and Loki and Tempo can search. */
export type AttributeValue = string | number | boolean;
export type Attributes = Readonly<Record<string, AttributeValue | undefined>>;
/** Metric labels: always present, always bounded by the contract. */
export type Labels = Readonly<Record<string, string>>;

/** Which log records say the same as a ledger counter: those of `event` less those of `retracted`, that carry all its labels. */
export interface LogCount {
  readonly event: string;
  readonly retracted: string;
  /** Records that stand for as many as their attribute `count` says. */
  readonly summary?: { readonly event: string; readonly retracted: string; readonly count: string };
  /** Attribute values that a counted record must have. */
  readonly where?: Readonly<Record<string, readonly string[]>>;
}

/** What the contract says of one metric; made by the generator, never by hand. */
export interface MetricDefinition {
  readonly name: string;
  readonly instrument: "counter" | "gauge" | "histogram";
  readonly unit: string;
  readonly brief: string;
  /** Whose `service.instance.id` its points carry: the ledger's, or that of the process's slot. */
  readonly resource: "ledger" | "process";
  /** The name after the Collector's translation, for queries. */
  readonly prometheus: string;
  readonly labels: readonly string[];
  /** The closed value set of each label that has one; a value outside it is exported as `unknown` and counted. */
  readonly closed: Readonly<Record<string, readonly string[]>>;
  /** Upper bounds of a histogram, ascending, in the metric's unit. */
  readonly buckets?: readonly number[];
  /** A counter of ledger facts has a late and a retracted sibling and a SELECT that counts its current rows. */
  readonly ledger?: { readonly select: string; readonly logs?: LogCount };
}

/** A counter grows by `value` for these labels. */
export interface Increment {
  readonly type: "increment";
  readonly metric: MetricDefinition;
  readonly labels: Labels;
  readonly value: number;
}

/** A histogram takes one more value. */
export interface Recording {
  readonly type: "recording";
  readonly metric: MetricDefinition;
  readonly labels: Labels;
  readonly value: number;
}

/** A gauge's present value; what is unknown is left out, never 0. */
export interface GaugePoint {
  readonly metric: MetricDefinition;
  readonly labels: Labels;
  readonly value: number;
}

/** A span of the world's time. Ids are deterministic: see `traceIdOf` and `spanIdOf`. */
export interface SpanSignal {
  readonly type: "span";
  readonly name: string;
  readonly kind: "internal" | "client" | "server" | "producer" | "consumer";
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly error?: string;
  readonly attributes: Attributes;
  /** Spans elsewhere that led to this one, such as the one that queued the work. */
  readonly links?: readonly { readonly traceId: string; readonly spanId: string; readonly attributes?: Attributes }[];
  /** Points in time inside the span. */
  readonly events?: readonly { readonly name: string; readonly atMs: number; readonly attributes?: Attributes }[];
}

/** A log record; its timestamp is the fact's ledger-write time, its `time` attribute the world's. */
export interface LogSignal {
  readonly type: "log";
  readonly event: string;
  readonly severity: "debug" | "info" | "warn" | "error";
  readonly body: string;
  readonly attributes: Attributes;
  readonly traceId?: string;
  readonly spanId?: string;
}

/** A line of the world's own log on its way to the Collector. Sent again it is the same, so nothing in it may come from our clock. */
export interface LineSignal extends Omit<LogSignal, "type" | "severity"> {
  readonly type: "line";
  /** Unix nanoseconds, decimal. */
  readonly timeUnixNano: string;
  /** OpenTelemetry's severity number, 1 to 24; 0 when the line has none. */
  readonly severityNumber: number;
  /** The line's own word for it. */
  readonly severityText?: string;
}

/** Everything one fact can become. */
export type Signal = Increment | Recording | SpanSignal | LogSignal;

/** A counter of the contract, typed by its labels. */
export interface Counter<L extends Labels> extends MetricDefinition {
  /** Counts `value` (default 1) more for `labels`. */
  readonly add: (labels: L, value?: number) => Increment;
}
/** A gauge of the contract, typed by its labels. */
export interface Gauge<L extends Labels> extends MetricDefinition {
  /** The value now, in the metric's unit. */
  readonly at: (labels: L, value: number) => GaugePoint;
}
/** A histogram of the contract, typed by its labels. */
export interface Histogram<L extends Labels> extends MetricDefinition {
  readonly buckets: readonly number[];
  /** Takes one value, in the metric's unit. */
  readonly record: (labels: L, value: number) => Recording;
}

/** What a span needs besides its name, kind and attributes. */
export type SpanPlace = Omit<SpanSignal, "type" | "name" | "kind" | "attributes">;
/** A span of the contract, typed by its attributes. */
export interface SpanDefinition<A extends Attributes> {
  /** As in the contract: `command.{command}` stands for every command. */
  readonly name: string;
  readonly kind: SpanSignal["kind"];
  /** The name of one span. */
  readonly nameOf: (attributes: A) => string;
  readonly span: (place: SpanPlace, attributes: A) => SpanSignal;
}
/** What a log record needs besides its event name, severity and attributes. */
export interface LogPlace {
  readonly body: string;
  /** The event's own severity of the contract when left out. */
  readonly severity?: LogSignal["severity"];
  readonly traceId?: string;
  readonly spanId?: string;
}
/** A log event of the contract, typed by its attributes. */
export interface EventDefinition<A extends Attributes> {
  readonly name: string;
  readonly log: (place: LogPlace, attributes: A) => LogSignal;
}

/** Makes a counter; for generated code. */
export function counter<L extends Labels>(definition: MetricDefinition): Counter<L> {
  const metric: Counter<L> = { ...definition, add: (labels, value = 1) => ({ type: "increment", metric, labels, value }) };
  return metric;
}

/** Makes a gauge; for generated code. */
export function gauge<L extends Labels>(definition: MetricDefinition): Gauge<L> {
  const metric: Gauge<L> = { ...definition, at: (labels, value) => ({ metric, labels, value }) };
  return metric;
}

/** Makes a histogram; for generated code. */
export function histogram<L extends Labels>(definition: MetricDefinition & { readonly buckets: readonly number[] }): Histogram<L> {
  const metric: Histogram<L> = { ...definition, record: (labels, value) => ({ type: "recording", metric, labels, value }) };
  return metric;
}

/** Makes a span definition; for generated code. A name that ends in `{key}` takes the value of that attribute. */
export function span<A extends Attributes>(name: string, kind: SpanSignal["kind"]): SpanDefinition<A> {
  const [, before, key] = /^(.+\.)\{([^{}]+)\}$/u.exec(name) ?? [];
  const nameOf = (attributes: A): string => (before === undefined || key === undefined ? name : `${before}${attributes[key]}`);
  return { name, kind, nameOf, span: (place, attributes) => ({ type: "span", name: nameOf(attributes), kind, ...place, attributes }) };
}

/** Makes a log event definition; for generated code. */
export function event<A extends Attributes>(name: string, severity: LogSignal["severity"]): EventDefinition<A> {
  return { name, log: (place, attributes) => ({ type: "log", event: name, severity, ...place, attributes }) };
}
