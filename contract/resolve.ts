import { siblingName } from "#core/tally.ts";
import { type ContractFiles, ERRORS_DOMAIN } from "./files.ts";
import type { Attribute, Contract, Domain, ErrorEntry, LogEvent, Metric, Sibling, Span, Use } from "./model.ts";
import { prometheusLabel, prometheusName, type TranslatedMetric } from "./prometheus-name.ts";
import type { AttributeShape, Described, EventShape, MetricShape, ReferenceShape, SpanShape } from "./shape.ts";

/** Turns checked files into the model: references become attributes, names are translated, lists are sorted. */
export function resolveContract(files: ContractFiles): Contract {
  const domains = files.domains.map((name) => resolveDomain(name, files));
  return { domains, errors: errorEntries(files) };
}

/** A counter of ledger facts has two siblings; every other metric has none. */
export function siblingsOf(metric: TranslatedMetric & { readonly annotations: MetricShape["annotations"] }): readonly Sibling[] {
  if (metric.annotations.ledger === undefined) return [];
  return (["late", "retracted"] as const).map((role) => {
    const name = siblingName(metric.name, role);
    return { role, name, prometheus: prometheusName({ ...metric, name }) };
  });
}

/** The attribute a domain means by a key: its own, else a shared one, else an error code's. */
export function lookUp<T extends { readonly domain: string }>(candidates: readonly T[] | undefined, domain: string): T | undefined {
  const scopes = [domain, "shared", ERRORS_DOMAIN];
  return scopes.map((scope) => candidates?.find((candidate) => candidate.domain === scope)).find((found) => found !== undefined);
}

function resolveDomain(name: string, files: ContractFiles): Domain {
  const attributes = files.attributes.map(({ value, domain }) => attribute(value, domain));
  const byKey = Map.groupBy(attributes, ({ key }) => key);
  const find = (key: string): Attribute => lookUp(byKey.get(key), name) ?? unresolved(key);
  const own = <T>(entries: readonly { readonly domain: string; readonly value: T }[]): readonly T[] =>
    entries.filter(({ domain }) => domain === name).map(({ value }) => value);
  return {
    name,
    attributes: attributes.filter(({ domain }) => domain === name).sort(by(({ key }) => key)),
    metrics: own(files.metrics)
      .map((value) => metric(value, { domain: name, find }))
      .sort(by((one) => one.name)),
    spans: own(files.spans)
      .map((value) => span(value, { domain: name, find }))
      .sort(by(({ type }) => type)),
    events: own(files.events)
      .map((value) => event(value, { domain: name, find }))
      .sort(by((one) => one.name)),
  };
}

interface Scope {
  readonly domain: string;
  readonly find: (key: string) => Attribute;
}

function attribute(shape: AttributeShape, domain: string): Attribute {
  const { key, type, annotations } = shape;
  const members = typeof type === "string" ? [] : type.members;
  return {
    ...described(shape),
    key,
    domain,
    prometheus: prometheusLabel(key),
    type: typeof type === "string" ? type : "enum",
    members: members.map((one) => ({ value: one.value, ...described(one) })),
    bound: annotations?.bound,
    private: annotations?.private,
  };
}

function metric(shape: MetricShape, { domain, find }: Scope): Metric {
  const { name, instrument, unit, annotations } = shape;
  const { ledger } = annotations;
  return {
    ...described(shape),
    name,
    domain,
    instrument,
    unit,
    resource: annotations.resource,
    prometheus: prometheusName(shape),
    labels: shape.attributes.map(({ ref }) => find(ref)),
    buckets: annotations.buckets,
    ledger: ledger === undefined ? undefined : { select: ledger.select.replace(/\s+/gu, " ").trim(), logs: ledger.logs },
    siblings: siblingsOf(shape),
  };
}

function span(shape: SpanShape, { domain, find }: Scope): Span {
  return { ...described(shape), type: shape.type, domain, name: shape.name.note, kind: shape.kind, uses: uses(shape.attributes, find) };
}

function event(shape: EventShape, { domain, find }: Scope): LogEvent {
  return { ...described(shape), name: shape.name, domain, severity: shape.annotations.severity, uses: uses(shape.attributes, find) };
}

function uses(references: readonly ReferenceShape[], find: (key: string) => Attribute): readonly Use[] {
  return references.map(({ ref, requirement_level }) => ({ attribute: find(ref), required: requirement_level === "required" }));
}

function errorEntries(files: ContractFiles): readonly ErrorEntry[] {
  return files.attributes
    .filter(({ domain }) => domain === ERRORS_DOMAIN)
    .flatMap(({ value }) => (typeof value.type === "string" ? [] : value.type.members))
    .flatMap((one) => (one.annotations === undefined ? [] : [{ code: one.value, ...one.annotations, ...described(one) }]))
    .sort(by(({ code }) => code));
}

function described({ brief, note, stability, deprecated }: Described): Described {
  return { brief, note, stability, deprecated };
}

function by<T>(key: (item: T) => string): (a: T, b: T) => number {
  return (a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0);
}

function unresolved(key: string): never {
  throw new TypeError(`attribute ${key} is used before the rules have found it`);
}
