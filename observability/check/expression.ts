import { type Token, tokenize } from "./tokens.ts";

/** A condition on a label. */
export interface Matcher {
  readonly label: string;
  readonly op: string;
  readonly text: string;
  /** The values it names: several for a regular expression that only lists them, none where it is a real one or a variable. */
  readonly values: readonly string[];
}

/** A metric, or a log stream, with its conditions. */
export interface Selector {
  /** Undefined for a log stream. */
  readonly metric: string | undefined;
  readonly matchers: readonly Matcher[];
}

/** The names that an expression uses. */
export interface Names {
  readonly selectors: readonly Selector[];
  /** Labels that are kept, dropped, renamed or joined on. */
  readonly grouping: readonly string[];
  /** Conditions behind a pipe, in LogQL. */
  readonly filters: readonly Matcher[];
  readonly fault: string | undefined;
}

const LABEL_LISTS = new Set(["by", "without", "on", "ignoring", "group_left", "group_right"]);
const WORDS = new Set(["and", "or", "unless", "bool", "offset", "atan2", "inf", "nan", ...LABEL_LISTS]);

/** Finds every metric, label and value that a PromQL or LogQL expression names. */
export function namesOf(expression: string): Names {
  const { tokens, fault } = tokenize(expression);
  const selectors: Selector[] = [];
  const grouping: string[] = [];
  const filters: Matcher[] = [];
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at];
    const next = tokens[at + 1];
    if (token === undefined) break;
    if (token.text === "|" && next?.text === "label_format") {
      // `label_format new=old` names one label of the line, the old one.
      const old = tokens[at + 4];
      if (old?.kind === "name") grouping.push(old.text);
      at += 4;
    } else if (token.text === "|" && next?.kind === "name") {
      filters.push(...matcherAt(tokens, at + 1));
      at += 3;
    } else if (token.text === "{" && token.kind === "mark") {
      const { matchers, end } = matchersFrom(tokens, at);
      selectors.push({ metric: undefined, matchers });
      at = end;
    } else if (token.kind === "name" && LABEL_LISTS.has(token.text) && next?.text === "(") {
      const end = endOf(tokens, at + 1);
      for (const { kind, text } of tokens.slice(at + 2, end)) if (kind === "name") grouping.push(text);
      at = end;
    } else if (token.kind === "name" && isMetric(token, next)) {
      const { matchers, end } = next?.text === "{" ? matchersFrom(tokens, at + 1) : { matchers: [], end: at };
      selectors.push({ metric: token.text, matchers });
      at = end;
    }
  }
  return { selectors, grouping, filters, fault };
}

/**
 * The expression as comparable pieces: without spaces, and without the conditions that only narrow it to one emitter or to the ledgers
 * chosen on a dashboard.
 */
export function canonical(expression: string): readonly string[] {
  const { tokens } = tokenize(expression);
  const pieces: string[] = [];
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token === undefined) break;
    if (token.text !== "{" || token.kind !== "mark") {
      pieces.push(token.kind === "string" ? JSON.stringify(token.text) : token.text);
      continue;
    }
    const { matchers, end } = matchersFrom(tokens, at);
    const kept = matchers.filter(({ label, text }) => label !== "job" && !(label === "instance" && text.startsWith("$")));
    const conditions = kept.map(({ label, op, text }) => `${label}${op}${JSON.stringify(text)}`).sort();
    if (conditions.length > 0) pieces.push(`{${conditions.join(",")}}`);
    at = end;
  }
  return pieces;
}

/** Where `part` begins within `whole`; -1 when it is not there. */
export function indexOfPieces(whole: readonly string[], part: readonly string[]): number {
  return whole.findIndex((_, start) => part.length > 0 && part.every((piece, offset) => whole[start + offset] === piece));
}

function isMetric(token: Token, next: Token | undefined): boolean {
  if (WORDS.has(token.text.toLowerCase()) || next?.text === "(") return false;
  // An aggregation may have its labels before its argument.
  return !(next?.kind === "name" && (next.text === "by" || next.text === "without"));
}

function matchersFrom(tokens: readonly Token[], open: number): { readonly matchers: readonly Matcher[]; readonly end: number } {
  const end = endOf(tokens, open);
  const matchers: Matcher[] = [];
  for (let at = open + 1; at < end; at += 4) matchers.push(...matcherAt(tokens, at));
  return { matchers, end };
}

function matcherAt(tokens: readonly Token[], at: number): readonly Matcher[] {
  const [label, op, value] = tokens.slice(at, at + 3);
  if (label === undefined || op === undefined || value?.kind !== "string") return [];
  return [{ label: label.text, op: op.text, text: value.text, values: valuesOf(op.text, value.text) }];
}

function valuesOf(op: string, text: string): readonly string[] {
  if (text.includes("$")) return [];
  if (!op.includes("~")) return [text];
  const listed = text.split("|").map((part) => part.replace(/\\(.)/g, "$1"));
  const isList = text.split("|").every((part) => /^(?:[^.*+?^${}()|[\]\\]|\\.)+$/.test(part));
  return isList ? listed : [];
}

function endOf(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let at = open; at < tokens.length; at += 1) {
    const text = tokens[at]?.kind === "mark" ? tokens[at]?.text : undefined;
    if (text === "(" || text === "{" || text === "[") depth += 1;
    else if (text === ")" || text === "}" || text === "]") depth -= 1;
    if (depth === 0) return at;
  }
  return tokens.length;
}
