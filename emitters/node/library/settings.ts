import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, extname, resolve } from "node:path";
import { z } from "zod";
import { listenFault, parseListen } from "#core/config/core-sections.ts";
import { type Fault, faultsError } from "#core/config/place.ts";
import type { Secret } from "#core/config/secret.ts";
import { duration, inFileScope, secretFile, url } from "#core/config/types.ts";
import { type PlacedYaml, readYaml } from "#core/config/yaml.ts";
import { checkPart } from "#core/config/zod-faults.ts";
import { OffingError } from "#core/errors.ts";
import { type Environment, fromEnvironment } from "./environment.ts";
import { readToml } from "./placed-toml.ts";

/** The names a node declares, by the label they are values of; each list is what that label may say. */
export interface NodeNames {
  readonly command?: readonly string[] | undefined;
  readonly kind?: readonly string[] | undefined;
  readonly task?: readonly string[] | undefined;
  readonly stage?: readonly string[] | undefined;
  readonly protocol?: readonly string[] | undefined;
  readonly query?: readonly string[] | undefined;
  readonly type?: readonly string[] | undefined;
  readonly phase?: readonly string[] | undefined;
}

/** Spans or logs that are on. */
export interface SignalSettings {
  /** Base URL of an OTLP/HTTP receiver. */
  readonly url: string;
  /** Items that may wait while the Collector is away. */
  readonly maxQueue: number;
}

/** Metrics that are on: pushed, served, or both. */
export interface MetricsSettings {
  readonly push: { readonly url: string; readonly intervalMs: number } | undefined;
  readonly scrape: { readonly host: string; readonly port: number; readonly token?: Secret } | undefined;
}

/** What the library runs on; a signal that is undefined is off. */
export interface NodeSettings {
  readonly traces: (SignalSettings & { readonly sampler: Environment["sampler"] }) | undefined;
  readonly metrics: MetricsSettings | undefined;
  readonly logs: SignalSettings | undefined;
  readonly resource: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly names: NodeNames;
  readonly timeoutMs: number;
  readonly shutdownMs: number;
  /** What is odd without being wrong, for one log line each. */
  readonly warnings: readonly string[];
}

/** Where the settings stand: a TOML or YAML file of the node, or an object of the same shape. */
export type SettingsSource = { readonly file: string } | { readonly telemetry: object };

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Reads the `telemetry` section of a node's configuration: one schema for TOML (`.toml`) and YAML. Everything is off by default, the file
 * wins over the standard `OTEL_*` variables, and `OTEL_SDK_DISABLED=true` turns all of it off.
 *
 * @throws CONFIG_NOT_FOUND without the file; CONFIG_INVALID with every fault at its file, line and column
 * @see seed 002, section 7
 */
export function readSettings(source: SettingsSource, variables: Variables = process.env): NodeSettings {
  const placed = "file" in source ? readFile(source.file) : fromObject(source.telemetry);
  const what = placed.file;
  if (placed.value === undefined) throw faultsError("CONFIG_INVALID", { what, faults: placed.faults });
  const section = (placed.value as { readonly telemetry?: unknown } | null)?.telemetry ?? {};
  const legacy = legacyFaults(section, placed);
  const value = legacy.length === 0 ? section : without(section, LEGACY);
  const folder = "file" in source ? dirname(resolve(source.file)) : process.cwd();
  const checked = inFileScope({ folder, warnings: [] }, () => checkPart(telemetrySchema, { yaml: placed, value, path: ["telemetry"] }));
  const faults = [...placed.faults, ...legacy, ...(checked.ok ? [] : checked.faults)];
  if (!checked.ok || faults.length > 0) throw faultsError("CONFIG_INVALID", { what, faults });
  return settingsOf(checked.value, fromEnvironment(variables));
}

/** The keys that once stood flat under `telemetry`, and where they stand now. */
const LEGACY = {
  enabled: "telemetry.traces.enabled and telemetry.metrics.enabled",
  otlp_endpoint: "telemetry.traces.otlp_endpoint",
  service_name: "telemetry.traces.service_name",
} as const;

function legacyFaults(section: unknown, { placeOf }: PlacedYaml): readonly Fault[] {
  if (typeof section !== "object" || section === null) return [];
  return Object.entries(LEGACY)
    .filter(([key]) => Object.hasOwn(section, key))
    .map(([key, nested]) => ({
      place: placeOf(["telemetry", key], "key"),
      subject: `telemetry.${key}`,
      message: `is no longer read here; write ${nested}`,
    }));
}

function without(section: unknown, keys: object): unknown {
  return Object.fromEntries(Object.entries(section as object).filter(([key]) => !Object.hasOwn(keys, key)));
}

const names = z.array(z.string().min(1).max(120)).max(1_000).optional();
const signal = {
  enabled: z.boolean().default(false),
  otlp_endpoint: url().optional(),
  service_name: z.string().min(1, { error: "must not be empty" }).optional(),
};
const queue = { max_queue: z.int().min(100).max(1_000_000).optional() };

