/** A piece of a PromQL or LogQL expression. */
export interface Token {
  readonly kind: "name" | "number" | "string" | "variable" | "mark";
  /** As written; a string without its quotes and escapes. */
  readonly text: string;
}

const PATTERN =
  /(?<space>\s+|#.*)|(?<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)|(?<variable>\$\w+|\$\{\w+(?::\w+)?\})|(?<number>\d[\w.:]*)|(?<name>[A-Za-z_:][\w:]*)|(?<mark>=~|!~|!=|==|>=|<=|\|=|[-+*/%^=<>(){}[\],|@.])/y;

/**
 * Splits an expression; what PromQL and LogQL share is enough to find the names in it. Their own parsers (promtool, and the live
 * stack) judge the rest.
 */
export function tokenize(expression: string): { readonly tokens: readonly Token[]; readonly fault: string | undefined } {
  const tokens: Token[] = [];
  PATTERN.lastIndex = 0;
  while (PATTERN.lastIndex < expression.length) {
    const at = PATTERN.lastIndex;
    const groups = PATTERN.exec(expression)?.groups;
    if (groups === undefined) return { tokens, fault: `cannot read ${JSON.stringify(expression.slice(at, at + 20))}` };
    const token = tokenOf(groups);
    if (token !== undefined) tokens.push(token);
  }
  return { tokens, fault: unbalanced(tokens) };
}

function tokenOf(groups: Readonly<Record<string, string | undefined>>): Token | undefined {
  const { string, variable, number, name, mark } = groups;
  if (string !== undefined) return { kind: "string", text: unquote(string) };
  if (variable !== undefined) return { kind: "variable", text: variable };
  if (number !== undefined) return { kind: "number", text: number };
  if (name !== undefined) return { kind: "name", text: name };
  return mark === undefined ? undefined : { kind: "mark", text: mark };
}

function unquote(literal: string): string {
  const inner = literal.slice(1, -1);
  return literal.startsWith("`") ? inner : inner.replace(/\\(.)/g, "$1");
}

const CLOSING: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

function unbalanced(tokens: readonly Token[]): string | undefined {
  const open: string[] = [];
  for (const { kind, text } of tokens) {
    if (kind !== "mark") continue;
    const closing = CLOSING[text];
    if (closing !== undefined) open.push(closing);
    else if (/^[)\]}]$/.test(text) && open.pop() !== text) return `${text} closes nothing`;
  }
  const missing = open.pop();
  return missing === undefined ? undefined : `${missing} is missing`;
}
