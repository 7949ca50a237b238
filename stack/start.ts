import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { OffingError } from "#core/errors.ts";
import { type CrewPlan, createCrew, type StackParts } from "./crew.ts";
import type { DiskBudget } from "./disk-budget.ts";
import { writeAlertHistory, writeLocalConfigs } from "./local-configs.ts";
import { type Lock, tryLock } from "./lock.ts";
import { prepareLokiLimits } from "./loki-share.ts";
import type { PartExit } from "./part.ts";
import { PART_PORTS, type PartName, partSpecs, tracesFileOf } from "./part-specs.ts";
import { choosePorts, type PortChoice, requireFree, type StackPorts } from "./ports.ts";
import { type Progress, silent } from "./progress.ts";
import { endLeftovers, lockFileOf, type StackEndpoints, writeFailure } from "./state.ts";
import { findTool, findTools } from "./tools.ts";

export type { StackParts } from "./crew.ts";
export type { Part, PartExit } from "./part.ts";
export type { PartName } from "./part-specs.ts";
export type { StackEndpoints } from "./state.ts";

/** How to start a stack. */
export interface StartStackOptions {
  /** Data, logs and state of the stack; made when it is not there. Only one stack runs in a folder. */
  readonly directory: string;
  /** Defaults to "standard". */
  readonly ports?: PortChoice;
  readonly progress?: Progress;
  /** Stops everything, during the start or later. */
  readonly signal?: AbortSignal;
  /** Defaults to this process's environment. */
  readonly env?: NodeJS.ProcessEnv;
  /** A Prometheus configuration other than `observability/prometheus/prometheus.yaml`, for example with other rules. */
  readonly prometheusConfig?: string;
  /** An Alertmanager configuration other than `observability/alertmanager/alertmanager.yaml`. */
  readonly alertmanagerConfig?: string;
  /** Folder with the secrets of Alertmanager's receivers; without it nobody is paged. */
  readonly secrets?: string;
  /** Whether the alert history runs too. */
  readonly alertHistory?: boolean;
  /** What each part may take on the disk; those that can bound themselves do. */
  readonly diskBudget?: DiskBudget;
  /**
   * How often the Collector and the alert history tell of themselves and the history looks; Prometheus repeats its alerts every six times as
   * long. Their own pace when left out.
   */
  readonly reportMs?: number;
}

/** A stack that runs as long as this process and `stop` was not called. */
export interface Stack extends AsyncDisposable {
  readonly directory: string;
  readonly endpoints: StackEndpoints;
  readonly parts: StackParts;
  /** Stops every part and waits; may be called more than once, at any time. */
  readonly stop: () => Promise<void>;
  /** The part that ended by itself, after all others have been stopped; null after an ordinary stop. Never rejects. */
  readonly exited: Promise<PartExit | null>;
}

/** The parts that every stack has. */
export const REQUIRED: readonly ["collector", "prometheus", "alertmanager", "loki"] = ["collector", "prometheus", "alertmanager", "loki"];
const FREE_PORT_TRIES = 3;

/**
 * Starts the Collector, Prometheus, Alertmanager, Loki, and Tempo where there is one, on loopback, and waits until each is ready.
 * When this process goes, however it goes, the parts go too.
 *
 * @throws OffingError TOOL_NOT_FOUND, TOOL_BUILD_FAILED, PORT_TAKEN, STACK_FAILED; the signal's reason when it aborts
 */
export async function startStack(options: StartStackOptions): Promise<Stack> {
  const directory = resolve(options.directory);
  const lock = takeFolder(directory);
  try {
    const left = await endLeftovers(directory);
    if (left.length > 0) options.progress?.line(`stopped what an earlier run left behind: ${left.join(", ")}`);
    writeFailure(directory, null);
    for (let attempt = 1; ; attempt += 1) {
      const plan = await prepare(directory, options);
      try {
        return await launch(plan, lock, options);
      } catch (error) {
        // Between the look and the start somebody else may have taken a port that was free.
        const again = options.ports === "free" && error instanceof OffingError && error.code === "PORT_TAKEN" && attempt < FREE_PORT_TRIES;
        if (!again) throw error;
      }
    }
  } catch (error) {
    lock.release();
    throw error;
  }
}

