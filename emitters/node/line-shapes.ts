import { type Guards, literal } from "./quiet.ts";
import { DEPTH, flatten, isThere, type LogRecord, type Lookup, type Lookups, type Scalar } from "./record.ts";

/** Shapes that are tried before a line is parsed in full; a program's busiest lines have few. */
const SHAPES = 12;
/** When lines keep having new shapes, learning costs more than it brings. */
const PATIENCE = 200;
const HITS_KEPT = 1_000_000;

const TEXT = '[^"\\\\\\x00-\\x1f]*(?:\\\\(?:["\\\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\\\\x00-\\x1f]*)*';
const NUMBER = "-?(?:0|[1-9]\\d*)(?:\\.\\d+)?(?:[eE][+-]?\\d+)?";
/** Nothing in it is spelled otherwise than it reads. */
const PLAIN_TEXT = '[^"\\\\\\x00-\\x1f]*';
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
  readonly #options: LineShapesOptions;
  /** Which lines are quiet and which are not has little to do with each other, so both have their own order. */
  readonly #quiet = new Ranking();
  readonly #spoken = new Ranking();
  #misses = 0;

  constructor(lookups: Lookups, options: LineShapesOptions) {
    this.#lookups = lookups;
    this.#options = options;
  }

  /** Where the line after the last one that matched begins. */
  end = 0;

  /** The record of the line at `start` when it has a known shape. @param isAscii - nothing in it needs decoding */
  match(text: string, start: number, isAscii: boolean): LogRecord | undefined {
    const { shapes } = this.#spoken;
    for (let at = 0; at < shapes.length; at += 1) {
      const shape = shapes[at];
      if (shape === undefined) break;
      shape.pattern.lastIndex = start;
      const found = shape.pattern.exec(text);
      if (found === null) continue;
      this.#spoken.hit(at);
      this.end = shape.pattern.lastIndex;
      return new ShapeRecord(shape, found, isAscii);
    }
    return undefined;
  }

  /** Where the line after the one at `start` begins, when that one has a known shape and says nothing that counts; otherwise -1. */
  quietEnd(text: string, start: number): number {
    const { shapes } = this.#quiet;
    for (let at = 0; at < shapes.length; at += 1) {
      const quiet = shapes[at]?.quiet;
      if (quiet === undefined) continue;
      quiet.lastIndex = start;
      if (!quiet.test(text)) continue;
      this.#quiet.hit(at);
      return quiet.lastIndex;
    }
    return -1;
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
    if (!this.#options.learn) return value;
    if (this.#spoken.shapes.length < SHAPES || this.#misses % PATIENCE === 0) this.#learn(value, line);
    return value;
  }

  #learn(object: object, line: string): void {
    if (line.length > 4_096) return;
    for (const spacing of ["", " "]) {
      const { all, quiet } = this.#options;
      const shape = shapeOf(object, { spacing, wanted: (path) => all || this.#lookups.wants(path), quiet });
      if (shape === undefined) return;
      shape.pattern.lastIndex = 0;
      if (shape.pattern.exec(`${line}\n`)?.[0].length !== line.length + 1) continue;
      this.#spoken.add(shape);
      if (shape.quiet !== undefined) this.#quiet.add(shape);
      return;
    }
  }
}

/** Shapes in the order in which they are tried: the frequent ones first. */
class Ranking {
  readonly shapes: Shape[] = [];
  /** Lines that had each of them, lately. */
  readonly #hits: number[] = [];

  /** Takes one more; the last has to make room for it. */
  add(shape: Shape): void {
    const at = Math.min(this.shapes.length, SHAPES - 1);
    this.shapes[at] = shape;
    this.#hits[at] = 0;
  }

  hit(at: number): void {
    const hits = (this.#hits[at] ?? 0) + 1;
    this.#hits[at] = hits;
    const before = this.#hits[at - 1];
    if (before === undefined || hits <= before) return;
    swap(this.shapes, at);
    swap(this.#hits, at);
    // What was frequent once gives way.
    if (hits > HITS_KEPT) for (const [index, one] of this.#hits.entries()) this.#hits[index] = one >> 1;
  }
}

function swap<T>(list: T[], at: number): void {
  list.splice(at - 1, 2, ...list.slice(at - 1, at + 1).reverse());
}

/** What is read of the lines, and which are told from the others at once. */
export interface LineShapesOptions {
  /** Capture every field, not only those that `lookups` want. */
  readonly all: boolean;
  /** False parses every line in full. */
  readonly learn: boolean;
  /** What keeps a record of these fields from saying anything that counts; left out where every line does. */
  readonly quiet?: ((fields: readonly Captured[]) => Guards | undefined) | undefined;
}

/** Bytes held as latin1 read as UTF-8. */
export function decodeUtf8(latin1: string): string {
  return Buffer.from(latin1, "latin1").toString();
}

type Kind = "text" | "number" | "word" | "raw";

/** A field of a shape that a look-up wants. */
export interface Captured {
  readonly path: string;
  readonly kind: Kind;
}

class Shape {
  readonly pattern: RegExp;
  /** Accepts the lines of this shape that say nothing that counts. */
  readonly quiet: RegExp | undefined;
  readonly captured: readonly Captured[];
  readonly paths: readonly string[];
  readonly #groups: (readonly number[] | undefined)[] = [];

  constructor(captured: readonly Captured[], { source, quiet }: { readonly source: string; readonly quiet: string | undefined }) {
    this.pattern = lineOf(source);
    this.quiet = quiet === undefined ? undefined : lineOf(quiet);
    this.captured = captured;
    this.paths = captured.map(({ path }) => path);
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

function lineOf(source: string): RegExp {
  return new RegExp(`${source}\\r?\\n`, "y");
}

/** A line of a known shape; its values are read when they are asked for. */
class ShapeRecord implements LogRecord {
  readonly shape: Shape;
  readonly #found: RegExpExecArray;
  readonly #isAscii: boolean;
  /** Its texts read as they are spelled. */
  readonly #isPlain: boolean;

  constructor(shape: Shape, found: RegExpExecArray, isAscii: boolean) {
    this.shape = shape;
    this.#found = found;
    this.#isAscii = isAscii;
    this.#isPlain = isAscii && !found[0].includes("\\");
  }

  first(lookup: Lookup): Scalar | undefined {
    const groups = this.shape.groups(lookup);
    for (let at = 0; at < groups.length; at += 1) {
      const value = this.at(groups[at] ?? 0);
      if (isThere(value)) return value;
    }
    return undefined;
  }

  has(lookup: Lookup): boolean {
    return this.shape.groups(lookup).length > 0;
  }

  get paths(): readonly string[] {
    return this.shape.paths;
  }

  at(index: number): Scalar {
    const text = this.#found[index + 1] ?? "";
    const kind = this.shape.captured[index]?.kind ?? "text";
    return this.#isPlain && kind === "text" ? text : scalarOf(kind, text, this.#isAscii);
  }
}

function scalarOf(kind: Kind, text: string, isAscii: boolean): Scalar {
  if (kind === "number") return Number(text);
  if (kind === "word") return text === "null" ? null : text === "true";
  const decoded = isAscii || !HIGH.test(text) ? text : decodeUtf8(text);
  return kind === "text" && decoded.includes("\\") ? (JSON.parse(`"${decoded}"`) as string) : decoded;
}

interface ShapeOptions extends Pick<LineShapesOptions, "quiet"> {
  readonly spacing: string;
  readonly wanted: (path: string) => boolean;
}

/** Undefined for an object that a pattern would not describe well. */
function shapeOf(object: object, options: ShapeOptions): Shape | undefined {
  const paths = flatten(object).map(([path]) => path);
  // `{"a.b":1,"a":{"b":2}}` has one path twice.
  if (paths.length > 64 || new Set(paths).size < paths.length) return undefined;
  const captured: Captured[] = [];
  const source = patternOf(object, "", { ...options, depth: 0, captured });
  const guards = options.quiet?.(captured);
  const quiet = guards === undefined ? undefined : patternOf(object, "", { ...options, depth: 0, captured: undefined, guards });
  return new Shape(captured, { source, quiet });
}

interface PatternContext extends ShapeOptions {
  readonly depth: number;
  readonly captured: Captured[] | undefined;
  readonly guards?: Guards | undefined;
}

function patternOf(value: unknown, path: string, context: PatternContext): string {
  const { spacing, captured, depth } = context;
  const capture = (kind: Kind, inner: string): string => {
    if (captured === undefined || !context.wanted(path)) return `(?:${inner})`;
    captured.push({ path, kind });
    return `(${inner})`;
  };
  const guard = context.guards?.get(path);
  if (typeof value === "string" && guard !== undefined) return `"${guard.map((text) => `(?!${text})`).join("")}${PLAIN_TEXT}"`;
  if (typeof value === "string") return `"${capture("text", TEXT)}"`;
  if (typeof value === "number") return capture("number", NUMBER);
  if (value === null || typeof value !== "object") return capture("word", "true|false|null");
  const isRaw = Array.isArray(value) || depth > DEPTH;
  // What stands inside a raw value is not captured by itself.
  const inside = { ...context, depth: depth + 1, ...(isRaw ? { captured: undefined, guards: undefined } : {}) };
  const comma = `,${spacing}`;
  const group = isRaw ? capture : (_kind: Kind, inner: string) => inner;
  if (Array.isArray(value)) return group("raw", `\\[${value.map((item) => patternOf(item, "", inside)).join(comma)}\\]`);
  const members = Object.entries(value as Record<string, unknown>).map(
    ([key, member]) => `${literal(JSON.stringify(key))}:${spacing}${patternOf(member, path === "" ? key : `${path}.${key}`, inside)}`,
  );
  return group("raw", `\\{${members.join(comma)}\\}`);
}
