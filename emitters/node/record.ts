/** A JSON value that holds no others; what arrays and deep objects hold stands as their JSON text. */
export type Scalar = string | number | boolean | null;

/** One record of a log. */
export interface LogRecord {
  /** The first value among the places that is there, and neither null nor an empty text. */
  readonly first: (lookup: Lookup) => Scalar | undefined;
  /** Whether a look-up can find anything at all; for records of one shape it always says the same. */
  readonly has: (lookup: Lookup) => boolean;
  /** The same for all records of one shape; undefined for a record that was parsed in full. */
  readonly shape?: object;
  /** The dotted paths of every field that was kept; the same list for all records of one shape. */
  readonly paths: readonly string[];
  /** What stands at the path of this index. */
  at(index: number): Scalar | undefined;
}

/** Places where a value may stand, the first one first. A key may hold dots itself: `{"a":{"b.c":1}}` has the path `a.b.c`. */
export interface Lookup {
  /** From 0, for tables of what is known of it. */
  readonly id: number;
  readonly paths: readonly string[];
}

/** The look-ups that a mapping makes, numbered. */
export class Lookups {
  readonly #wanted = new Set<string>();
  #count = 0;

  of(paths: readonly string[]): Lookup {
    for (const path of paths) this.#wanted.add(path);
    this.#count += 1;
    return { id: this.#count - 1, paths };
  }

  /** Whether any look-up wants this path. */
  wants(path: string): boolean {
    return this.#wanted.has(path);
  }
}

/** Objects nested deeper stay JSON text. */
export const DEPTH = 6;

/** A parsed object as a record. */
export function recordOf(object: object): LogRecord {
  const leaves = flatten(object);
  const byPath = new Map(leaves);
  return {
    first: ({ paths }) => {
      for (const path of paths) {
        const value = byPath.get(path);
        if (isThere(value)) return value;
      }
      return undefined;
    },
    has: ({ paths }) => paths.some((path) => byPath.has(path)),
    paths: leaves.map(([path]) => path),
    at: (index) => leaves[index]?.[1],
  };
}

/** Every field of a record by its path. */
export function fieldsOf(record: LogRecord): ReadonlyMap<string, Scalar> {
  return new Map(record.paths.map((path, index) => [path, record.at(index) ?? null]));
}

/** Whether a value says anything. */
export function isThere(value: Scalar | undefined): value is Exclude<Scalar, null> {
  return value !== undefined && value !== null && value !== "";
}

/** The fields of an object by dotted path, in order. */
export function flatten(object: object): (readonly [string, Scalar])[] {
  const leaves: (readonly [string, Scalar])[] = [];
  walk(object, "", 0, leaves);
  return leaves;
}

function walk(object: object, prefix: string, depth: number, into: (readonly [string, Scalar])[]): void {
  for (const [key, value] of Object.entries(object) as [string, unknown][]) {
    const path = prefix === "" ? key : `${prefix}.${key}`;
    if (typeof value !== "object" || value === null) into.push([path, value as Scalar]);
    else if (Array.isArray(value) || depth >= DEPTH) into.push([path, JSON.stringify(value)]);
    else walk(value, path, depth + 1, into);
  }
}
