import { readFileSync } from "node:fs";
import type { Attributes, Labels, MetricDefinition } from "#core/signal.ts";

interface AttributeRule {
  readonly key: string;
  readonly required: boolean;
}

interface Attribute {
  readonly key: string;
  readonly domain: string;
  readonly type: string;
  readonly members?: readonly { readonly value: string }[];
}

interface Named {
  readonly name: string;
  readonly domain: string;
}

interface ContractFile {
  readonly attributes: readonly Attribute[];
  readonly metrics: readonly (Named & { readonly instrument: string; readonly labels: readonly { readonly key: string }[] })[];
  readonly spans: readonly (Named & { readonly attributes: readonly AttributeRule[] })[];
  readonly events: readonly (Named & { readonly attributes: readonly AttributeRule[] })[];
}

const contract: ContractFile = JSON.parse(readFileSync(new URL("../../contract/generated/contract.json", import.meta.url), "utf8"));
// Two domains may use one word for different sets.
const attributes = new Map(contract.attributes.map((attribute) => [`${attribute.domain} ${attribute.key}`, attribute]));
const metrics = new Map(contract.metrics.map((metric) => [metric.name, metric]));
const spans = new Map(contract.spans.map((span) => [span.name, span]));
const events = new Map(contract.events.map((event) => [event.name, event]));

/** What the naming contract says against a point's metric and labels, one sentence each; none when it agrees. */
export function metricFaults(metric: MetricDefinition, labels: Labels): readonly string[] {
  const known = metrics.get(metric.name);
  if (known === undefined) return [`${metric.name} is no metric of the contract`];
  const faults = known.instrument === metric.instrument ? [] : [`${metric.name} is a ${known.instrument}, not a ${metric.instrument}`];
  const wanted = known.labels.map(({ key }) => key).sort();
  const given = Object.keys(labels).sort();
  if (wanted.join() !== given.join()) faults.push(`${metric.name} has the labels ${wanted.join(", ")}, not ${given.join(", ")}`);
  return [...faults, ...Object.entries(labels).flatMap(([key, value]) => valueFaults(known, { key, value }))];
}

/** What the naming contract says against a span's name and attributes. */
export function spanFaults(name: string, given: Attributes): readonly string[] {
  const known = spans.get(name);
  return known === undefined ? [`${name} is no span of the contract`] : attributeFaults(known, given);
}

/** What the naming contract says against a log event's name and attributes. */
export function eventFaults(name: string, given: Attributes): readonly string[] {
  const known = events.get(name);
  return known === undefined ? [`${name} is no event of the contract`] : attributeFaults(known, given);
}

type Ruled = Named & { readonly attributes: readonly AttributeRule[] };

function attributeFaults({ attributes: rules, ...named }: Ruled, given: Attributes): readonly string[] {
  const { name } = named;
  const present = Object.entries(given).filter(([, value]) => value !== undefined);
  const missing = rules.filter(({ key, required }) => required && given[key] === undefined).map(({ key }) => `${name} lacks ${key}`);
  const foreign = present.filter(([key]) => !rules.some((rule) => rule.key === key)).map(([key]) => `${name} has no ${key}`);
  return [...missing, ...foreign, ...present.flatMap(([key, value]) => valueFaults(named, { key, value }))];
}

/** `unknown` is every label's refuge and stands in its set when the contract allows it. */
function valueFaults({ name, domain }: Named, { key, value }: { readonly key: string; readonly value: unknown }): readonly string[] {
  const attribute = attributes.get(`${domain} ${key}`) ?? attributes.get(`shared ${key}`);
  if (attribute?.type === "int" && !Number.isSafeInteger(value)) return [`${name}: ${key} is no integer: ${String(value)}`];
  if (attribute?.type === "string" && typeof value !== "string") return [`${name}: ${key} is no text: ${String(value)}`];
  const members = attribute?.members?.map((member) => member.value);
  return members === undefined || members.includes(String(value)) ? [] : [`${name}: ${key} cannot be ${String(value)}`];
}
