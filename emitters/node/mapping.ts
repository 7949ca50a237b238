import { readdirSync, readFileSync } from "node:fs";
import { z } from "zod";
import { faultsError } from "#core/config/place.ts";
import { readYaml } from "#core/config/yaml.ts";
import { checkPart } from "#core/config/zod-faults.ts";
import type { DeclaredNames } from "./names.ts";

/**
 * How the lines of one logger become what the contract knows. Every place is a dotted path into the line; where a list stands, the first
 * path that holds something is taken.
 *
 * @see mappings/rust-tracing.yaml for one with comments
 */
export interface MappingFile {
  readonly name: string;
  /** A line that has all of these is taken for this format where none is configured. */
  readonly detect: readonly string[];
  readonly time: readonly string[];
  readonly level: readonly string[];
  readonly message: readonly string[];
  readonly trace_id: readonly string[];
  readonly span_id: readonly string[];
  /** A list of the spans around a line, the outermost first, each an object with `name`. */
  readonly ancestors?: string | undefined;
  /** Lines may be OpenTelemetry JSON: attribute lists are read as objects, whole OTLP requests as their records and spans. */
  readonly otlp: boolean;
  /** Where the contract's fields are looked for: `fields` for `fields.operation_id`, an empty text for the line itself. */
  readonly fields: readonly string[];
  /** The first that fits a line is taken. */
  readonly activities: readonly ActivityRule[];
  /** Names of the node's own that are not in the contract's form, and what they are: `handle_publish: command.publish`. */
  readonly names: Words;
  /** Values of labels that are always known: `command: [publish, get]`. They stand beside those of the configuration's `names`. */
  readonly declared: DeclaredNames;
  /** Words for the logger's own levels: `"30": info`. */
  readonly levels: Words;
  /** Words for a status, outcome or result that are not the contract's: `done: completed`. */
  readonly words: Words;
}

/** A logger's own words, and what they are. No object: a log may also say `constructor`. */
export type Words = ReadonlyMap<string, string>;

/** One way in which a line speaks of an activity. */
export interface ActivityRule {
  /** Paths and the values they must hold; `message` and `level` stand for the mapping's own. */
  readonly when: Readonly<Record<string, Value | readonly Value[]>>;
  /**
   * `begin` and `end` are paired; `whole` says all on one line; `named` reads it from the end of the name: `.start` and `.begin`; `.end`,
   * `.completed`, `.failed` and `.cancelled`; `.progress`; with none of these, a line with a length or an ending is whole.
   */
  readonly phase: "begin" | "end" | "whole" | "named";
  /** Where the name stands, such as `command.publish`; or always the same. */
  readonly name: readonly string[] | { readonly is: string };
  /** Where the contract's fields are looked for instead of in the mapping's own `fields`. */
  readonly fields: readonly string[];
  /** Where an ending stands besides `status` and `outcome`. */
  readonly status: readonly string[];
  /** What makes a begin and its end one, besides a span id and `operation_id`: the first that is there; without any, the name alone. */
  readonly key: readonly string[];
  /** How long it took: what is found is added up. A text with its own unit (1.5ms) wins over `unit`. */
  readonly took: readonly (readonly string[])[];
  readonly unit: "ns" | "us" | "ms" | "s";
  readonly started: readonly string[];
  readonly ended: readonly string[];
  readonly parent_id: readonly string[];
}

type Value = string | number | boolean;

const paths = z.array(z.string());
const value = z.union([z.string(), z.number(), z.boolean()]);
const words = z
  .record(z.string(), z.string())
  .default({})
  .transform((table): Words => new Map(Object.entries(table)));

const values = z.array(z.string().min(1).max(120)).optional();

/** The values that a configuration or a mapping declares for the labels whose values a node makes up. */
export const declaredSchema: z.ZodType<DeclaredNames> = z
  .strictObject({
    command: values,
    kind: values,
    task: values,
    stage: values,
    protocol: values,
    query: values,
    type: values,
    phase: values,
  })
  .transform((section): DeclaredNames => Object.fromEntries(Object.entries(section).filter(([, listed]) => listed !== undefined)));

const activitySchema = z.strictObject({
  when: z.record(z.string(), z.union([value, z.array(value)])).default({}),
  phase: z.enum(["begin", "end", "whole", "named"]),
  name: z.union([paths.min(1), z.strictObject({ is: z.string() })]),
  fields: paths.default([]),
  status: paths.default([]),
  key: paths.default([]),
  took: z.array(paths).default([]),
  unit: z.enum(["ns", "us", "ms", "s"]).default("s"),
  started: paths.default([]),
  ended: paths.default([]),
  parent_id: paths.default([]),
});

const mappingSchema: z.ZodType<MappingFile> = z.strictObject({
  name: z.string().min(1),
  detect: paths.min(1),
  time: paths.min(1),
  level: paths.default([]),
  message: paths.min(1),
  trace_id: paths.default([]),
  span_id: paths.default([]),
  ancestors: z.string().optional(),
  otlp: z.boolean().default(false),
  fields: paths.default([""]),
  activities: z.array(activitySchema).default([]),
  names: words,
  declared: declaredSchema.prefault({}),
  levels: words,
  words,
});

const SHIPPED = new URL("./mappings/", import.meta.url);

/** The names of the mappings that come with the emitter. */
export function shippedNames(): string[] {
  return readdirSync(SHIPPED)
    .filter((name) => name.endsWith(".yaml"))
    .map((name) => name.slice(0, -".yaml".length))
    .sort();
}

/**
 * Reads a mapping: a shipped one by its name, any other by its path.
 *
 * @throws CONFIG_INVALID with every fault at its line and column; CONFIG_NOT_FOUND
 */
export function loadMapping(nameOrPath: string): MappingFile {
  const shipped = shippedNames().includes(nameOrPath);
  const file = shipped ? `mappings/${nameOrPath}.yaml` : nameOrPath;
  const text = readFileSync(shipped ? new URL(`${nameOrPath}.yaml`, SHIPPED) : nameOrPath, "utf8");
  const yaml = readYaml({ file, text });
  const checked = yaml.value === undefined ? undefined : checkPart(mappingSchema, { yaml, value: yaml.value, path: [] });
  if (checked?.ok === true && yaml.faults.length === 0) return checked.value;
  throw faultsError("CONFIG_INVALID", { what: file, faults: [...yaml.faults, ...(checked?.ok === false ? checked.faults : [])] });
}
