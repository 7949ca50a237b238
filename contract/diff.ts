import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { OffingError } from "#core/errors.ts";
import { type ContractJson, contractJson, type JsonMetric, type JsonUse } from "./emit-json.ts";
import type { Contract } from "./model.ts";
import type { Described } from "./shape.ts";

/** The names of the last release, from the root of the checkout: a copy of `contract.json` taken when it was released. */
export const RELEASED_PATH = "contract/released.json";

/**
 * Holds the contract against the last release.
 *
 * A name that was marked `deprecated` in that release may go or change; every other one stays what it was. Additions are fine.
 *
 * @throws CONTRACT_BREAKING with every name that went or changed; CONTRACT_DRIFT when the last release cannot be read
 */
export function checkReleased(contract: Contract, { root }: { readonly root: string }): void {
  const breaks = breakingChanges(readReleased(join(root, RELEASED_PATH)), contractJson(contract));
  if (breaks.length === 0) return;
  throw new OffingError("CONTRACT_BREAKING", {
    message: ["released names were removed or changed", ...breaks].join("\n  "),
    context: { breaks: breaks.length, released: RELEASED_PATH },
  });
}

/** Every way in which `current` breaks what `released` promised, one sentence each, sorted. */
export function breakingChanges(released: ContractJson, current: ContractJson): readonly string[] {
  const found = [
    ...released.attributes.flatMap((was) => {
      const is = current.attributes.find(({ key, domain }) => key === was.key && [was.domain, "shared"].includes(domain));
      return compare({ what: `attribute ${was.key} (${was.domain})`, was, is }, (now) => [
        ...changed("type", was.type, now.type),
        ...(now.type === "enum" ? gone(was.members, now.members, (member) => [member.value, "value"]) : []),
      ]);
    }),
    ...released.metrics.flatMap((was) => {
      const is = current.metrics.find(({ name }) => name === was.name);
      return compare({ what: `metric ${was.name}`, was, is }, (now) => metricChanges(was, now));
    }),
    ...released.spans.flatMap((was) => {
      const is = current.spans.find(({ type }) => type === was.type);
      return compare({ what: `span ${was.type}`, was, is }, (now) => [
        ...changed("name", was.name, now.name),
        ...changed("kind", was.kind, now.kind),
        ...uses(was.attributes, now.attributes),
      ]);
    }),
    ...released.events.flatMap((was) => {
      const is = current.events.find(({ name }) => name === was.name);
      return compare({ what: `event ${was.name}`, was, is }, (now) => uses(was.attributes, now.attributes));
    }),
    ...released.errors.flatMap((was) => {
      const is = current.errors.find(({ code }) => code === was.code);
      // A code is kept for ever, deprecated or not: logs of years ago still hold it.
      return compare({ what: `error ${was.code}`, was: { ...was, deprecated: undefined }, is }, (now) =>
        changed("exit code", was.exit, now.exit),
      );
    }),
  ];
  return [...new Set(found)].sort();
}

function compare<T extends Described>(
  pair: { readonly what: string; readonly was: T; readonly is: T | undefined },
  changes: (now: T) => readonly string[],
): readonly string[] {
  const { what, was, is } = pair;
  if (was.deprecated !== undefined) return [];
  if (is === undefined) return [`${what} is gone`];
  const fallen = was.stability === "stable" && is.stability !== "stable" ? ["is no longer stable"] : [];
  return [...fallen, ...changes(is)].map((change) => `${what} ${change}`);
}

function metricChanges(was: JsonMetric, now: JsonMetric): readonly string[] {
  return [
    ...changed("instrument", was.instrument, now.instrument),
    ...changed("unit", was.unit, now.unit),
    ...changed("Prometheus name", was.prometheus.name, now.prometheus.name),
    ...changed("resource", was.resource, now.resource),
    ...gone(was.labels, now.labels, ({ key }) => [key, "label"]),
    ...gone(was.buckets, now.buckets, (bound) => [String(bound), "bucket bound"]),
    ...gone(was.siblings, now.siblings, ({ prometheus }) => [prometheus, "sibling"]),
  ];
}

function uses(was: readonly JsonUse[], now: readonly JsonUse[]): readonly string[] {
  const weaker = was.filter(({ key, required }) => required && now.some((use) => use.key === key && !use.required));
  return [...gone(was, now, ({ key }) => [key, "attribute"]), ...weaker.map(({ key }) => `no longer always has the attribute ${key}`)];
}

function changed(what: string, was: string | number, now: string | number): readonly string[] {
  return was === now ? [] : [`changed its ${what} from ${was} to ${now}`];
}

function gone<T>(
  was: readonly T[] | undefined,
  now: readonly T[] | undefined,
  nameOf: (item: T) => readonly [name: string, what: string],
): readonly string[] {
  const kept = new Set((now ?? []).map((item) => nameOf(item)[0]));
  return (was ?? [])
    .filter((item) => (item as Partial<Described>).deprecated === undefined && !kept.has(nameOf(item)[0]))
    .map((item) => `lost its ${nameOf(item)[1]} ${nameOf(item)[0]}`);
}

function readReleased(path: string): ContractJson {
  const mend = "Restore it from the last release's commit.";
  const trouble = (what: string, cause?: unknown): OffingError =>
    new OffingError("CONTRACT_DRIFT", { message: `${RELEASED_PATH} ${what}`, hint: mend, cause });
  if (!existsSync(path)) throw trouble("is not there");
  try {
    const released = JSON.parse(readFileSync(path, "utf8")) as ContractJson;
    if (released.format === "offing-contract/1") return released;
  } catch (cause) {
    throw trouble("is no JSON", cause);
  }
  throw trouble("has an unknown format");
}