const metricsSchema = z
  .strictObject({
    ...signal,
    bind_address: z.string().optional(),
    token_file: secretFile().optional(),
    interval: duration({ atLeast: "100ms" }).optional(),
  })
  .transform(({ bind_address, token_file: token, ...rest }, context) => {
    if (bind_address === undefined) return { ...rest, scrape: undefined };
    const address = parseListen(bind_address);
    const fault = address === undefined ? "must be HOST:PORT, such as 127.0.0.1:9464" : listenFault(address.host, token);
    if (address !== undefined && fault === undefined) return { ...rest, scrape: { ...address, ...(token !== undefined && { token }) } };
    context.addIssue({ code: "custom", path: ["bind_address"], message: fault ?? "" });
    return z.NEVER;
  });

const telemetrySchema = z
  .strictObject({
    traces: z.strictObject({ ...signal, ...queue }).prefault({}),
    metrics: metricsSchema.prefault({}),
    logs: z.strictObject({ ...signal, ...queue }).prefault({}),
    names: z
      .strictObject({ command: names, kind: names, task: names, stage: names, protocol: names, query: names, type: names, phase: names })
      .prefault({}),
    resource: z.record(z.string().min(1), z.string().min(1)).default({}),
    timeout: duration({ atLeast: "100ms" }).optional(),
    shutdown: duration().prefault("5s"),
  })
  .superRefine(({ traces, metrics, logs }, context) => {
    const [first, ...others] = Object.entries({ traces, metrics, logs }).filter(([, { service_name }]) => service_name !== undefined);
    for (const [part, { service_name }] of others) {
      if (service_name === first?.[1].service_name) continue;
      context.addIssue({
        code: "custom",
        path: [part, "service_name"],
        message: `differs from telemetry.${first?.[0]}.service_name; a node has one`,
      });
    }
  });

const DEFAULT_ENDPOINT = "http://127.0.0.1:4317";
const DEFAULT_QUEUE = 20_000;

function settingsOf(section: z.output<typeof telemetrySchema>, env: Environment): NodeSettings {
  const { traces, metrics, logs } = section;
  const isOn = (part: { readonly enabled: boolean }, name: "traces" | "metrics" | "logs"): boolean => part.enabled && !env.off.has(name);
  const endpoint = (part: { readonly otlp_endpoint?: string | undefined }, name: "traces" | "metrics" | "logs"): string | undefined =>
    part.otlp_endpoint ?? env.endpoints[name];
  const pushed = endpoint(metrics, "metrics") ?? (metrics.scrape === undefined ? DEFAULT_ENDPOINT : undefined);
  const serviceName =
    traces.service_name ?? metrics.service_name ?? logs.service_name ?? env.serviceName ?? env.resource["service.name"] ?? "node";
  const outgoing = (part: typeof logs, name: "traces" | "logs"): SignalSettings => ({
    url: httpEndpoint(endpoint(part, name) ?? DEFAULT_ENDPOINT),
    maxQueue: part.max_queue ?? (name === "traces" ? env.maxQueue : undefined) ?? DEFAULT_QUEUE,
  });
  return {
    traces: isOn(traces, "traces") ? { ...outgoing(traces, "traces"), sampler: env.sampler } : undefined,
    logs: isOn(logs, "logs") ? outgoing(logs, "logs") : undefined,
    metrics: isOn(metrics, "metrics")
      ? {
          push: pushed === undefined ? undefined : { url: grpcEndpoint(pushed), intervalMs: metrics.interval ?? env.intervalMs ?? 10_000 },
          scrape: metrics.scrape,
        }
      : undefined,
    resource: {
      // The same after a restart, so that a node is one series; two nodes of one name on one host must say which is which.
      "service.instance.id": `${hostname()}/${serviceName}`,
      // As every SDK says of itself; the Collector makes exemplars for these spans alone.
      "telemetry.sdk.name": "opentelemetry",
      "telemetry.sdk.language": "nodejs",
      ...env.resource,
      ...section.resource,
      "service.name": serviceName,
    },
    headers: env.headers,
    names: section.names,
    timeoutMs: section.timeout ?? env.timeoutMs ?? 10_000,
    shutdownMs: section.shutdown,
    warnings: env.warnings,
  };
}

/** 4317 and 4318 are the gRPC and the HTTP port of one receiver; spans and logs go to the second, metrics to the first. */
function httpEndpoint(endpoint: string): string {
  return withPort(endpoint, { from: "4317", to: "4318" });
}

function grpcEndpoint(endpoint: string): string {
  return withPort(endpoint, { from: "4318", to: "4317" });
}

function withPort(endpoint: string, { from, to }: { readonly from: string; readonly to: string }): string {
  const parsed = new URL(endpoint);
  if (parsed.port !== from) return endpoint;
  parsed.port = to;
  return parsed.href.replace(/\/+$/u, "");
}

function readFile(file: string): PlacedYaml {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new OffingError("CONFIG_NOT_FOUND", { message: `the configuration file ${file} cannot be read`, context: { path: file }, cause });
  }
  return extname(file) === ".toml" ? readToml({ file, text }) : readYaml({ file, text });
}

function fromObject(telemetry: object): PlacedYaml {
  const file = "startNodeTelemetry";
  return { file, value: { telemetry }, faults: [], placeOf: () => ({ file, line: 1, column: 1 }) };
}
