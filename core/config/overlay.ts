import { type Fault, type Place, renderPath } from "#core/config/place.ts";
import { plainScalar } from "#core/config/substitute.ts";
import type { PlacedYaml } from "#core/config/yaml.ts";

/** The name that stands for the file in places of values given on the command line. */
const COMMAND_LINE = "--set";

/** Sets `key.path=value` texts over a document, later ones over earlier ones. Values are read as `plainScalar` says. */
export function overlay(yaml: PlacedYaml, set: readonly string[]): PlacedYaml {
  if (set.length === 0) return yaml;
  const faults: Fault[] = [...yaml.faults];
  const places = new Map<string, Place>();
  let value: unknown = yaml.value ?? (yaml.faults.length === 0 ? {} : undefined);
  for (const [index, text] of set.entries()) {
    const place = { file: COMMAND_LINE, line: index + 1, column: 1 };
    const [, key = "", given = ""] = /^([^=]+)=(.*)$/su.exec(text) ?? [];
    const path = key.split(".");
    if (key === "" || path.some((part) => part === "" || part === "__proto__")) {
      faults.push({ place, subject: "", message: "must be KEY=VALUE, such as collector.url=http://127.0.0.1:4318" });
      continue;
    }
    if (value !== undefined) value = replaced(value, path, plainScalar(given));
    places.set(renderPath(path), place);
  }
  const placeOf: PlacedYaml["placeOf"] = (path, part) => {
    const above = path.map((_, length) => path.slice(0, path.length - length).map(String));
    const found = above.map((prefix) => places.get(renderPath(prefix))).find((place) => place !== undefined);
    return found ?? yaml.placeOf(path, part);
  };
  return { file: yaml.file, value, faults, placeOf };
}

function replaced(value: unknown, path: readonly string[], given: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return given;
  if (Array.isArray(value) && /^\d+$/u.test(key)) {
    const items: unknown[] = [...value];
    // A position past the end adds one entry there, never a gap.
    const index = Math.min(Number(key), items.length);
    items[index] = replaced(items[index], rest, given);
    return items;
  }
  const object = typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  return { ...object, [key]: replaced(object[key], rest, given) };
}
