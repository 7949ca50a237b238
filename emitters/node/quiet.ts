import { KIND_PREFIXES } from "./facts.ts";
import type { Captured } from "./line-shapes.ts";
import type { MappingFile } from "./mapping.ts";
import type { Lookup, Scalar } from "./record.ts";

/** What a rule asks of a record before it may speak of an activity. */
export interface Asked {
  readonly when: readonly { readonly place: Lookup; readonly values: readonly Scalar[] }[];
  readonly fixedName: string | undefined;
  readonly name: Lookup;
}

/** What makes records speak: the rules, and the places of which a value alone says something. */
export interface Speakers {
  readonly rules: readonly Asked[];
  readonly measures: readonly Lookup[];
  readonly names: MappingFile["names"];
}

/** By path, what may not stand there, as regular expressions for the text up to its closing quote. */
export type Guards = ReadonlyMap<string, readonly string[]>;

/** Text as it stands in a JSON string, held as its UTF-8 bytes, to the letter. */
export function literal(text: string): string {
  return Buffer.from(text)
    .toString("latin1")
    .replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}

/**
 * What must not stand where in a record of these fields, so that nothing in it can speak of an activity or a measure; undefined where that
 * cannot be told from the text.
 *
 * It holds for texts without escapes only: an escape may spell any word.
 */
export function quietGuards(fields: readonly Captured[], { rules, measures, names }: Speakers): Guards | undefined {
  const kinds = new Map(fields.map(({ path, kind }) => [path, kind]));
  const present = ({ paths }: Lookup) => paths.filter((path) => kinds.has(path));
  if (measures.some((place) => present(place).length > 0)) return undefined;
  const guards = new Map<string, string[]>();
  for (const { when, fixedName, name } of rules) {
    const lacks = when.some(({ place }) => present(place).length === 0) || (fixedName === undefined && present(name).length === 0);
    if (lacks) continue;
    const [asked] = when;
    // One condition that fails is enough, so one is guarded.
    if (asked === undefined && fixedName !== undefined) return undefined;
    for (const path of present(asked?.place ?? name)) {
      const kind = kinds.get(path);
      const forbidden = asked === undefined ? namesIn(kind, names) : valuesIn(kind, asked.values);
      if (forbidden === undefined) return undefined;
      guards.set(path, [...(guards.get(path) ?? []), ...forbidden]);
    }
  }
  return guards;
}

/** The texts that are one of these values; undefined when more than a text may be. */
function valuesIn(kind: Captured["kind"] | undefined, values: readonly Scalar[]): string[] | undefined {
  if (kind !== "text") return kind !== "raw" && values.every((value) => typeof value === "string") ? [] : undefined;
  return values.filter((value) => typeof value === "string").map((value) => `${quoted(value)}"`);
}

/** The texts that are a name of the contract's or one that the mapping renames. */
function namesIn(kind: Captured["kind"] | undefined, names: MappingFile["names"]): string[] | undefined {
  if (kind === "raw") return undefined;
  if (kind !== "text") return [];
  const prefixes = KIND_PREFIXES.map(([prefix]) => literal(prefix)).join("|");
  return [`(?:${prefixes})[."]`, ...[...names.keys()].map((name) => `${quoted(name)}"`)];
}

function quoted(text: string): string {
  return literal(JSON.stringify(text).slice(1, -1));
}
