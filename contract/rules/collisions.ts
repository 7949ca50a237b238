import type { Fault } from "#core/config/place.ts";
import { type ContractFiles, type Entry, ERRORS_DOMAIN, faultAt } from "../files.ts";
import {
  eventIdentifier,
  metricIdentifier,
  pascal,
  RESERVED_IDENTIFIERS,
  spanIdentifier,
  typeIdentifier,
  valuesIdentifier,
} from "../identifiers.ts";
import { prometheusLabel, prometheusSeries } from "../prometheus-name.ts";
import { siblingsOf } from "../resolve.ts";

/** A name that an entry takes, and the part of the entry that says so. */
interface Claim {
  readonly name: string;
  readonly entry: Entry<unknown>;
  readonly path: readonly PropertyKey[];
}

/** No two entries share a name: in the contract, in Prometheus, as a label, or in the generated code. */
export function collisionRules(files: ContractFiles): readonly Fault[] {
  return [
    ...clashes(
      files.metrics.map((entry) => claim(entry, "name", entry.value.name)),
      (name) => `metric \`${name}\` is defined`,
    ),
    ...clashes(
      files.events.map((entry) => claim(entry, "name", entry.value.name)),
      (name) => `event \`${name}\` is defined`,
    ),
    ...clashes(
      files.spans.map((entry) => claim(entry, "type", entry.value.type)),
      (name) => `span \`${name}\` is defined`,
    ),
    ...clashes(
      files.spans.map((entry) => ({ ...claim(entry, "name", entry.value.name.note), path: ["name", "note"] })),
      (name) => `the span name \`${name}\` is taken`,
    ),
    ...clashes(files.metrics.flatMap(series), (name) => `the Prometheus name \`${name}\` is taken`),
    ...files.domains.flatMap((domain) => attributeClashes(files, domain)),
    ...files.domains.flatMap((domain) => identifierClashes(files, domain)),
    ...files.attributes.flatMap(memberClashes),
  ];
}

function series(entry: ContractFiles["metrics"][number]): readonly Claim[] {
  const metric = entry.value;
  const names = [...prometheusSeries(metric), ...siblingsOf(metric).map(({ prometheus }) => prometheus)];
  return [...new Set(names)].map((name) => claim(entry, "name", name));
}

/** Two domains may use one key each in its own way; within what one domain sees, a key is one thing. */
function attributeClashes(files: ContractFiles, domain: string): readonly Fault[] {
  const scope = domain === "shared" ? ["shared", ERRORS_DOMAIN] : ["shared", ERRORS_DOMAIN, domain];
  const seen = scope.flatMap((one) => files.attributes.filter((entry) => entry.domain === one));
  const claims = seen.map((entry) => claim(entry, "key", prometheusLabel(entry.value.key)));
  return clashes(claims, (label) => `an attribute that becomes the label \`${label}\` is defined`);
}

function memberClashes(entry: ContractFiles["attributes"][number]): readonly Fault[] {
  if (typeof entry.value.type === "string") return [];
  const { members } = entry.value.type;
  return (["id", "value"] as const).flatMap((field) =>
    clashes(
      members.map((member, index) => ({ name: member[field], entry, path: ["type", "members", index, field] })),
      (name) => `the ${field} \`${name}\` stands`,
    ),
  );
}

function identifierClashes(files: ContractFiles, domain: string): readonly Fault[] {
  const inDomain = <T extends Entry<unknown>>(entries: readonly T[], name = domain): readonly T[] =>
    entries.filter((entry) => entry.domain === name);
  const sets = ["shared", domain].flatMap((name) => inDomain(files.attributes, name).filter(({ value }) => typeof value.type !== "string"));
  const claims = [
    ...[...new Set(sets)].flatMap((entry) => [
      claim(entry, "key", typeIdentifier(entry.domain, entry.value.key)),
      claim(entry, "key", valuesIdentifier(entry.domain, entry.value.key)),
    ]),
    ...inDomain(files.metrics).flatMap((entry) => withType(claim(entry, "name", metricIdentifier(domain, entry.value.name)), "Labels")),
    ...inDomain(files.spans).flatMap((entry) => withType(claim(entry, "type", spanIdentifier(domain, entry.value.type)), "Attributes")),
    ...inDomain(files.events).flatMap((entry) => withType(claim(entry, "name", eventIdentifier(domain, entry.value.name)), "Attributes")),
  ];
  const own = claims.filter(({ entry }) => entry.domain === domain);
  const reserved = own.filter(({ name }) => RESERVED_IDENTIFIERS.has(name) || name === `${domain.toUpperCase()}_LEDGER_METRICS`);
  return [
    ...reserved.map(({ name, entry, path }) =>
      faultAt(entry, path, `would be called \`${name}\` in generated code, which is a reserved word there`),
    ),
    ...clashes(claims, (name) => `the name \`${name}\` in generated code is taken`),
  ];
}

function withType(constant: Claim, ending: string): readonly Claim[] {
  return [constant, { ...constant, name: `${pascal(constant.name)}${ending}` }];
}

function claim(entry: Entry<unknown>, field: string, name: string): Claim {
  return { name, entry, path: [field] };
}

function clashes(claims: readonly Claim[], say: (name: string) => string): readonly Fault[] {
  return [...Map.groupBy(claims, ({ name }) => name)].flatMap(([name, [first, ...rest]]) => {
    if (first === undefined) return [];
    const { file, line, column } = first.entry.yaml.placeOf([...first.entry.path, ...first.path]);
    return rest.map(({ entry, path }) => faultAt(entry, path, `${say(name)} already at ${file}:${line}:${column}`));
  });
}
