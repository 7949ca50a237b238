import { type Label, undeclared } from "#contract/generated/node.ts";
import type { State } from "#core/state.ts";
import type { StreamSeries, StreamSink } from "#core/stream.ts";

/** How many values that nobody declared are kept for each label. */
export const ADMITTED_PER_LABEL = 100;
const LONGEST_VALUE = 120;

/** The values a node declares for its labels. */
export type DeclaredNames = Readonly<Partial<Record<Label, readonly string[]>>>;

/** Where admitted values are remembered: a label's name, and its values in the order they came. */
const NAMES = "names";

/**
 * Bounds the labels whose values a node makes up: declared values pass, the first hundred others are admitted, counted and remembered, and
 * what comes after them is `unknown` and counted at each use.
 */
export class Names {
  readonly #declared: DeclaredNames;
  readonly #known = new Map<Label, Set<string>>();
  readonly #undeclared = new Map<string, StreamSeries>();

  constructor(declared: DeclaredNames) {
    this.#declared = declared;
  }

  /** The value, or `unknown`. */
  bounded(label: Label, value: string, { state, out, atMs }: { state: State; out: StreamSink; atMs: number }): string {
    const known = this.#of(label, state);
    if (known.has(value)) return value;
    const admitted = (state.get(NAMES, label) as readonly string[] | undefined) ?? [];
    const fits = value !== "" && value !== "unknown" && value.length <= LONGEST_VALUE && admitted.length < ADMITTED_PER_LABEL;
    const key = fits ? `${label} admitted` : `${label} unknown`;
    let series = this.#undeclared.get(key);
    if (series === undefined) {
      series = out.series(undeclared, { label, admission: fits ? "admitted" : "unknown" }, atMs);
      this.#undeclared.set(key, series);
    }
    series.add(1);
    if (!fits) return "unknown";
    known.add(value);
    state.set(NAMES, label, [...admitted, value]);
    return value;
  }

  #of(label: Label, state: State): Set<string> {
    let known = this.#known.get(label);
    if (known === undefined) {
      const admitted = (state.get(NAMES, label) as readonly string[] | undefined) ?? [];
      known = new Set([...(this.#declared[label] ?? []), ...admitted]);
      this.#known.set(label, known);
    }
    return known;
  }
}
