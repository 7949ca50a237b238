import type { ChildProcess } from "node:child_process";
import { rmSync } from "node:fs";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** Each child with the temporary folder that goes with it. */
const guarded = new Map<ChildProcess, string | undefined>();

/**
 * Ends the child when this process ends, at its exit and on a signal that would end it, and removes its temporary folder.
 *
 * A handler of a signal takes away Node's own reaction, so when no other handler is there the signal is raised again.
 *
 * @returns a function that lets the child go.
 * @see https://nodejs.org/api/process.html#signal-events
 */
export function killWithThisProcess(child: ChildProcess, folder: string | undefined): () => void {
  if (guarded.size === 0) arm();
  guarded.set(child, folder);
  return () => {
    if (guarded.delete(child) && guarded.size === 0) disarm();
  };
}

function arm(): void {
  process.on("exit", killAll);
  for (const signal of signals) process.on(signal, onSignal);
}

function disarm(): void {
  process.off("exit", killAll);
  for (const signal of signals) process.off(signal, onSignal);
}

function killAll(): void {
  for (const [child, folder] of guarded) {
    child.kill("SIGKILL");
    if (folder !== undefined) removeQuietly(folder);
  }
}

/** Leaves before counting: a second guard of the same kind must not wait for this one. */
function onSignal(signal: NodeJS.Signals): void {
  killAll();
  process.off(signal, onSignal);
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
}

/** A dying child may still write; a left-over folder in the system's temporary one is no reason to fail. */
function removeQuietly(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3, retryDelay: 20 });
  } catch {
    // Nothing is left to do: this process is ending.
  }
}
