import { type TraceToken, tokenizeTraceql } from "./traceql-tokens.ts";

/** One comparison of a field with a value. */
export interface TraceCondition {
  readonly field: string;
  readonly op: string;
  readonly value: TraceToken;
}

/** What a TraceQL expression names, and where it stops being one. */
export interface ParsedTraceql {
  readonly conditions: readonly TraceCondition[];
  readonly fields: readonly string[];
  readonly fault: string | undefined;
}

const SPANSET_OPS = new Set(["&&", "||", ">", "<", ">>", "<<", "~", "!>", "!<", "!>>", "!<<", "!~", "&>", "&<", "&>>", "&<<", "&~"]);
const COMPARISONS = new Set(["=", "!=", ">", ">=", "<", "<=", "=~", "!~"]);
const ARITHMETIC = new Set(["+", "-", "*", "/", "%", "^"]);
const AGGREGATES = new Set(["count", "avg", "min", "max", "sum"]);
const METRICS = new Set([
  ...["rate", "count_over_time", "min_over_time", "max_over_time", "avg_over_time", "sum_over_time"],
  ...["quantile_over_time", "histogram_over_time", "compare"],
]);

/**
 * Parses TraceQL: spansets joined by structural and logical operators, then pipeline stages (filters, aggregates, select, by, coalesce,
 * metrics), then hints. Written after the grammar in Tempo's documentation; a Tempo that runs has the last word.
 *
 * @see https://grafana.com/docs/tempo/latest/traceql/construct-traceql-queries/
 */
export function parseTraceql(text: string): ParsedTraceql {
  const { tokens, fault } = tokenizeTraceql(text);
  if (fault !== undefined) return { conditions: [], fields: [], fault };
  const parser = new Parser(tokens);
  try {
    parser.query();
    return { conditions: parser.conditions, fields: parser.fields, fault: undefined };
  } catch (error) {
    return { conditions: parser.conditions, fields: parser.fields, fault: (error as SyntaxError).message };
  }
}

/** A recursive descent; each method reads one rule of the grammar and moves on. */
class Parser {
  readonly conditions: TraceCondition[] = [];
  readonly fields: string[] = [];
  readonly #tokens: readonly TraceToken[];
  #at = 0;

  constructor(tokens: readonly TraceToken[]) {
    this.#tokens = tokens;
  }

  query(): void {
    this.#spansets();
    while (this.#take("|")) this.#stage();
    if (this.#takeWord("with")) this.#list(() => this.#hint());
    if (this.#token.kind !== "end") this.#fail("the end");
  }

  #spansets(): void {
    this.#spanset();
    while (SPANSET_OPS.has(this.#token.text)) {
      this.#at += 1;
      this.#spanset();
    }
  }

  #spanset(): void {
    if (this.#take("(")) {
      this.#spansets();
      this.#expect(")");
      return;
    }
    this.#expect("{");
    if (this.#take("}")) return;
    this.#or();
    this.#expect("}");
  }

  #or(): void {
    do {
      do this.#comparison();
      while (this.#take("&&"));
    } while (this.#take("||"));
  }

  #comparison(): void {
    while (this.#take("!"));
    const left = this.#sum();
    const { text: op } = this.#token;
    if (!COMPARISONS.has(op)) return;
    this.#at += 1;
    const value = this.#token;
    this.#sum();
    if (left !== undefined) this.conditions.push({ field: left, op, value });
  }

  /** Gives the field when it is one alone. */
  #sum(): string | undefined {
    let field = this.#operand();
    while (ARITHMETIC.has(this.#token.text)) {
      this.#at += 1;
      this.#operand();
      field = undefined;
    }
    return field;
  }

  #operand(): string | undefined {
    const { kind, text } = this.#token;
    if (this.#take("(")) {
      this.#or();
      this.#expect(")");
      return undefined;
    }
    if (kind === "mark" || kind === "end") this.#fail("a field or a value");
    this.#at += 1;
    if (kind !== "field" && kind !== "word") return undefined;
    this.fields.push(text);
    return text;
  }

  #stage(): void {
    const { kind, text } = this.#token;
    if (text === "{" || text === "(") this.#spansets();
    else if (kind === "word") this.#call(text);
    else this.#fail("a pipeline stage");
  }

  #call(name: string): void {
    this.#at += 1;
    if (name === "coalesce") this.#list(() => undefined);
    else if (name === "select" || name === "by") this.#list(() => this.#sum());
    else if (AGGREGATES.has(name) || METRICS.has(name)) this.#aggregate();
    else this.#fail("a pipeline stage", name);
  }

  #aggregate(): void {
    this.#list(() => this.#argument());
    if (this.#takeWord("by")) this.#list(() => this.#sum());
    if (!COMPARISONS.has(this.#token.text)) return;
    this.#at += 1;
    this.#sum();
  }

  #argument(): void {
    if (this.#token.text === "{") this.#spanset();
    else this.#sum();
  }

  #hint(): void {
    this.#at += 1;
    this.#expect("=");
    this.#at += 1;
  }

  #list(item: () => void): void {
    this.#expect("(");
    if (this.#take(")")) return;
    do item();
    while (this.#take(","));
    this.#expect(")");
  }

  get #token(): TraceToken {
    return this.#tokens[this.#at] ?? { kind: "end", text: "" };
  }

  #take(mark: string): boolean {
    if (this.#token.kind !== "mark" || this.#token.text !== mark) return false;
    this.#at += 1;
    return true;
  }

  #takeWord(word: string): boolean {
    if (this.#token.kind !== "word" || this.#token.text !== word) return false;
    this.#at += 1;
    return true;
  }

  #expect(mark: string): void {
    if (!this.#take(mark)) this.#fail(mark);
  }

  #fail(wanted: string, found = this.#token.text): never {
    throw new SyntaxError(`expects ${wanted} and finds ${found === "" ? "the end" : found}`);
  }
}
