import type { LogQuery } from "./logql.ts";
import type { Vector } from "./promql.ts";

declare const checked: unique symbol;
/** A text that went through `show`, so that no legend reaches a panel unchecked; the mark exists for the type checker alone. */
type CheckedLegend = string & { readonly [checked]: true };

/** One query of a panel with its legend; made by `show`. */
export interface Query {
  readonly source: Vector | LogQuery;
  readonly legend: CheckedLegend;
  readonly exemplars: boolean;
}

/** The names in the double braces of a text. */
type Placeholder<Text extends string> = Text extends `${string}{{${infer Label}}}${infer Rest}` ? Label | Placeholder<Rest> : never;
/** The label a contract key becomes: see `labelName`. */
type LabelName<Key extends string> = Key extends `${infer Head}.${infer Tail}` ? `${Head}_${LabelName<Tail>}` : Key;
/** `Text`, when each `{{label}}` in it is one of `Label`; otherwise a type that no text has. */
export type Legend<Text extends string, Label extends string> = [Placeholder<Text>] extends [LabelName<Label>]
  ? Text
  : { readonly "has no label": Exclude<Placeholder<Text>, LabelName<Label>> };

/**
 * A query as a panel shows it. `{{label}}` in the legend is a label that the result has; any other is a compile error.
 *
 * @param options.exemplars - also ask for exemplars, each of which leads to a trace
 */
export function show<Label extends string, const Text extends string>(
  source: Vector<Label> | LogQuery<Label>,
  legend: Text & Legend<Text, Label>,
  options: { readonly exemplars?: boolean } = {},
): Query {
  return { source, legend: legend as string as CheckedLegend, exemplars: options.exemplars ?? false };
}
