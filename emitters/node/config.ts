import { resolve } from "node:path";
import { z } from "zod";
import { duration, filePath } from "#core/config/types.ts";
import { OffingError } from "#core/errors.ts";
import { declaredSchema, loadMapping, type MappingFile, shippedNames } from "./mapping.ts";
import type { DeclaredNames } from "./names.ts";

/** The `node` section as the emitter uses it. */
export interface NodeConfig {
  /** `service.name` of what the node's log becomes. */
  readonly serviceName: string;
  readonly inputs: readonly InputConfig[];
  /** By name: the shipped ones and those that inputs name by their path. */
  readonly mappings: ReadonlyMap<string, MappingFile>;
  readonly names: DeclaredNames;
  readonly signals: { readonly traces: boolean; readonly logs: boolean };
  /** Where a log is begun that was never followed before. */
  readonly from: "beginning" | "end";
  readonly maxLineBytes: number;
  /** Most bytes of standard input that wait on the disk. */
  readonly spoolBytes: number;
  readonly openLimit: number;
  readonly pairWaitMs: number;
  readonly openAgeMs: number;
}

/** One place that lines come from; `format` is a mapping's name or `auto`. */
export type InputConfig = { readonly format: string } & (
  | { readonly type: "file" | "docker"; readonly path: string; readonly pattern: string | undefined }
  | {
      readonly type: "journald";
      readonly units: readonly string[];
      readonly identifiers: readonly string[];
      readonly folder: string | undefined;
    }
  | { readonly type: "stdin" }
);

const format = z.string().min(1).default("auto");

const inputSchema = z
  .strictObject({
    file: filePath().optional(),
    directory: filePath().optional(),
    pattern: z.string().min(1).default("*.log"),
    docker: filePath().optional(),
    journald: z
      .strictObject({
        units: z.array(z.string()).default([]),
        identifiers: z.array(z.string()).default([]),
        directory: filePath().optional(),
      })
      .optional(),
    stdin: z.literal(true).optional(),
    format,
  })
  .transform((input, context): InputConfig => {
    const given = (["file", "directory", "docker", "journald", "stdin"] as const).filter((key) => input[key] !== undefined);
    const [type] = given;
    if (type === undefined || given.length > 1) {
      context.addIssue({ code: "custom", message: "must have one of `file`, `directory`, `docker`, `journald` and `stdin`" });
      return z.NEVER;
    }
    const { journald } = input;
    if (journald !== undefined)
      return {
        type: "journald",
        units: journald.units,
        identifiers: journald.identifiers,
        folder: journald.directory,
        format: input.format,
      };
    if (type === "stdin") return { type, format: input.format };
    if (type === "directory") return { type: "file", path: input.directory ?? "", pattern: input.pattern, format: input.format };
    return {
      type: type === "docker" ? "docker" : "file",
      path: input.docker ?? input.file ?? "",
      pattern: undefined,
      format: input.format,
    };
  });

/**
 * The schema of the `node` section; a mapping that an input names by its path is looked up from `folder` and read.
 *
 * @see the `node` section of offing.example.yaml for every key with its default
 */
export function nodeSchemaIn(folder: string): z.ZodType<NodeConfig> {
  return z
    .strictObject({
      service_name: z.string().min(1).default("node"),
      inputs: z.array(inputSchema).min(1),
      names: declaredSchema.prefault({}),
      traces: z.boolean().default(true),
      logs: z.boolean().default(true),
      from: z.enum(["beginning", "end"]).default("beginning"),
      max_line: z.int().min(1_024).max(256_000_000).default(16_777_216),
      spool: z.int().min(1_000_000).default(1_000_000_000),
      open_limit: z.int().min(1).max(1_000_000).default(10_000),
      pair_wait: duration({ atLeast: "1s" }).prefault("10s"),
      open_age: duration({ atLeast: "1s" }).prefault("24h"),
    })
    .transform((section, context): NodeConfig => {
      const mappings = new Map(shippedNames().map((name) => [name, loadMapping(name)]));
      for (const [index, input] of section.inputs.entries()) {
        const fault = addMapping(mappings, input.format, folder);
        if (fault !== undefined) context.addIssue({ code: "custom", path: ["inputs", index, "format"], message: fault });
      }
      return {
        serviceName: section.service_name,
        inputs: section.inputs,
        mappings,
        names: together([section.names, ...[...mappings.values()].map(({ declared }) => declared)]),
        signals: { traces: section.traces, logs: section.logs },
        from: section.from,
        maxLineBytes: section.max_line,
        spoolBytes: section.spool,
        openLimit: section.open_limit,
        pairWaitMs: section.pair_wait,
        openAgeMs: section.open_age,
      };
    });
}

/** Reads a mapping that is no shipped one; says what is wrong with it. */
function addMapping(mappings: Map<string, MappingFile>, name: string, folder: string): string | undefined {
  if (name === "auto" || mappings.has(name)) return undefined;
  if (!/\.ya?ml$/.test(name)) return `must be auto, ${[...mappings.keys()].join(", ")} or the path of a mapping that ends in .yaml`;
  try {
    mappings.set(name, loadMapping(resolve(folder, name)));
    return undefined;
  } catch (error) {
    return error instanceof OffingError ? `names a mapping with faults: ${error.message}` : `names a file that cannot be read`;
  }
}

/** What any of them declares. */
function together(all: readonly DeclaredNames[]): DeclaredNames {
  const values = new Map<string, Set<string>>();
  for (const [label, listed] of all.flatMap((one) => Object.entries(one))) {
    values.set(label, new Set([...(values.get(label) ?? []), ...listed]));
  }
  return Object.fromEntries([...values].map(([label, listed]) => [label, [...listed]]));
}
