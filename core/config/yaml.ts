import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  type YAMLError,
  type YAMLMap,
} from "yaml";
import { type Fault, type Place, renderPath } from "#core/config/place.ts";

/** What a scalar becomes; a string return value is a fault's message. */
export type ReadScalar = (scalar: Scalar, path: readonly PropertyKey[]) => { readonly value: unknown } | { readonly fault: string };

/** What is read and how. */
export interface YamlSource {
  /** The name shown in places. */
  readonly file: string;
  readonly text: string;
  /** Turns each scalar into its value; the YAML 1.2 core value when left out. */
  readonly readScalar?: ReadScalar;
}

/** A YAML document as plain data, with the place of every key and value. */
export interface PlacedYaml {
  readonly file: string;
  /** Null-prototype objects, arrays and scalars; undefined where a fault stands in the way. */
  readonly value: unknown;
  readonly faults: readonly Fault[];
  /** The place of the value at `path`, or of the nearest thing above it that is in the file. */
  readonly placeOf: (path: readonly PropertyKey[], part?: "key" | "value") => Place;
}

const MAX_CHARACTERS = 1_000_000;
const MAX_NODES = 50_000;
const MAX_DEPTH = 64;

/**
 * Reads one YAML 1.2 core document: no custom tags, no merge keys, no repeated keys, bounded in size, depth and alias growth.
 *
 * Never throws for what the text says: every fault is listed with its place.
 *
 * @see https://yaml.org/spec/1.2.2/
 */
export function readYaml(source: YamlSource): PlacedYaml {
  const lines = new LineCounter();
  const reader = new Reader(source, lines);
  if (source.text.length > MAX_CHARACTERS) return reader.refuse(`is longer than ${MAX_CHARACTERS} characters`);
  let document: Document.Parsed;
  try {
    document = parseDocument(source.text, { ...PARSE_OPTIONS, lineCounter: lines });
  } catch {
    // The parser recurses: it runs out of stack on absurdly deep text, and nothing of it is worth more words.
    return reader.refuse("cannot be parsed; it is nested too deeply or is no YAML");
  }
  return reader.read(document);
}

const PARSE_OPTIONS = {
  version: "1.2",
  schema: "core",
  merge: false,
  resolveKnownTags: false,
  uniqueKeys: true,
  stringKeys: true,
  strict: true,
  prettyErrors: false,
  logLevel: "error",
} as const;

/** Where the walk is: in the text itself, or in a copy that an alias asked for. */
interface Spot {
  readonly path: readonly PropertyKey[];
  readonly isCopy: boolean;
}

/** Walks one document; it holds what the walk gathers. */
class Reader {
  readonly #source: YamlSource;
  readonly #lines: LineCounter;
  readonly #faults: Fault[] = [];
  readonly #places = new Map<string, { readonly key: number | undefined; readonly value: number }>();
  readonly #anchors = new Map<string, Node>();
  readonly #targets = new Map<Alias, Node>();
  #nodes = 0;

  constructor(source: YamlSource, lines: LineCounter) {
    this.#source = source;
    this.#lines = lines;
  }

  refuse(message: string): PlacedYaml {
    this.#faults.push({ place: this.#placeAt(0), subject: "", message });
    return this.#result(undefined);
  }