/**
 * Makes sure that the ports of the named parts are free.
 *
 * @throws OffingError PORT_TAKEN naming the port and the part
 */
export async function requirePorts(ports: StackPorts, names: readonly PartName[]): Promise<void> {
  for (const name of names) for (const port of PART_PORTS[name]) await requireFree(ports[port], name);
}

function takeFolder(directory: string): Lock {
  mkdirSync(directory, { recursive: true });
  const lock = tryLock(lockFileOf(directory));
  if ("release" in lock) return lock;
  throw new OffingError("STACK_FAILED", {
    message: `a stack runs in ${directory} already`,
    context: { owner: lock.heldBy.pid },
    hint: "Stop it with `./offing down`, or use another folder.",
  });
}

async function prepare(directory: string, options: StartStackOptions): Promise<CrewPlan> {
  const { progress = silent, env = process.env } = options;
  const ports = await choosePorts(options.ports ?? "standard", env);
  const tempo = await findTool("tempo", options);
  // Before minutes of building, not after.
  const wanted: readonly PartName[] = [
    ...REQUIRED,
    ...(tempo === null ? [] : ["tempo" as const]),
    ...(options.alertHistory === true ? ["alerts" as const] : []),
  ];
  await requirePorts(ports, wanted);
  const tools = await findTools(REQUIRED, options);
  const configs = writeLocalConfigs({
    directory,
    alertmanagerPort: ports.alertmanager,
    alertHistoryPort: ports.alertHistory,
    ...(options.prometheusConfig === undefined ? {} : { prometheusConfig: resolve(options.prometheusConfig) }),
    ...(options.alertmanagerConfig === undefined ? {} : { alertmanagerConfig: resolve(options.alertmanagerConfig) }),
    secrets: options.secrets === undefined ? null : resolve(options.secrets),
  });
  if (options.diskBudget !== undefined) prepareLokiLimits(directory);
  const pace = options.reportMs === undefined ? {} : { reportMs: options.reportMs };
  const alertHistory = options.alertHistory === true ? writeAlertHistory(directory, { ports, tempo: tempo !== null, ...pace }) : undefined;
  const specs = partSpecs({
    directory,
    ports,
    tools,
    tempo,
    configs,
    ...(alertHistory !== undefined && { alertHistory }),
    ...(options.diskBudget && { diskBudget: options.diskBudget }),
    ...pace,
  });
  const tracesFile = tempo === null ? tracesFileOf(directory) : null;
  progress.line(
    tempo === null
      ? `tempo: none on this machine (OFFING_TEMPO_BIN or PATH), so the Collector writes spans to ${tracesFile} instead`
      : `tempo ${tempo.version}: ${tempo.path}`,
  );
  if (configs.missing.length > 0) progress.line(`alertmanager: nobody is told by way of ${configs.missing.join(", ")}: no such secret`);
  return { directory, specs, endpoints: endpointsOf(ports, tracesFile) };
}

function endpointsOf(ports: StackPorts, tracesFile: string | null): StackEndpoints {
  return {
    collector: `http://127.0.0.1:${ports.otlpHttp}`,
    collectorGrpc: `127.0.0.1:${ports.otlpGrpc}`,
    prometheus: `http://127.0.0.1:${ports.prometheus}`,
    loki: `http://127.0.0.1:${ports.loki}`,
    alertmanager: `http://127.0.0.1:${ports.alertmanager}`,
    tempo: tracesFile === null ? `http://127.0.0.1:${ports.tempo}` : null,
    tracesFile,
  };
}

async function launch(plan: CrewPlan, lock: Lock, { progress = silent, signal }: StartStackOptions): Promise<Stack> {
  const beganMs = performance.now();
  const crew = createCrew(plan);
  const stop = async (): Promise<void> => {
    signal?.removeEventListener("abort", onAbort);
    await crew.end();
    lock.release();
  };
  const onAbort = (): void => void stop();
  await crew.start(signal);
  void crew.exited.then(lock.release);
  signal?.addEventListener("abort", onAbort);
  progress.line(`the stack is up after ${((performance.now() - beganMs) / 1000).toFixed(1)} s`);
  return {
    directory: plan.directory,
    endpoints: plan.endpoints,
    parts: crew.parts,
    stop,
    exited: crew.exited,
    [Symbol.asyncDispose]: stop,
  };
}
