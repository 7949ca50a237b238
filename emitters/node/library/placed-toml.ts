import { parse, TomlError } from "smol-toml";
import { type Fault, type Place, renderPath } from "#core/config/place.ts";
import type { PlacedYaml } from "#core/config/yaml.ts";

/**
 * Reads a TOML document as plain data with the place of every key and value, in the shape that the checks of YAML use. Never throws for
 * what the text says.
 *
 * @see https://toml.io/en/v1.0.0
 */
export function readToml({ file, text }: { readonly file: string; readonly text: string }): PlacedYaml {
  const at = (line: number, column: number): Place => ({ file, line, column });
  try {
    const value: unknown = parse(text);
    const places = new TomlPlaces(text).read();
    const placeOf: PlacedYaml["placeOf"] = (path, part = "value") => {
      for (let length = path.length; length > 0; length -= 1) {
        const found = places.get(renderPath(path.slice(0, length)));
        if (found === undefined) continue;
        // Where the value itself is missing, the key above it is the place to mend.
        const offset = part === "key" || length < path.length ? found.key : found.value;
        const before = text.slice(0, offset).split("\n");
        return at(before.length, (before.at(-1)?.length ?? 0) + 1);
      }
      return at(1, 1);
    };
    return { file, value, faults: [], placeOf };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // The parser's first line says what is wrong; the lines after it quote the text, which may hold a secret.
    const message = error.message.split("\n")[0]?.replace(/^Invalid TOML document: /u, "") ?? "is no TOML";
    const fault: Fault = { place: at(error.line, error.column), subject: "", message };
    return { file, value: undefined, faults: [fault], placeOf: () => fault.place };
  }
}

interface Spot {
  readonly key: number;
  readonly value: number;
}

type Path = readonly (string | number)[];

/** Walks over a document that is known to be right, and notes where each key and value begins. */
class TomlPlaces {
  readonly #text: string;
  readonly #places = new Map<string, Spot>();
  readonly #lengths = new Map<string, number>();
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): ReadonlyMap<string, Spot> {
    let table: Path = [];
    for (this.#skip(/[\s]|#[^\n]*/uy); this.#position < this.#text.length; this.#skip(/[\s]|#[^\n]*/uy)) {
      if (this.#next() === "[") table = this.#header();
      else this.#pair(table);
    }
    return this.#places;
  }

  #header(): Path {
    const start = this.#position;
    const isList = this.#text.startsWith("[[", start);
    this.#position += isList ? 2 : 1;
    const keys = this.#keys().map(({ key }) => key);
    this.#skip(/[\]\t ]/uy);
    let path: Path = [];
    for (const [index, key] of keys.entries()) {
      path = [...path, key];
      const name = renderPath(path);
      const length = this.#lengths.get(name) ?? 0;
      if (isList && index === keys.length - 1) this.#lengths.set(name, length + 1);
      if (!this.#places.has(name)) this.#places.set(name, { key: start, value: start });
      const count = this.#lengths.get(name);
      if (count !== undefined) path = [...path, count - 1];
    }
    this.#places.set(renderPath(path), { key: start, value: start });
    return path;
  }

  #pair(table: Path): void {
    let path = table;
    let key = this.#position;
    for (const part of this.#keys()) {
      path = [...path, part.key];
      key = part.offset;
      const name = renderPath(path);
      if (!this.#places.has(name)) this.#places.set(name, { key, value: key });
    }
    this.#skip(/[\t =]/uy);
    this.#value(path, key);
  }

  #value(path: Path, key: number): void {
    this.#places.set(renderPath(path), { key, value: this.#position });
    const next = this.#next();
    if (next === "{") this.#inside("}", () => this.#pair(path));
    else if (next === "[") {
      let index = 0;
      this.#inside("]", () => this.#value([...path, index++], this.#position));
    } else this.#take(/"""(?:[^\\]|\\[\s\S])*?"""+|'''[\s\S]*?'''+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^\s,\]}#]+(?: [\d:.+Z-]+)?/uy);
  }

  #inside(end: string, item: () => void): void {
    this.#position += 1;
    for (;;) {
      this.#skip(/[\s,]|#[^\n]*/uy);
      if (this.#position >= this.#text.length || this.#next() === end) break;
      const before = this.#position;
      item();
      // The document is right, so this cannot happen; a walk that stands still would never end.
      if (this.#position === before) break;
    }
    this.#position += 1;
  }

  #keys(): readonly { readonly key: string; readonly offset: number }[] {
    const keys: { key: string; offset: number }[] = [];
    for (;;) {
      this.#skip(/[\t ]/uy);
      const offset = this.#position;
      const written = this.#take(/"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[A-Za-z0-9_-]+/uy);
      if (written === "") return keys;
      const key = written.startsWith('"') ? String(JSON.parse(written)) : written.replaceAll("'", "");
      keys.push({ key, offset });
      this.#skip(/[\t ]/uy);
      if (this.#next() !== ".") return keys;
      this.#position += 1;
    }
  }

  #next(): string {
    return this.#text[this.#position] ?? "";
  }

  #skip(pattern: RegExp): void {
    while (this.#take(pattern) !== "") {}
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#position;
    const [found = ""] = pattern.exec(this.#text) ?? [];
    this.#position += found.length;
    return found;
  }
}
