import { DEPTH, flatten, isThere, type LogRecord, type Lookup, type Lookups, type Scalar } from "./record.ts";

/** Shapes that are tried before a line is parsed in full; a program's busiest lines have few. */
const SHAPES = 12;
/** When lines keep having new shapes, learning costs more than it brings. */
const PATIENCE = 200;

const TEXT = '[^"\\\\\\x00-\\x1f]*(?:\\\\(?:["\\\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\\\\x00-\\x1f]*)*';
const NUMBER = "-?(?:0|[1-9]\\d*)(?:\\.\\d+)?(?:[eE][+-]?\\d+)?";
const HIGH = /[\x80-\xff]/;

/**
 * Reads JSON lines of few shapes several times faster than JSON.parse.
 *
 * Lines that one statement of a program writes have the same keys in the same order. From one such line, parsed in full, a regular
 * expression is made that accepts exactly the JSON texts of that shape and captures the wanted values; other lines are parsed in full.
 *
 * Text is held as latin1, one character a byte, so that positions are offsets; the values taken out of it are decoded as UTF-8.
 */
export class LineShapes {
  readonly #lookups: Lookups;
  readonly #all: boolean;
  readonly #learns: boolean;
  #shapes: Shape[] = [];
  #misses = 0;

  /**
   * @param options.all - capture every field, not only those that `lookups` want
   * @param options.learn - false parses every line in full
   */
  constructor(lookups: Lookups, options: { readonly all: boolean; readonly learn: boolean }) {
    this.#lookups = lookups;
    this.#all = options.all;
    this.#learns = options.learn;
  }

  /** Where the line after the last one that matched begins. */
  end = 0;

  /** The record of the line at `start` when it has a known shape. */
  match(text: string, start: number): LogRecord | undefined {
    const shapes = this.#shapes;
    for (let at = 0; at < shapes.length; at += 1) {
      const shape = shapes[at];
      if (shape === undefined) break;
      shape.pattern.lastIndex = start;
      const found = shape.pattern.exec(text);
      if (found === null) continue;
      if (at > 0) this.#promote(at);
      this.end = shape.pattern.lastIndex;
      return new ShapeRecord(shape, found);
    }
    return undefined;
  }