  read(document: Document.Parsed): PlacedYaml {
    for (const problem of [...document.errors, ...document.warnings]) {
      this.#faults.push({ place: this.#placeAt(problem.pos[0]), subject: "", message: plainWords(problem) });
    }
    if (this.#faults.length > 0) return this.#result(undefined);
    return this.#result(this.#convert(document.contents, { path: [], isCopy: false }));
  }

  #result(value: unknown): PlacedYaml {
    return { file: this.#source.file, value, faults: this.#faults, placeOf: (path, part) => this.#placeOf(path, part) };
  }

  #convert(node: Node | null, at: Spot): unknown {
    this.#nodes += 1;
    const offset = node?.range?.[0] ?? 0;
    if (at.path.length > MAX_DEPTH || this.#nodes > MAX_NODES) {
      // One fault is enough: an alias that holds itself would give thousands.
      if (this.#nodes < Number.MAX_SAFE_INTEGER)
        this.#fault(offset, [], `is nested deeper than ${MAX_DEPTH} or grows past ${MAX_NODES} values`);
      this.#nodes = Number.MAX_SAFE_INTEGER;
      return undefined;
    }
    if (node === null) return null;
    if (isAlias(node)) {
      const target = this.#targets.get(node) ?? this.#anchors.get(node.source);
      if (target === undefined) return this.#fault(offset, at.path, "names an anchor that is not there");
      this.#targets.set(node, target);
      return this.#convert(target, { ...at, isCopy: true });
    }
    // An anchor may be given again further down, so it counts from where it stands and not where it is copied to.
    if (!at.isCopy && node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    if (isMap(node)) return this.#convertMap(node, at);
    if (isSeq(node)) {
      return node.items.map((item, index) => {
        const path = [...at.path, index];
        this.#place(path, { key: undefined, value: item as Node | null });
        return this.#convert(item as Node | null, { ...at, path });
      });
    }
    return isScalar(node) ? this.#convertScalar(node, at.path) : undefined;
  }

  #convertMap(map: YAMLMap, at: Spot): unknown {
    const object: Record<string, unknown> = Object.create(null);
    for (const pair of map.items as Pair<Node, Node | null>[]) {
      const name = isScalar(pair.key) ? String(pair.key.value) : undefined;
      const offset = pair.key.range?.[0] ?? 0;
      if (name === undefined || name === "__proto__") {
        this.#fault(offset, at.path, "has a key that is no plain word");
        continue;
      }
      const path = [...at.path, name];
      this.#place(path, { key: offset, value: pair.value });
      object[name] = this.#convert(pair.value, { ...at, path });
    }
    return object;
  }

  #convertScalar(scalar: Scalar, path: readonly PropertyKey[]): unknown {
    const read = this.#source.readScalar?.(scalar, path) ?? { value: scalar.value };
    if ("fault" in read) return this.#fault(scalar.range?.[0] ?? 0, path, read.fault);
    const value = read.value;
    if (typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value)) {
      return this.#fault(scalar.range?.[0] ?? 0, path, "is a number too large to be kept exactly; write it in quotes");
    }
    return value;
  }

  #place(path: readonly PropertyKey[], at: { readonly key: number | undefined; readonly value: Node | null }): void {
    // An empty value has no place worth pointing at: its key has.
    const isEmpty = at.value === null || (isScalar(at.value) && at.value.value === null && at.value.source === "");
    const value = isEmpty ? (at.key ?? at.value?.range?.[0] ?? 0) : (at.value?.range?.[0] ?? 0);
    this.#places.set(JSON.stringify(path), { key: at.key, value });
  }

  #placeOf(path: readonly PropertyKey[], part: "key" | "value" = "value"): Place {
    for (let length = path.length; length > 0; length -= 1) {
      const found = this.#places.get(JSON.stringify(path.slice(0, length)));
      if (found === undefined) continue;
      // Where the value itself is missing, the key above it is the place to mend.
      return this.#placeAt(part === "key" || length < path.length ? (found.key ?? found.value) : found.value);
    }
    return this.#placeAt(0);
  }

  #placeAt(offset: number): Place {
    const at = this.#lines.lineStarts.length === 0 ? { line: 1, col: 1 } : this.#lines.linePos(offset);
    return { file: this.#source.file, line: Math.max(at.line, 1), column: Math.max(at.col, 1) };
  }

  #fault(offset: number, path: readonly PropertyKey[], message: string): undefined {
    this.#faults.push({ place: this.#placeAt(offset), subject: renderPath(path), message });
    return undefined;
  }
}

/** The parser's message without the text it quotes, which may be part of a secret. */
function plainWords({ code, message }: YAMLError): string {
  if (code === "MULTIPLE_DOCS") return "holds more than one YAML document";
  return message
    .replace(/:? ".*$/su, "")
    .replace(/\s+/gu, " ")
    .trim();
}
