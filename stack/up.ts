import { fork } from "node:child_process";
import { mkdirSync, openSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type ErrorCode, OffingError } from "#core/errors.ts";
import type { DiskBudget } from "./disk-budget.ts";
import { lockHolder, tryLock } from "./lock.ts";
import { answers } from "./part.ts";
import type { PartName } from "./part-specs.ts";
import { choosePorts, type PortChoice } from "./ports.ts";
import { isRunning } from "./process-identity.ts";
import { type Progress, silent } from "./progress.ts";
import { REQUIRED, requirePorts } from "./start.ts";
import { endLeftovers, endProcesses, lockFileOf, readFailure, readState, type StackEndpoints } from "./state.ts";
import { findTools } from "./tools.ts";

/** Where the stack of this checkout lives. */
export const STACK_DIRECTORY: string = fileURLToPath(new URL("../.offing/stack", import.meta.url));

/** Where `up` looks for the secrets of Alertmanager's receivers. */
const SECRETS: string = fileURLToPath(new URL("../secrets", import.meta.url));

/** How to bring a stack up that outlives the command. */
export interface UpOptions {
  /** Defaults to `.offing/stack` of the checkout. */
  readonly directory?: string;
  /** Defaults to "standard". */
  readonly ports?: PortChoice;
  readonly prometheusConfig?: string;
  /** Folder with the secrets of Alertmanager's receivers; defaults to `secrets` of the checkout. */
  readonly secrets?: string;
  /** Whether the alert history runs too; it does unless told otherwise. */
  readonly alertHistory?: boolean;
  /** What each part may take on the disk; watched either way. */
  readonly diskBudget?: DiskBudget;
  readonly progress?: Progress;
  /** Gives the start up; once it is up, nothing. */
  readonly signal?: AbortSignal;
}

/** One part as it is now. */
export interface PartStatus {
  readonly part: PartName;
  readonly version: string;
  /** Null when it does not run. */
  readonly pid: number | null;
  readonly address: string;
  readonly ready: boolean;
  readonly log: string;
}

/** A stack as it is now. */
export interface StackStatus {
  readonly directory: string;
  /** Whether somebody owns it; its parts may still be starting. */
  readonly running: boolean;
  /** The process that owns the parts. */
  readonly owner: number | null;
  readonly endpoints: StackEndpoints | null;
  readonly parts: readonly PartStatus[];
  /** Why the last stack here ended by itself. */
  readonly failure: string | null;
}

/** What the supervisor is told to do. */
export interface SupervisorOrder {
  readonly directory: string;
  readonly ports: PortChoice;
  readonly prometheusConfig?: string;
  readonly secrets: string;
  readonly alertHistory: boolean;
  readonly diskBudget?: DiskBudget;
}

/** What the supervisor answers, once. */
export type SupervisorMessage =
  | { readonly ready: true }
  | {
      readonly ready: false;
      readonly code: ErrorCode;
      readonly message: string;
      readonly context: OffingError["context"];
      readonly hint: string | null;
    };

const DOWN_TIMEOUT_MS = 40_000;

/**
 * Starts the stack and leaves it running; when it runs already, nothing is changed.
 *
 * @throws OffingError TOOL_NOT_FOUND, TOOL_BUILD_FAILED, PORT_TAKEN, STACK_FAILED; the signal's reason when it aborts
 */
export async function up(options: UpOptions = {}): Promise<StackStatus> {
  const { progress = silent, signal } = options;
  const directory = resolve(options.directory ?? STACK_DIRECTORY);
  const present = await status({ directory });
  if (present.running) {
    progress.line(`the stack runs already (process ${present.owner})`);
    return present;
  }
  const ports = options.ports ?? "standard";
  await requirePorts(await choosePorts(ports), REQUIRED);
  // Here and not in the supervisor, so that whoever waits for a build sees it.
  await findTools(REQUIRED, { progress, ...(signal === undefined ? {} : { signal }) });
  const { prometheusConfig, diskBudget, secrets = SECRETS, alertHistory = true } = options;
  await startSupervisor(
    {
      directory,
      ports,
      secrets,
      alertHistory,
      ...(prometheusConfig !== undefined && { prometheusConfig }),
      ...(diskBudget && { diskBudget }),
    },
    signal,
  );
  return await status({ directory });
}

/** Stops the stack in `directory` and whatever a dead owner left there. Gives the parts that ran. */
export async function down(options: { readonly directory?: string } = {}): Promise<readonly string[]> {
  const directory = resolve(options.directory ?? STACK_DIRECTORY);
  const ran = (readState(directory)?.parts ?? []).filter((part) => part.process !== null && isRunning(part.process));
  const owner = lockHolder(lockFileOf(directory));
  // The owner stops its parts in order, so it gets more time than one part does.
  if (owner !== null) await endProcesses([owner], DOWN_TIMEOUT_MS);
  const lock = tryLock(lockFileOf(directory));
  if (!("release" in lock)) {
    throw new OffingError("STACK_FAILED", {
      message: "the stack is being started again by another process",
      context: { owner: lock.heldBy.pid },
    });
  }
  try {
    await endLeftovers(directory);
  } finally {
    lock.release();
  }
  return ran.map((part) => part.name);
}

/** Looks at the stack in `directory`: who owns it, and whether each part runs and answers. */
export async function status(options: { readonly directory?: string } = {}): Promise<StackStatus> {
  const directory = resolve(options.directory ?? STACK_DIRECTORY);
  const owner = lockHolder(lockFileOf(directory));
  const state = readState(directory);
  const parts = (state?.parts ?? []).map(async ({ name, version, process: identity, address, readyUrl, log }): Promise<PartStatus> => {
    const alive = identity !== null && isRunning(identity);
    return { part: name, version, pid: alive ? identity.pid : null, address, ready: alive && (await answers(readyUrl)), log };
  });
  return {
    directory,
    running: owner !== null,
    owner: owner?.pid ?? null,
    endpoints: state?.endpoints ?? null,
    parts: await Promise.all(parts),
    failure: readFailure(directory),
  };
}

async function startSupervisor(order: SupervisorOrder, signal: AbortSignal | undefined): Promise<void> {
  mkdirSync(order.directory, { recursive: true });
  const log = openSync(join(order.directory, "supervisor.log"), "a");
  const child = fork(fileURLToPath(new URL("./supervise.ts", import.meta.url)), {
    detached: true,
    stdio: ["ignore", log, log, "ipc"],
  });
  const giveUp = (): void => void child.kill("SIGTERM");
  signal?.addEventListener("abort", giveUp);
  try {
    const answer = await new Promise<SupervisorMessage | null>((settle, reject) => {
      child.once("error", reject);
      child.once("exit", () => settle(null));
      child.once("message", (message) => settle(message as SupervisorMessage));
      child.send(order);
    });
    signal?.throwIfAborted();
    if (answer === null)
      throw new OffingError("STACK_FAILED", { message: "the supervisor ended", context: { log: join(order.directory, "supervisor.log") } });
    if (!answer.ready) throw asError(answer);
    child.disconnect();
    child.unref();
  } finally {
    signal?.removeEventListener("abort", giveUp);
  }
}

function asError({ code, message, context, hint }: Extract<SupervisorMessage, { readonly ready: false }>): OffingError {
  return new OffingError(code, { message, context, ...(hint === null ? {} : { hint }) });
}