  /**
   * One line, without its end, parsed in full; its shape is remembered.
   *
   * @throws SyntaxError when it is no JSON
   */
  parse(line: string): object | undefined {
    const value: unknown = JSON.parse(HIGH.test(line) ? decodeUtf8(line) : line);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    this.#misses += 1;
    if (!this.#learns) return value;
    if (this.#shapes.length < SHAPES || this.#misses % PATIENCE === 0) this.#learn(value, line);
    return value;
  }

  #learn(object: object, line: string): void {
    if (line.length > 4_096) return;
    for (const spacing of ["", " "]) {
      const shape = shapeOf(object, { spacing, wanted: (path) => this.#all || this.#lookups.wants(path) });
      if (shape === undefined) return;
      shape.pattern.lastIndex = 0;
      if (shape.pattern.exec(`${line}\n`)?.[0].length !== line.length + 1) continue;
      if (this.#shapes.length >= SHAPES) this.#shapes.pop();
      this.#shapes.push(shape);
      return;
    }
  }

  #promote(at: number): void {
    const [shape] = this.#shapes.splice(at, 1);
    if (shape !== undefined) this.#shapes.splice(at >> 1, 0, shape);
  }
}

/** Bytes held as latin1 read as UTF-8. */
export function decodeUtf8(latin1: string): string {
  return Buffer.from(latin1, "latin1").toString();
}

type Kind = "text" | "number" | "word" | "raw";

interface Captured {
  readonly path: string;
  readonly kind: Kind;
}

class Shape {
  readonly pattern: RegExp;
  readonly captured: readonly Captured[];
  readonly #groups: (readonly number[] | undefined)[] = [];

  constructor(source: string, captured: readonly Captured[]) {
    this.pattern = new RegExp(`${source}\\r?\\n`, "y");
    this.captured = captured;
  }

  /** Where a look-up finds something in lines of this shape, worked out once. */
  groups({ id, paths }: Lookup): readonly number[] {
    const known = this.#groups[id];
    if (known !== undefined) return known;
    const groups = paths.map((path) => this.captured.findIndex((one) => one.path === path)).filter((at) => at >= 0);
    this.#groups[id] = groups;
    return groups;
  }
}

/** A line of a known shape; its values are read when they are asked for. */
class ShapeRecord implements LogRecord {
  readonly shape: Shape;
  readonly #found: RegExpExecArray;

  constructor(shape: Shape, found: RegExpExecArray) {
    this.shape = shape;
    this.#found = found;
  }

  first(lookup: Lookup): Scalar | undefined {
    const groups = this.shape.groups(lookup);
    for (let at = 0; at < groups.length; at += 1) {
      const value = this.#value(groups[at] ?? 0);
      if (isThere(value)) return value;
    }
    return undefined;
  }

  has(lookup: Lookup): boolean {
    return this.shape.groups(lookup).length > 0;
  }

  leaves(): (readonly [string, Scalar])[] {
    return this.shape.captured.map(({ path }, at) => [path, this.#value(at)] as const);
  }

  #value(at: number): Scalar {
    return scalarOf(this.shape.captured[at]?.kind ?? "text", this.#found[at + 1] ?? "");
  }
}

function scalarOf(kind: Kind, text: string): Scalar {
  if (kind === "text") {
    const decoded = HIGH.test(text) ? decodeUtf8(text) : text;
    return decoded.includes("\\") ? (JSON.parse(`"${decoded}"`) as string) : decoded;
  }
  if (kind === "number") return Number(text);
  if (kind === "raw") return HIGH.test(text) ? decodeUtf8(text) : text;
  return text === "null" ? null : text === "true";
}

interface ShapeOptions {
  readonly spacing: string;
  readonly wanted: (path: string) => boolean;
}

/** Undefined for an object that a pattern would not describe well. */
function shapeOf(object: object, options: ShapeOptions): Shape | undefined {
  if (flatten(object).length > 64) return undefined;
  const captured: Captured[] = [];
  return new Shape(patternOf(object, "", { ...options, depth: 0, captured }), captured);
}

interface PatternContext extends ShapeOptions {
  readonly depth: number;
  readonly captured: Captured[] | undefined;
}

function patternOf(value: unknown, path: string, context: PatternContext): string {
  const { spacing, captured, depth } = context;
  const capture = (kind: Kind, inner: string): string => {
    if (captured === undefined || !context.wanted(path)) return `(?:${inner})`;
    captured.push({ path, kind });
    return `(${inner})`;
  };
  if (typeof value === "string") return `"${capture("text", TEXT)}"`;
  if (typeof value === "number") return capture("number", NUMBER);
  if (value === null || typeof value !== "object") return capture("word", "true|false|null");
  const isRaw = Array.isArray(value) || depth > DEPTH;
  // What stands inside a raw value is not captured by itself.
  const inside = { ...context, depth: depth + 1, captured: isRaw ? undefined : captured };
  const comma = `,${spacing}`;
  const group = isRaw ? capture : (_kind: Kind, inner: string) => inner;
  if (Array.isArray(value)) return group("raw", `\\[${value.map((item) => patternOf(item, "", inside)).join(comma)}\\]`);
  const members = Object.entries(value as Record<string, unknown>).map(
    ([key, member]) => `${literal(JSON.stringify(key))}:${spacing}${patternOf(member, path === "" ? key : `${path}.${key}`, inside)}`,
  );
  return group("raw", `\\{${members.join(comma)}\\}`);
}

/** Text to the letter, held as its UTF-8 bytes. */
function literal(text: string): string {
  return Buffer.from(text)
    .toString("latin1")
    .replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}
