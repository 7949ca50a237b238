import { z } from "zod";

/** Severities a log event may have. */
export type Severity = "debug" | "info" | "warn" | "error";
/** How firm a name is; neither kind may vanish without a deprecation. */
type Stability = "stable" | "development";

/** Marks a name that is on its way out; the name itself stays. */
export interface Deprecation {
  readonly reason: "renamed" | "obsoleted" | "uncategorized";
  readonly renamed_to?: string | undefined;
  readonly note: string;
}

/** What every entry of the contract says of itself. */
export interface Described {
  readonly brief: string;
  readonly note?: string | undefined;
  readonly stability: Stability;
  readonly deprecated?: Deprecation | undefined;
}

/** One value of a closed set; an error code also says how it ends a command and what mends it. */
interface MemberShape extends Described {
  readonly id: string;
  readonly value: string;
  readonly annotations?: { readonly exit: 1 | 2; readonly retry: "later" | "never"; readonly hint: string } | undefined;
}

/** A reference to an attribute. */
export interface ReferenceShape {
  readonly ref: string;
  readonly requirement_level: "required" | "recommended" | "opt_in" | { readonly conditionally_required: string };
  readonly brief?: string | undefined;
  readonly note?: string | undefined;
}

/** An attribute, defined once and only referred to by signals. */
export interface AttributeShape extends Described {
  readonly key: string;
  readonly type: "string" | "int" | "double" | "boolean" | { readonly members: readonly MemberShape[] };
  readonly examples?: readonly unknown[] | undefined;
  /**
   * `bound`: why an open attribute still has few values; without it the attribute may label no metric.
   * `private`: whom or what it would give away; it does not leave the host unless the operator says so.
   */
  readonly annotations?: { readonly bound?: string | undefined; readonly private?: string | undefined } | undefined;
}

/** How a counter of ledger facts is counted again: by SQL, and by the log records that say the same. */
interface LedgerShape {
  readonly select: string;
  readonly logs?: LogCountShape | undefined;
}

/** Records that stand for as many as their attribute `count` says. */
interface LogSummaryShape {
  readonly event: string;
  readonly retracted: string;
  readonly count: string;
}

/** The records of `event` less those of `retracted`; of both only those whose attributes have one of the values in `where`. */
export interface LogCountShape {
  readonly event: string;
  readonly retracted: string;
  readonly summary?: LogSummaryShape | undefined;
  readonly where?: Readonly<Record<string, readonly string[]>> | undefined;
}

/** A metric. */
export interface MetricShape extends Described {
  readonly name: string;
  readonly instrument: "counter" | "gauge" | "histogram";
  readonly unit: string;
  readonly attributes: readonly ReferenceShape[];
  readonly annotations: {
    readonly resource: "ledger" | "process";
    readonly prometheus: { readonly name: string };
    readonly buckets?: readonly number[] | undefined;
    readonly ledger?: LedgerShape | undefined;
  };
}

/** A span; its literal name stands in `name.note`. */
export interface SpanShape extends Described {
  readonly type: string;
  readonly kind: "internal" | "client" | "server" | "producer" | "consumer";
  readonly name: { readonly note: string };
  readonly attributes: readonly ReferenceShape[];
}

/** A log event. */
export interface EventShape extends Described {
  readonly name: string;
  readonly attributes: readonly ReferenceShape[];
  readonly annotations: { readonly severity: Severity };
}

/** The lists a contract file may hold. */
export interface FileLists {
  readonly attributes: AttributeShape;
  readonly metrics: MetricShape;
  readonly spans: SpanShape;
  readonly events: EventShape;
}

/** A contract file before its entries are looked at. */
export type FileShape = { readonly file_format: "definition/2" } & { readonly [L in keyof FileLists]?: readonly unknown[] | undefined };

const text = z
  .string()
  .min(1)
  .refine((value) => value.trim() === value, { error: "must not begin or end with a blank" });

const described = {
  brief: text,
  note: text.optional(),
  stability: z.enum(["stable", "development"]),
  deprecated: z
    .strictObject({ reason: z.enum(["renamed", "obsoleted", "uncategorized"]), renamed_to: text.optional(), note: text })
    .refine((value) => (value.reason === "renamed") === (value.renamed_to !== undefined), {
      error: "must name `renamed_to` when, and only when, its reason is renamed",
    })
    .optional(),
};

const member = z.strictObject({
  id: text,
  value: text,
  ...described,
  annotations: z.strictObject({ exit: z.literal([1, 2]), retry: z.enum(["later", "never"]), hint: text }).optional(),
});

const references = z.array(
  z.strictObject({
    ref: text,
    requirement_level: z.union([z.enum(["required", "recommended", "opt_in"]), z.strictObject({ conditionally_required: text })]),
    brief: text.optional(),
    note: text.optional(),
  }),
);

/** A whole file; each entry is checked on its own, so that one bad entry does not hide another. */
export const fileShape: z.ZodType<FileShape> = z.strictObject({
  file_format: z.literal("definition/2"),
  attributes: z.array(z.unknown()).optional(),
  metrics: z.array(z.unknown()).optional(),
  spans: z.array(z.unknown()).optional(),
  events: z.array(z.unknown()).optional(),
});

/**
 * The shape of one entry of each list: the subset of `definition/2` this repository uses, its own extras under `annotations` only.
 *
 * @see https://github.com/open-telemetry/weaver `schemas/semconv.schema.v2.json`
 */
export const entryShapes: { readonly [L in keyof FileLists]: z.ZodType<FileLists[L]> } = {
  attributes: z.strictObject({
    key: text,
    type: z.union([z.enum(["string", "int", "double", "boolean"]), z.strictObject({ members: z.array(member).min(1) })]),
    ...described,
    examples: z.array(z.unknown()).optional(),
    annotations: z.strictObject({ bound: text.optional(), private: text.optional() }).optional(),
  }),
  metrics: z.strictObject({
    name: text,
    instrument: z.enum(["counter", "gauge", "histogram"]),
    unit: z.string(),
    ...described,
    attributes: references,
    annotations: z.strictObject({
      resource: z.enum(["ledger", "process"]),
      prometheus: z.strictObject({ name: text }),
      buckets: z.array(z.number()).optional(),
      ledger: z
        .strictObject({
          select: text,
          logs: z
            .strictObject({
              event: text,
              retracted: text,
              summary: z.strictObject({ event: text, retracted: text, count: text }).optional(),
              where: z.record(text, z.array(text).min(1)).optional(),
            })
            .optional(),
        })
        .optional(),
    }),
  }),
  spans: z.strictObject({
    type: text,
    kind: z.enum(["internal", "client", "server", "producer", "consumer"]),
    name: z.strictObject({ note: text }),
    ...described,
    attributes: references,
  }),
  events: z.strictObject({
    name: text,
    ...described,
    attributes: references,
    annotations: z.strictObject({ severity: z.enum(["debug", "info", "warn", "error"]) }),
  }),
};
