import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** One process for good: its id and when it began, so that a recycled id is never taken for it. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque; equal only for the same process of the same boot. */
  readonly started: string;
}

/** Who holds `pid` now, or null when nobody does; a process that has ended but was not reaped yet is nobody. */
export function identityOf(pid: number): ProcessIdentity | null {
  const started = process.platform === "linux" ? startedOnLinux(pid) : startedByPs(pid);
  return started === null ? null : { pid, started };
}

/** Whether the very process named by `identity` still runs. */
export function isRunning(identity: ProcessIdentity): boolean {
  return identityOf(identity.pid)?.started === identity.started;
}

/**
 * Sends `signal` to the process named by `identity`, unless it has ended or its id belongs to another process by now.
 *
 * @returns whether it was sent
 */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isRunning(identity)) return false;
  try {
    return process.kill(identity.pid, signal);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return false;
    throw error;
  }
}

/**
 * Ticks since boot at which the process began.
 *
 * @see proc_pid_stat(5): the name in parentheses may hold spaces, so fields are counted behind the last parenthesis
 */
function startedOnLinux(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state, ticks] = [fields[0], fields[19]];
    if (ticks === undefined || state === "Z" || state === "X") return null;
    return `${ticks}@${readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim()}`;
  } catch {
    return null;
  }
}

function startedByPs(pid: number): string | null {
  try {
    const line = execFileSync("ps", ["-o", "stat=,lstart=", "-p", String(pid)], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    const [state = "", ...start] = line.trim().split(/\s+/);
    return state === "" || state.startsWith("Z") ? null : start.join("_");
  } catch {
    return null;
  }
}
