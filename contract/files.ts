import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Fault, renderPath } from "#core/config/place.ts";
import { type PlacedYaml, readYaml } from "#core/config/yaml.ts";
import { checkPart } from "#core/config/zod-faults.ts";
import { entryShapes, type FileLists, fileShape } from "./shape.ts";

/** One well-formed entry and where it stands. */
export interface Entry<T> {
  readonly domain: string;
  readonly yaml: PlacedYaml;
  readonly path: readonly PropertyKey[];
  readonly value: T;
}

/** Everything the rules look at. */
export interface ContractFiles {
  readonly attributes: readonly Entry<FileLists["attributes"]>[];
  readonly metrics: readonly Entry<FileLists["metrics"]>[];
  readonly spans: readonly Entry<FileLists["spans"]>[];
  readonly events: readonly Entry<FileLists["events"]>[];
  /** The domains in order: `shared`, then the emitters by name; `errors` is none. */
  readonly domains: readonly string[];
  /** Names and keys of entries whose shape is broken: they are there, so references to them are no further fault. */
  readonly broken: ReadonlySet<string>;
  readonly faults: readonly Fault[];
}

/** The file of the error codes; it defines one attribute and no signal. */
export const ERRORS_DOMAIN = "errors";

/** Reads every `*.yaml` of `folder`, entry by entry; never throws for what stands in them. `shown` is the folder's name in places. */
export function readContractFiles(folder: string, shown = "contract"): ContractFiles {
  const names = readdirSync(folder)
    .filter((name) => name.endsWith(".yaml"))
    .map((name) => name.slice(0, -".yaml".length))
    .sort();
  const gathered = { attributes: [], metrics: [], spans: [], events: [], faults: [], broken: new Set<string>() } satisfies Gathered;
  for (const domain of names) {
    const yaml = readYaml({ file: `${shown}/${domain}.yaml`, text: readFileSync(join(folder, `${domain}.yaml`), "utf8") });
    readFile({ domain, yaml }, gathered);
  }
  const others = names.filter((name) => name !== ERRORS_DOMAIN && name !== "shared");
  return { ...gathered, domains: names.includes("shared") ? ["shared", ...others] : others };
}

/** A fault at a place inside an entry. */
export function faultAt(entry: Entry<unknown>, path: readonly PropertyKey[], message: string): Fault {
  const whole = [...entry.path, ...path];
  return { place: entry.yaml.placeOf(whole), subject: renderPath(whole), message };
}

interface Gathered {
  readonly attributes: Entry<FileLists["attributes"]>[];
  readonly metrics: Entry<FileLists["metrics"]>[];
  readonly spans: Entry<FileLists["spans"]>[];
  readonly events: Entry<FileLists["events"]>[];
  readonly faults: Fault[];
  readonly broken: Set<string>;
}

function readFile(source: Source, gathered: Gathered): void {
  gathered.faults.push(...source.yaml.faults);
  if (source.yaml.value === undefined) return;
  const content = source.yaml.value ?? {};
  const file = checkPart(fileShape, { yaml: source.yaml, value: content, path: [] });
  if (!file.ok) gathered.faults.push(...file.faults);
  const lists = typeof content === "object" ? (content as Lists) : {};
  gathered.attributes.push(...readList("attributes", lists, { ...source, ...gathered }));
  gathered.metrics.push(...readList("metrics", lists, { ...source, ...gathered }));
  gathered.spans.push(...readList("spans", lists, { ...source, ...gathered }));
  gathered.events.push(...readList("events", lists, { ...source, ...gathered }));
}

interface Source {
  readonly domain: string;
  readonly yaml: PlacedYaml;
}
type Lists = Readonly<Record<string, unknown>>;

function readList<L extends keyof FileLists>(list: L, lists: Lists, context: Source & Gathered): readonly Entry<FileLists[L]>[] {
  const items: unknown = lists[list];
  if (!Array.isArray(items)) return [];
  return items.flatMap((value: unknown, index) => {
    const part = { yaml: context.yaml, value, path: [list, index] };
    const checked = checkPart(entryShapes[list], part);
    if (!checked.ok) context.faults.push(...checked.faults);
    const usable = checked.ok ? checked : checkPart(entryShapes[list], { ...part, value: withoutFaulty(value, checked.faults) });
    if (usable.ok) return [{ domain: context.domain, yaml: context.yaml, path: part.path, value: usable.value }];
    for (const name of ["key", "name", "type"]) {
      const word: unknown = (value as Lists | null)?.[name];
      if (typeof word === "string") context.broken.add(word);
    }
    return [];
  });
}

/** An entry that is wrong only in what no rule reads, such as its brief or an unknown key, can still be held against the rules. */
function withoutFaulty(value: unknown, faults: readonly Fault[]): unknown {
  const faulty = new Set(faults.map(({ subject }) => subject.replace(/^\w+\[\d+\]\.?/u, "")));
  const kept = Object.entries(value ?? {}).filter(([key]) => !faulty.has(key));
  return { brief: "-", stability: "development", ...Object.fromEntries(kept) };
}
