import { readFileSync } from "node:fs";

const TICKS_PER_SECOND = 100;

/** The most memory this process ever had resident, MiB. */
export function peakRssMiB(): number {
  return process.resourceUsage().maxRSS / 1024;
}

/** The processor seconds this process used since `before`, user and system. */
export function ownCpuSeconds(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/**
 * The processor seconds another process has used so far, user and system; NaN where there is no /proc.
 *
 * @see proc_pid_stat(5)
 */
export function cpuSecondsOf(pid: number): number {
  const fields = statFields(`/proc/${pid}/stat`);
  return (Number(fields?.[11]) + Number(fields?.[12])) / TICKS_PER_SECOND;
}

/** The memory another process has resident now, MiB; NaN where there is no /proc. */
export function rssMiBOf(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]) / 1024;
  } catch {
    return Number.NaN;
  }
}

/** The share of all cores that was busy between two looks, 0 to 1; NaN where there is no /proc. */
export function busyShare(before: CpuTimes, after: CpuTimes): number {
  return (after.busy - before.busy) / (after.busy - before.busy + after.idle - before.idle);
}

/** Ticks of all cores since boot. */
export interface CpuTimes {
  readonly busy: number;
  readonly idle: number;
}

/** Looks at all cores; what another machine steals from this one counts as busy. @see proc_stat(5) */
export function cpuTimes(): CpuTimes {
  try {
    const line = readFileSync("/proc/stat", "latin1").split("\n")[0] ?? "";
    const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = line.split(/\s+/).slice(1).map(Number);
    return { busy: user + nice + system + irq + softirq + steal, idle: idle + iowait };
  } catch {
    return { busy: Number.NaN, idle: Number.NaN };
  }
}

/** The name in parentheses may hold spaces, so fields are counted behind the last parenthesis. */
function statFields(file: string): readonly string[] | undefined {
  try {
    const stat = readFileSync(file, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}
