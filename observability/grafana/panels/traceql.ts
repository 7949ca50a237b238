import type { Attributes, SpanDefinition } from "#core/signal.ts";
import type { Match } from "./promql.ts";

/** A TraceQL expression. */
export interface TraceQuery {
  readonly traceql: string;
}

/** Any span of the contract. */
type AnySpan = SpanDefinition<never>;
type Spans = readonly [AnySpan, ...AnySpan[]];
type AttributesOf<Span> = Span extends SpanDefinition<infer A extends Attributes> ? A : never;
type Scalar = string | number | boolean;
/** Conditions on attributes that all the spans have. */
type Conditions<Span> = {
  readonly [Key in Extract<keyof AttributesOf<Span>, string>]?: Match<Extract<AttributesOf<Span>[Key], Scalar>>;
};

/** Writes TraceQL for one emitter's spans. */
export interface TraceSelector {
  /** Traces that hold one of some spans which fulfils every condition; `{ not: "" }` asks for spans that have the attribute. */
  readonly traces: <S extends Spans>(spans: S, match?: Conditions<S[number]>) => TraceQuery;
}

/** Writes TraceQL for the emitter whose `service.name` is `job`. Tempo finds late spans by id only, so this shows what came lately. */
export function traceSelectorOf({ job }: { readonly job: string | RegExp }): TraceSelector {
  return {
    traces: (spans, match) => {
      const conditions = [
        typeof job === "string"
          ? `resource.service.name = ${JSON.stringify(job)}`
          : `resource.service.name =~ ${JSON.stringify(job.source)}`,
        anyOf(spans.map(({ name }) => named(name))),
        ...Object.entries(match ?? {}).map(([key, wanted]) => condition(`span.${key}`, wanted as Match<Scalar>)),
      ];
      return { traceql: `{ ${conditions.join(" && ")} }` };
    },
  };
}

/** A name that ends in a value, such as `command.{command}`, is any name that begins so. */
function named(name: string): string {
  const open = name.indexOf("{");
  return open < 0 ? `name = ${JSON.stringify(name)}` : `name =~ ${JSON.stringify(`${name.slice(0, open).replaceAll(".", "\\.")}.*`)}`;
}

function condition(field: string, wanted: Match<Scalar>): string {
  if (Array.isArray(wanted)) return anyOf(wanted.map((value: Scalar) => `${field} = ${JSON.stringify(value)}`));
  if (typeof wanted !== "object") return `${field} = ${JSON.stringify(wanted)}`;
  const { not } = wanted as { readonly not: Scalar };
  return not === "" ? `${field} != nil` : `${field} != ${JSON.stringify(not)}`;
}

function anyOf(conditions: readonly string[]): string {
  return conditions.length === 1 ? (conditions[0] ?? "") : `(${conditions.join(" || ")})`;
}
