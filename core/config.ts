import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { stringify } from "yaml";
import { z } from "zod";
import type { CollectorConfig } from "#core/config/collector-section.ts";
import { type CoreSections, coreSections, type LedgerConfig } from "#core/config/core-sections.ts";
import { overlay } from "#core/config/overlay.ts";
import { faultsError } from "#core/config/place.ts";
import { Secret } from "#core/config/secret.ts";
import { plainScalar, substitute } from "#core/config/substitute.ts";
import { inFileScope } from "#core/config/types.ts";
import { type ReadScalar, readYaml } from "#core/config/yaml.ts";
import { checkPart } from "#core/config/zod-faults.ts";
import { OffingError } from "#core/errors.ts";
import type { LedgerLocation } from "#core/ledger/ledger.ts";
import type { OtlpOptions } from "#core/otlp.ts";

/** The schemas of the sections a command reads besides core's own, by their name in the file. */
export type Sections = Readonly<Record<string, z.ZodType>>;

/** A checked configuration: core's sections, the caller's, and what is odd without being wrong. */
export type Config<S extends Sections> = CoreSections & { readonly [K in keyof S]: z.output<S[K]> } & {
  readonly warnings: readonly string[];
};

/** What is read, and as what. */
export interface LoadOptions<S extends Sections> {
  readonly path: string;
  readonly sections: S;
  /** Values set over the file's, such as `collector.url=http://127.0.0.1:4318`. */
  readonly set?: readonly string[];
  /** The process's own when left out. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** Sections that may stand in the file for another emitter; a command that does not read one leaves it alone. */
const DOMAINS = ["chain", "funding", "node", "match", "social", "alerts"];

/**
 * Reads `offing.yaml`: `${env:NAME}` filled in, secrets read from their files, every value checked.
 *
 * Relative paths begin in the file's folder. The default ledger is named after the first of `sections`.
 *
 * @throws CONFIG_NOT_FOUND without the file; CONFIG_INVALID with every fault at its file, line and column
 */
export function loadConfig<S extends Sections>(options: LoadOptions<S>): Config<S> {
  const { path, sections, set = [], environment = process.env } = options;
  const foreign = new Set(DOMAINS.filter((domain) => !(domain in sections)));
  const source = readYaml({ file: path, text: readText(path), readScalar: filling(environment, foreign) });
  const yaml = overlay(source, set);
  if (yaml.value === undefined) throw invalid(path, yaml.faults);
  const ignored = Object.fromEntries([...foreign].map((domain) => [domain, z.unknown().optional()]));
  const schema = z.strictObject({ ...coreSections(Object.keys(sections)[0] ?? "offing"), ...sections, ...ignored });
  const warnings: string[] = [];
  const checked = inFileScope({ folder: dirname(resolve(path)), warnings }, () =>
    checkPart(schema, { yaml, value: yaml.value ?? {}, path: [] }),
  );
  // A value that could not be read is missing to the schema too; saying so once is enough.
  const unread = new Set(yaml.faults.map(({ subject }) => subject));
  const faults = [...yaml.faults, ...(checked.ok ? [] : checked.faults.filter(({ subject }) => !unread.has(subject)))];
  if (!checked.ok || faults.length > 0) throw invalid(path, faults);
  const read = Object.entries(checked.value).filter(([name]) => !foreign.has(name));
  // The schema is put together from `sections`, which the type checker cannot follow.
  return { ...Object.fromEntries(read), warnings } as unknown as Config<S>;
}

/** The configuration as YAML for a person: secrets masked, of each URL only the origin, durations in milliseconds. */
export function renderConfig(config: object): string {
  const { warnings: _, ...rest } = { warnings: [], ...config };
  return stringify(shown(rest), { lineWidth: 0 });
}

/** 12 hexadecimal digits that tell one configuration from another; a secret's value does not count. */
export function configDigest(config: object): string {
  return createHash("sha256").update(renderConfig(config)).digest("hex").slice(0, 12);
}

/** What the ledger is opened with; it holds the PostgreSQL URL in the clear. */
export function ledgerLocation(ledger: LedgerConfig): LedgerLocation {
  if ("sqlite" in ledger) return ledger;
  return { postgresUrl: ledger.postgresUrl.reveal(), schema: ledger.schema };
}

/** The collector section with its secrets in the clear, for the client that sends. */
export function revealCollector(section: CollectorConfig): OtlpOptions & { readonly intervalMs: number } {
  const { headers, tls, ...rest } = section;
  const { key, ...certificates } = tls ?? {};
  return {
    ...rest,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.reveal()])),
    ...(tls !== undefined && { tls: { ...certificates, ...(key !== undefined && { key: key.reveal() }) } }),
  };
}

function readText(path: string): string {
  try {
    if (statSync(path).size > 1_000_000) throw invalid(path, [wholeFile(path, "is larger than a megabyte")]);
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));
  } catch (cause) {
    if (cause instanceof OffingError) throw cause;
    if (cause instanceof TypeError) throw invalid(path, [wholeFile(path, "is no UTF-8 text")]);
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") {
      throw new OffingError("CONFIG_NOT_FOUND", { message: `there is no configuration file at ${path}`, context: { path }, cause });
    }
    throw invalid(path, [wholeFile(path, `cannot be read (${code ?? "unknown"})`)]);
  }
}

function filling(environment: Readonly<Record<string, string | undefined>>, foreign: ReadonlySet<string>): ReadScalar {
  return (scalar, path) => {
    const { value } = scalar;
    if (typeof value !== "string" || foreign.has(String(path[0]))) return { value };
    const filled = substitute(value, environment);
    if ("fault" in filled || filled.value === value) return filled;
    // A quoted text stays text whatever the variable holds.
    return { value: scalar.type === "PLAIN" ? plainScalar(filled.value) : filled.value };
  };
}

function shown(value: unknown): unknown {
  if (value instanceof Secret) return value.toString();
  if (typeof value === "string") return shownText(value);
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return value.map(shown);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shown(inner)]));
}

/** A key often stands in a URL's path or query, so only the origin is shown. */
function shownText(text: string): string {
  const parsed = /^[a-z]+:\/\//iu.test(text) ? URL.parse(text) : null;
  if (parsed === null) return text;
  const isBare =
    /^\/?$/u.test(parsed.pathname) && parsed.search === "" && parsed.hash === "" && parsed.username === "" && parsed.password === "";
  return isBare ? text : `${parsed.protocol}//${parsed.host}/[secret]`;
}

function wholeFile(path: string, message: string) {
  return { place: { file: path, line: 1, column: 1 }, subject: "", message };
}

function invalid(path: string, faults: Parameters<typeof faultsError>[1]["faults"]): OffingError {
  return faultsError("CONFIG_INVALID", { what: path, faults });
}
