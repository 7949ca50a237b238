import { type AlertRule, secondsOf } from "../check/rule-files.ts";

/** What is done to a rule; every operator is applied to every rule, wherever it finds a place. */
export type Operator =
  | "threshold"
  | "comparison"
  | "range"
  | "for"
  | "keep_firing_for"
  | "dropped label"
  | "dropped matcher"
  | "dropped grouping";

/** The fixed list, in the order of the report. */
export const OPERATORS: readonly Operator[] = [
  "threshold",
  "comparison",
  "range",
  "for",
  "keep_firing_for",
  "dropped label",
  "dropped matcher",
  "dropped grouping",
];

/** A rule with one thing wrong. */
export interface Mutant {
  readonly alert: string;
  readonly operator: Operator;
  /** What was changed, such as `>= 600 → >= 660`; with alert and operator it names the mutant. */
  readonly change: string;
  readonly rule: AlertRule;
}

/** The step of the rule tests: a duration cannot be told from another within one step. */
const STEP_SECONDS = 5;
const COMPARISONS: Readonly<Record<string, readonly string[]>> = {
  ">": [">=", "<"],
  ">=": [">", "<="],
  "<": ["<=", ">"],
  "<=": ["<", ">="],
  "==": ["!="],
  "!=": ["=="],
};

/** Every mutant of a rule: one change each. */
export function mutantsOf(rule: AlertRule): readonly Mutant[] {
  const { alert, labels } = rule;
  const named = (operator: Operator, change: string, changed: Partial<AlertRule>): Mutant => {
    return { alert, operator, change, rule: { ...rule, ...changed } };
  };
  const inExpr = exprMutants(rule.expr).map(({ operator, change, expr }) => named(operator, change, { expr }));
  const holds = (["for", "keep_firing_for"] as const).flatMap((key) => {
    const present = rule[key];
    if (present === undefined) return [];
    const others = neighbours(secondsOf(present)).map((seconds) => `${seconds}s`);
    return [undefined, ...others].map((value) => named(key, `${present} → ${value ?? "none"}`, { [key]: value }));
  });
  const dropped = Object.keys(labels).map((label) => {
    const { [label]: _, ...kept } = labels;
    return named("dropped label", label, { labels: kept });
  });
  return [...inExpr, ...holds, ...dropped];
}

interface ExprMutant {
  readonly operator: Operator;
  readonly change: string;
  readonly expr: string;
}

interface Piece {
  readonly kind: "string" | "duration" | "number" | "comparison" | "name" | "mark";
  readonly text: string;
  readonly at: number;
}

const PIECES =
  /(?<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?<duration>\b\d+(?:ms|[smhdwy])(?:\d+(?:ms|[smhdwy]))*\b)|(?<number>\b\d+(?:\.\d+)?\b)|(?<comparison>>=|<=|==|!=|=~|!~|>|<)|(?<name>[A-Za-z_:][\w:]*)|(?<mark>\S)/gu;

function exprMutants(expr: string): readonly ExprMutant[] {
  const pieces = piecesOf(expr);
  const mutants: ExprMutant[] = [];
  const replace = (operator: Operator, { text, at }: Piece, by: string): void => {
    mutants.push({ operator, change: `${text} → ${by} at ${at}`, expr: `${expr.slice(0, at)}${by}${expr.slice(at + text.length)}` });
  };
  let depth = 0;
  for (const piece of pieces) {
    if (piece.text === "{") depth += 1;
    if (piece.text === "}") depth -= 1;
    // Within braces an operator is a matcher's.
    if (depth > 0) continue;
    if (piece.kind === "number") for (const value of thresholds(Number(piece.text))) replace("threshold", piece, String(value));
    if (piece.kind === "comparison") for (const other of COMPARISONS[piece.text] ?? []) replace("comparison", piece, other);
    if (piece.kind === "duration") for (const seconds of neighbours(secondsOf(piece.text))) replace("range", piece, `${seconds}s`);
  }
  return [...mutants, ...listMutants(expr, pieces)];
}

/** A tenth more and less, one at least. */
function thresholds(value: number): readonly number[] {
  if (Number.isInteger(value)) return [value + Math.max(1, Math.round(value / 10)), value - Math.max(1, Math.round(value / 10))];
  return [value * 1.1, value * 0.9].map((other) => Number(other.toPrecision(6)));
}

/** A fifth more and less, a step of the tests at least; nothing below one step. */
function neighbours(seconds: number): readonly number[] {
  const apart = Math.max(STEP_SECONDS, Math.round(seconds / 5));
  return [seconds + apart, seconds - apart].filter((other) => other >= STEP_SECONDS);
}

/** Each matcher within braces and each label of a `by (...)` left out; of what is joined on nothing is left out, or nothing would match. */
function listMutants(expr: string, pieces: readonly Piece[]): readonly ExprMutant[] {
  return pieces.flatMap(({ text, kind }, index) => {
    const open = text === "{" ? index : index + 1;
    const isBy = kind === "name" && text === "by" && pieces[open]?.text === "(";
    if (text !== "{" && !isBy) return [];
    const close = pieces.findIndex((piece, at) => at > open && piece.text === (isBy ? ")" : "}"));
    const [from, to] = [(pieces[open]?.at ?? 0) + 1, pieces[close]?.at ?? expr.length];
    const items = itemsOf(pieces.slice(open + 1, close), expr);
    return items.map((item, dropped) => ({
      operator: isBy ? ("dropped grouping" as const) : ("dropped matcher" as const),
      change: `${item} at ${from}`,
      expr: `${expr.slice(0, from)}${items.filter((_, at) => at !== dropped).join(", ")}${expr.slice(to)}`,
    }));
  });
}

function itemsOf(pieces: readonly Piece[], expr: string): readonly string[] {
  const items: Piece[][] = [[]];
  for (const piece of pieces) {
    if (piece.text === ",") items.push([]);
    else items.at(-1)?.push(piece);
  }
  return items.flatMap((item) => {
    const [first, last] = [item[0], item.at(-1)];
    return first === undefined || last === undefined ? [] : [expr.slice(first.at, last.at + last.text.length)];
  });
}

function piecesOf(expr: string): readonly Piece[] {
  return [...expr.matchAll(PIECES)].flatMap(({ groups = {}, index }) =>
    Object.entries(groups).flatMap(([kind, text]) => (text === undefined ? [] : [{ kind: kind as Piece["kind"], text, at: index }])),
  );
}
