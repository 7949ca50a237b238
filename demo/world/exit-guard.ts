import type { ChildProcess } from "node:child_process";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const guarded = new Set<ChildProcess>();

/**
 * Ends the child when this process ends: at its exit, and on a signal that would end it.
 *
 * A handler of a signal takes away Node's own reaction, so when no other handler is there the signal is raised again.
 *
 * @returns a function that lets the child go.
 * @see https://nodejs.org/api/process.html#signal-events
 */
export function killWithThisProcess(child: ChildProcess): () => void {
  if (guarded.size === 0) arm();
  guarded.add(child);
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
  for (const child of guarded) child.kill("SIGKILL");
}

/** Leaves before counting: a second guard of the same kind must not wait for this one. */
function onSignal(signal: NodeJS.Signals): void {
  killAll();
  process.off(signal, onSignal);
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
}
