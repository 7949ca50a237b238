import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { OffingError } from "#core/errors.ts";
import type { PartName, PartSpec } from "./part-specs.ts";
import { requireFree } from "./ports.ts";
import { identityOf, type ProcessIdentity } from "./process-identity.ts";

/** One program of the stack, startable and stoppable by itself on the same ports and folder. */
export interface Part {
  readonly name: PartName;
  readonly version: string;
  readonly address: string;
  readonly logFile: string;
  /** The process that runs now, or null. */
  readonly process: ProcessIdentity | null;
  /**
   * Starts it and waits until it is ready; does nothing when it runs.
   *
   * @throws OffingError STACK_FAILED with the end of its log, PORT_TAKEN
   */
  readonly start: (signal?: AbortSignal) => Promise<void>;
  /** Asks it to end, makes it end after ten seconds, and waits; does nothing when it does not run. */
  readonly stop: () => Promise<void>;
  /** Sends `signal` and waits until the process has ended. */
  readonly kill: (signal: NodeJS.Signals) => Promise<void>;
}

/** A part that ended without being asked to. */
export interface PartExit {
  readonly part: PartName;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** STACK_FAILED with the end of the part's log. */
  readonly error: OffingError;
}

/** What a part tells to who holds it. */
export interface PartListener {
  readonly onStart: (identity: ProcessIdentity) => void;
  readonly onEnd: (identity: ProcessIdentity) => void;
  /** It was ready, and then ended by itself. */
  readonly onExit: (exit: PartExit) => void;
}

interface Running {
  readonly child: ChildProcess;
  readonly identity: ProcessIdentity;
  readonly ended: Promise<void>;
  phase: "starting" | "ready" | "stopping";
}

const READY_TIMEOUT_MS = 120_000;
const READY_POLL_MS = 100;
const GRACE_MS = 10_000;
const LOG_TAIL_LINES = 8;
const KEPT_VARIABLES = ["PATH", "HOME", "TMPDIR", "LANG", "TZ"];

/** A part that does not run yet; told to stop, it may take `graceMs`. */
export function createPart(spec: PartSpec, listener: PartListener, graceMs: number = GRACE_MS): Part {
  let running: Running | null = null;
  const launch = (): Running => {
    const started = spawnPart(spec, (code, signal) => {
      running = null;
      listener.onEnd(started.identity);
      if (started.phase === "ready") listener.onExit({ part: spec.name, code, signal, error: exitError(spec, code, signal) });
    });
    running = started;
    listener.onStart(started.identity);
    return started;
  };
  const end = async (signal: NodeJS.Signals, patienceMs: number | null): Promise<void> => {
    if (running === null) return;
    const { child, ended } = running;
    running.phase = "stopping";
    child.kill(signal);
    if (patienceMs !== null && !(await within(ended, patienceMs))) child.kill("SIGKILL");
    await ended;
  };
  return {
    name: spec.name,
    version: spec.tool.version,
    address: spec.address,
    logFile: spec.logFile,
    get process() {
      return running?.identity ?? null;
    },
    start: async (signal) => {
      if (running !== null) return;
      for (const port of spec.ports) await requireFree(port, spec.name);
      signal?.throwIfAborted();
      const started = launch();
      await untilReady(spec, started, signal);
      if (started.phase !== "starting") throw failed(spec, "was told to stop while it started");
      started.phase = "ready";
    },
    stop: () => end("SIGTERM", graceMs),
    kill: (signal) => end(signal, null),
  };
}

/** The last lines of a log file, indented for an error's context. */
export function logTail(file: string): string {
  try {
    const lines = readFileSync(file, "utf8").trimEnd().split("\n").slice(-LOG_TAIL_LINES);
    return `\n    ${lines.map((line) => line.slice(0, 400)).join("\n    ")}`;
  } catch {
    return "(no log)";
  }
}

function spawnPart(spec: PartSpec, onEnd: (code: number | null, signal: NodeJS.Signals | null) => void): Running {
  mkdirSync(dirname(spec.logFile), { recursive: true });
  const log = openSync(spec.logFile, "a");
  try {
    const kept = Object.fromEntries(KEPT_VARIABLES.map((name) => [name, process.env[name]]));
    const child = spawn(spec.tool.path, spec.args, {
      cwd: dirname(spec.logFile),
      env: { ...kept, ...spec.env },
      stdio: ["ignore", log, log],
      // In a group of its own, so that a Ctrl-C on the terminal reaches it through us, in order.
      detached: true,
    });
    const ended = new Promise<void>((resolve) => {
      child.once("error", () => resolve());
      child.once("exit", (code, signal) => {
        onEnd(code, signal);
        resolve();
      });
    });
    if (child.pid === undefined)
      throw new OffingError("STACK_FAILED", { message: `${spec.name} cannot be run`, context: { path: spec.tool.path } });
    return { child, identity: identityOf(child.pid) ?? { pid: child.pid, started: "unknown" }, ended, phase: "starting" };
  } finally {
    closeSync(log);
  }
}

async function untilReady(spec: PartSpec, running: Running, signal: AbortSignal | undefined): Promise<void> {
  const deadline = AbortSignal.timeout(READY_TIMEOUT_MS);
  let ended = false;
  void running.ended.then(() => {
    ended = true;
  });
  while (!(await answers(spec.readyUrl))) {
    signal?.throwIfAborted();
    if (ended) throw exitError(spec, running.child.exitCode, running.child.signalCode);
    if (deadline.aborted) throw failed(spec, `is not ready after ${READY_TIMEOUT_MS / 1000} seconds`);
    await Promise.race([sleep(READY_POLL_MS), running.ended]);
  }
  if (ended) throw exitError(spec, running.child.exitCode, running.child.signalCode);
}

/** Whether `url` answers 200 within a second. */
export async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(1_000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

function exitError(spec: PartSpec, code: number | null, signal: NodeJS.Signals | null): OffingError {
  return failed(spec, `stopped by itself with ${signal === null ? `exit code ${code}` : signal}`);
}

function failed(spec: PartSpec, what: string): OffingError {
  const tail = logTail(spec.logFile);
  return new OffingError(tail.includes("address already in use") ? "PORT_TAKEN" : "STACK_FAILED", {
    message: `${spec.name} ${what}`,
    context: { part: spec.name, log: spec.logFile, "last lines": tail },
  });
}

async function within(promise: Promise<void>, timeoutMs: number): Promise<boolean> {
  const timer = new AbortController();
  const timeout = sleep(timeoutMs, false, { signal: timer.signal }).catch(() => false);
  const result = await Promise.race([promise.then(() => true), timeout]);
  timer.abort();
  return result;
}
