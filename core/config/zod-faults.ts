import type { z } from "zod";
import type { $ZodIssue, $ZodRawIssue } from "zod/v4/core";
import { type Fault, renderPath } from "#core/config/place.ts";
import type { PlacedYaml } from "#core/config/yaml.ts";

/** A value of the file and where in it the schema looks. */
export interface CheckedPart {
  readonly yaml: PlacedYaml;
  readonly value: unknown;
  /** The path of `value` inside the file. */
  readonly path: readonly PropertyKey[];
}

/** What a schema made of a part, or every fault it has. */
export type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly faults: readonly Fault[] };

/** Checks one part of a file against a schema; unknown keys are refused with the nearest known one. Never throws for bad input. */
export function checkPart<S extends z.ZodType>(schema: S, part: CheckedPart): Checked<z.output<S>> {
  const result = schema.safeParse(part.value, { error: wordIssue });
  if (result.success) return { ok: true, value: result.data };
  return { ok: false, faults: result.error.issues.flatMap((issue) => faultsOf(issue, part)) };
}

/** The known word nearest to `word` within three edits, if there is one. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(word, candidate) }))
    .filter(({ candidate, distance }) => distance <= 3 && distance < candidate.length)
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1));
  return ranked[0]?.candidate;
}

function faultsOf(issue: $ZodIssue, part: CheckedPart): readonly Fault[] {
  const path = [...part.path, ...issue.path];
  if (issue.code === "unrecognized_keys") {
    const messages = issue.message.split("\n");
    return issue.keys.map((key, index) => ({
      place: part.yaml.placeOf([...path, key], "key"),
      subject: renderPath([...path, key]),
      message: messages[index] ?? "is not known",
    }));
  }
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const likeliest = [...issue.errors].sort((a, b) => deepest(b) - deepest(a) || a.length - b.length)[0] ?? [];
    if (deepest(likeliest) > 0 || likeliest.some((inner) => inner.code === "unrecognized_keys")) {
      return likeliest.flatMap((inner) => faultsOf(inner, { ...part, path }));
    }
    const alternatives = [...new Set(issue.errors.flat().map((inner) => inner.message))];
    return [{ place: part.yaml.placeOf(path), subject: renderPath(path), message: alternatives.join(", or ") }];
  }
  if (issue.code === "invalid_key") {
    const message = issue.issues.map((inner) => inner.message).join(", ");
    return [{ place: part.yaml.placeOf(path, "key"), subject: renderPath(path), message: `key ${message}` }];
  }
  return [{ place: part.yaml.placeOf(path), subject: renderPath(path), message: issue.message }];
}

function deepest(issues: readonly $ZodIssue[]): number {
  return Math.max(0, ...issues.map((issue) => issue.path.length));
}

/** Words for what schemas most often refuse; a schema's own message wins over these. */
function wordIssue(issue: $ZodRawIssue): string | undefined {
  if (issue.code === "unrecognized_keys") {
    const known = shapeKeys(issue.inst);
    return issue.keys.map((key) => unknownKey(key, known)).join("\n");
  }
  if (issue.code === "invalid_type") {
    return issue.input === undefined || issue.input === null ? "is missing" : `must be ${expected(String(issue.expected))}`;
  }
  if (issue.code === "invalid_value") {
    if (issue.input === undefined || issue.input === null) return "is missing";
    return `must be ${issue.values.length === 1 ? "" : "one of "}${issue.values.map(String).join(", ")}`;
  }
  if (issue.code === "too_small")
    return `must be ${issue.inclusive === false ? "more than" : "at least"} ${bound(issue.origin, issue.minimum)}`;
  if (issue.code === "too_big")
    return `must be ${issue.inclusive === false ? "less than" : "at most"} ${bound(issue.origin, issue.maximum)}`;
  return undefined;
}

function unknownKey(key: string, known: readonly string[]): string {
  const near = nearest(key, known);
  if (near !== undefined) return `is not known; did you mean \`${near}\`?`;
  return known.length === 0 ? "is not known" : `is not known; known here: ${[...known].sort().join(", ")}`;
}

function shapeKeys(inst: unknown): readonly string[] {
  const shape = (inst as { _zod?: { def?: { shape?: Record<string, unknown> } } } | undefined)?._zod?.def?.shape;
  return shape === undefined ? [] : Object.keys(shape);
}

function expected(type: string): string {
  const words: Record<string, string> = {
    object: "a map of keys",
    array: "a list",
    string: "text",
    int: "a whole number",
    boolean: "true or false",
    record: "a map of keys",
  };
  return words[type] ?? `a ${type}`;
}

function bound(origin: string, limit: number | bigint): string {
  const words: Record<string, string> = { string: " characters long", array: " entries long", set: " entries long" };
  return `${limit}${words[origin] ?? ""}`;
}

/** Levenshtein distance, two rows at a time. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const replace = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replace, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
