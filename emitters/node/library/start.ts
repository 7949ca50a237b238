import { type Log, stderrLog } from "#core/log.ts";
import type { NodeTelemetry } from "./node-telemetry.ts";
import { OFF } from "./off.ts";
import { type NodeNames, readSettings, type SettingsSource } from "./settings.ts";

export type {
  Activity,
  ActivityFields,
  EndStatus,
  NetworkRecorder,
  NodeTelemetry,
  OperationEnd,
  OperationFields,
  OperationRecorder,
  Recorder,
  SyncStageRecorder,
  TaskRecorder,
  TelemetryHealth,
  Ticket,
} from "./node-telemetry.ts";
export type { NodeNames } from "./settings.ts";

/** What a node starts its telemetry with. */
export type NodeTelemetryConfig = SettingsSource & {
  /** The names the node knows it will use; what the configuration declares is added. */
  readonly names?: NodeNames;
  /** Where the library says changes of state; JSON lines on standard error when left out. */
  readonly log?: Log;
  /** The process's own when left out. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
};

/**
 * Starts a node's telemetry: from the `telemetry` section of its configuration file (`file`, TOML or YAML) or from an object of that shape
 * (`telemetry`). What is off costs nothing; what is on never throws into the node and never makes it wait.
 *
 * @throws CONFIG_NOT_FOUND and CONFIG_INVALID, before anything has started
 * @see docs/instrument-your-node.md
 */
export async function startNodeTelemetry(config: NodeTelemetryConfig): Promise<NodeTelemetry> {
  const { log = stderrLog, environment = process.env } = config;
  const settings = readSettings(config, environment);
  for (const warning of settings.warnings) log.warn(`telemetry: ${warning}`);
  if (settings.traces === undefined && settings.metrics === undefined && settings.logs === undefined) return OFF;
  const { startRunning } = await import("./running.ts");
  return startRunning({ ...settings, names: merged(settings.names, config.names ?? {}) }, log);
}

function merged(a: NodeNames, b: NodeNames): NodeNames {
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])] as (keyof NodeNames)[];
  return Object.fromEntries(keys.map((key) => [key, [...new Set([...(a[key] ?? []), ...(b[key] ?? [])])]]));
}
