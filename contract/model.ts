import type { Described, LogCountShape, MetricShape, Severity, SpanShape } from "./shape.ts";

/** The whole contract, checked, with every reference resolved and every list in the order of its names. */
export interface Contract {
  readonly domains: readonly Domain[];
  readonly errors: readonly ErrorEntry[];
}

/** The names of one file: `shared`, or one emitter's. */
export interface Domain {
  readonly name: string;
  readonly attributes: readonly Attribute[];
  readonly metrics: readonly Metric[];
  readonly spans: readonly Span[];
  readonly events: readonly LogEvent[];
}

/** One value of a closed set. */
interface Member extends Described {
  readonly value: string;
}

/** An attribute; `members` is its closed set, `bound` the reason an open one has few values, neither means it has no bound. */
export interface Attribute extends Described {
  readonly key: string;
  readonly domain: string;
  /** The label it becomes in Prometheus. */
  readonly prometheus: string;
  readonly type: "enum" | "string" | "int" | "double" | "boolean";
  readonly members: readonly Member[];
  readonly bound: string | undefined;
  /** Whom or what it would give away beyond this host. */
  readonly private: string | undefined;
}

/** An attribute where a signal uses it. */
export interface Use {
  readonly attribute: Attribute;
  readonly required: boolean;
}

/** A counter of the facts that came late or were taken back, beside the counter they belong to. */
export interface Sibling {
  readonly role: "late" | "retracted";
  readonly name: string;
  readonly prometheus: string;
}

/** A metric. */
export interface Metric extends Described {
  readonly name: string;
  readonly domain: string;
  readonly instrument: MetricShape["instrument"];
  readonly unit: string;
  readonly resource: "ledger" | "process";
  /** The name after the Collector's translation. */
  readonly prometheus: string;
  readonly labels: readonly Attribute[];
  readonly buckets: readonly number[] | undefined;
  readonly ledger: { readonly select: string; readonly logs: LogCountShape | undefined } | undefined;
  readonly siblings: readonly Sibling[];
}

/** A span; `name` is what stands on the span, `type` what the registry calls it. */
export interface Span extends Described {
  readonly type: string;
  readonly domain: string;
  readonly name: string;
  readonly kind: SpanShape["kind"];
  readonly uses: readonly Use[];
}

/** A log event. */
export interface LogEvent extends Described {
  readonly name: string;
  readonly domain: string;
  readonly severity: Severity;
  readonly uses: readonly Use[];
}

/** An error code. */
export interface ErrorEntry extends Described {
  readonly code: string;
  readonly exit: 1 | 2;
  readonly retry: "later" | "never";
  readonly hint: string;
}
