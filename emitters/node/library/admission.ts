import type { Admission, Label } from "#contract/generated/node.ts";

/** How many values that nobody declared are kept for each label. */
export const ADMITTED_PER_LABEL = 100;
const LONGEST_VALUE = 120;

/** The bounded values of one label. */
export interface BoundedValues<T> {
  /** What belongs to the value; to `unknown` when the value may not be admitted. */
  readonly of: (value: string) => T;
  /** Every value admitted so far. */
  readonly values: () => readonly string[];
}

/** What bounds the values of a label. */
export interface BoundOptions<T> {
  readonly label: Label;
  readonly declared: readonly string[];
  /** Makes, once, what belongs to a value. */
  readonly make: (value: string) => T;
  readonly onUndeclared: (label: Label, admission: Admission) => void;
}

/**
 * Bounds a label by design: declared values pass, the first hundred others are admitted and counted, and what comes after them is
 * `unknown` and counted at each use. The look-up of a value that is in is one map access.
 */
export function boundValues<T>({ label, declared, make, onUndeclared }: BoundOptions<T>): BoundedValues<T> {
  const known = new Map<string, T>(declared.map((value) => [value, make(value)]));
  let unknown: T | undefined;
  let admitted = 0;
  const other = (value: string): T => {
    if (
      typeof value === "string" &&
      value !== "" &&
      value.length <= LONGEST_VALUE &&
      admitted < ADMITTED_PER_LABEL &&
      value !== "unknown"
    ) {
      admitted += 1;
      onUndeclared(label, "admitted");
      const made = make(value);
      known.set(value, made);
      return made;
    }
    onUndeclared(label, "unknown");
    unknown ??= make("unknown");
    return unknown;
  };
  return { of: (value) => known.get(value) ?? other(value), values: () => [...known.keys()] };
}
