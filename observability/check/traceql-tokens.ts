/** A piece of a TraceQL expression. */
export interface TraceToken {
  readonly kind: "field" | "word" | "string" | "number" | "duration" | "mark" | "end";
  /** As written; a string without its quotes and escapes. */
  readonly text: string;
}

const PATTERN =
  /(?<space>\s+)|(?<string>"(?:[^"\\]|\\.)*"|`[^`]*`)|(?<duration>\d+(?:\.\d+)?(?:ns|us|ms|s|m|h)\b)|(?<number>-?(?:\d+(?:\.\d+)?|\.\d+))|(?<field>(?:(?:span|resource|parent|event|link|instrumentation)?\.[A-Za-z_][\w.-]*)|(?:span|resource|trace|event|link|instrumentation):[A-Za-z]+)|(?<word>[A-Za-z_]\w*)|(?<mark>&&|\|\||!>>|!<<|!>|!<|!~|&>>|&<<|&>|&<|&~|=~|!=|>=|<=|>>|<<|[{}()|,=<>~+\-*/%^!])/y;

/** Splits a TraceQL expression; a fault names what cannot be read. */
export function tokenizeTraceql(text: string): { readonly tokens: readonly TraceToken[]; readonly fault: string | undefined } {
  const tokens: TraceToken[] = [];
  PATTERN.lastIndex = 0;
  while (PATTERN.lastIndex < text.length) {
    const at = PATTERN.lastIndex;
    const groups = PATTERN.exec(text)?.groups;
    if (groups === undefined) return { tokens, fault: `cannot read ${JSON.stringify(text.slice(at, at + 20))}` };
    for (const kind of ["string", "duration", "number", "field", "word", "mark"] as const) {
      const found = groups[kind];
      if (found !== undefined) tokens.push({ kind, text: kind === "string" ? unquote(found) : found });
    }
  }
  return { tokens: [...tokens, { kind: "end", text: "" }], fault: undefined };
}

function unquote(literal: string): string {
  const inner = literal.slice(1, -1);
  return literal.startsWith("`") ? inner : inner.replace(/\\(.)/g, "$1");
}
