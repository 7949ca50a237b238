import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { HEADROOM } from "./disk-budget.ts";
import { sizeOf } from "./disk-size.ts";

/** How long Loki keeps lines as long as they fit: `retention_period` of observability/loki/loki.yaml. */
export const LONGEST_HOURS = 2_160;
/** Loki takes no shorter retention. */
const SHORTEST_HOURS = 24;
/** A shorter retention frees room only when the compactor has come by, every ten minutes, and two hours more have passed. */
const EFFECT_MS = 3 * 3_600_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const LOOK_MS = 600_000;

/** Where Loki reads, every ten seconds, how long it keeps lines. */
export function lokiLimitsFile(directory: string): string {
  return join(directory, "loki-limits.yaml");
}

/** Makes the file, with the longest retention; one that an earlier run left stays, for what it says still holds. */
export function prepareLokiLimits(directory: string): void {
  if (keptHours(directory) === undefined) writeHours(directory, LONGEST_HOURS);
}

/** How long lines are kept as the file says; nothing where there is no budget, or nothing to be read. */
export function keptHours(directory: string): number | undefined {
  try {
    const [, hours] = /retention_period: (\d+)h/.exec(readFileSync(lokiLimitsFile(directory), "utf8")) ?? [];
    return hours === undefined ? undefined : Number(hours);
  } catch {
    return undefined;
  }
}

/** What Loki has, and how long it keeps lines now. */
export interface LokiUse {
  readonly usedBytes: number;
  readonly roomBytes: number;
  /** The age of its oldest day, in hours. */
  readonly oldestHours: number;
  readonly hours: number;
}

/**
 * How long lines should be kept: shorter by what is too much when Loki takes more than its room, longer by a quarter when it takes less than
 * half of it, and as it is in between.
 */
export function fittedHours({ usedBytes, roomBytes, oldestHours, hours }: LokiUse): number {
  const fitting =
    usedBytes > roomBytes ? (Math.min(hours, oldestHours) * roomBytes) / usedBytes : hours * (usedBytes < roomBytes / 2 ? 1.25 : 1);
  return Math.max(SHORTEST_HOURS, Math.min(LONGEST_HOURS, Math.floor(fitting)));
}

/** Fits once how long Loki keeps lines to its share of the budget; a change is left alone until it can have had its effect. */
export async function fitLoki(directory: string, shareBytes: number, nowMs: number): Promise<void> {
  const hours = keptHours(directory);
  const oldestMs = oldestDayMs(directory);
  if (hours === undefined || oldestMs === undefined) return;
  const usedBytes = await sizeOf(join(directory, "loki"));
  const fitted = fittedHours({ usedBytes, roomBytes: shareBytes * HEADROOM, oldestHours: (nowMs - oldestMs) / HOUR_MS, hours });
  if (fitted !== hours && nowMs - statSync(lokiLimitsFile(directory)).mtimeMs > EFFECT_MS) writeHours(directory, fitted);
}

/** How long Loki is kept to its share, and who is told what stands in the way. */
export interface Keeping {
  readonly abort: AbortSignal;
  readonly say: (text: string) => void;
}

/** Keeps Loki to its share until aborted. What cannot be done now, such as to write on a full disk, is tried again later. */
export async function keepLokiToShare(directory: string, shareBytes: number, { abort, say }: Keeping): Promise<void> {
  while (!abort.aborted) {
    await fitLoki(directory, shareBytes, Date.now()).catch((error: unknown) => say(`how long Loki keeps lines was not fitted: ${error}\n`));
    await sleep(LOOK_MS, undefined, { signal: abort }).catch(() => {});
  }
}

/** Loki has one index table a day, named by the number of the day. */
function oldestDayMs(directory: string): number | undefined {
  try {
    const days = readdirSync(join(directory, "loki", "chunks", "index")).flatMap((name) => /^index_(\d+)$/.exec(name)?.[1] ?? []);
    return days.length === 0 ? undefined : Math.min(...days.map(Number)) * DAY_MS;
  } catch {
    return undefined;
  }
}

/** Loki without tenants calls its one tenant so. Whoever reads the file, or finds the disk full, never sees half of it. */
function writeHours(directory: string, hours: number): void {
  const file = lokiLimitsFile(directory);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(
    `${file}.new`,
    `# Written by \`./offing up --disk-budget\`; Loki reads it again every ten seconds.\noverrides:\n  fake:\n    retention_period: ${hours}h\n`,
  );
  renameSync(`${file}.new`, file);
}
