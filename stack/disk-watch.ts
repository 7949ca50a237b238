import { statfs } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { diskBudget, diskBudgetRatio, diskFilledRatio, diskUsed, linesKept, PARTS, type Part } from "#contract/generated/stack.ts";
import { createOtlpClient } from "#core/otlp.ts";
import { encodePoint } from "#core/otlp-proto.ts";
import type { GaugePoint } from "#core/signal.ts";
import type { DiskBudget } from "./disk-budget.ts";
import { sizeOf } from "./disk-size.ts";
import { keptHours } from "./loki-share.ts";
import { tracesFileOf } from "./part-specs.ts";

/** What is watched, and where it is told. */
export interface DiskWatch {
  /** The folders of each part; one that is not there takes nothing. */
  readonly folders: Readonly<Record<Part, readonly string[]>>;
  /** The folder whose disk is watched. */
  readonly directory: string;
  readonly budget: DiskBudget | null;
  readonly collector: string;
  /** 30 seconds when left out. */
  readonly intervalMs?: number;
}

/** Measures what the parts take and how full the disk is, and tells the Collector, until aborted. */
export async function watchDisk(watch: DiskWatch, abort: AbortSignal): Promise<void> {
  const otlp = createOtlpClient({ url: watch.collector, headers: {}, timeoutMs: 10_000 });
  const resource = { "service.name": "offing-stack", "service.instance.id": `${hostname()}-stack` };
  while (!abort.aborted) {
    const atMs = Date.now();
    const items = (await measureDisk(watch)).map(({ metric, labels, value }) => encodePoint({ metric, labels, value, atMs }));
    // A gauge of now: what cannot be told now is worthless later, and the Collector's absence has an alert of its own.
    await otlp.send({ signal: "metrics", resource, items, abort, patience: "once" }).catch(() => {});
    await sleep(watch.intervalMs ?? 30_000, undefined, { signal: abort }).catch(() => {});
  }
}

/** The watch over a stack: every folder of it that grows, and ledgers that stand elsewhere. */
export function diskWatchOf(options: {
  readonly directory: string;
  readonly budget: DiskBudget | null;
  readonly collector: string;
  readonly ledgers: readonly string[];
}): DiskWatch {
  const { directory, ledgers } = options;
  const below = (...names: readonly string[]): readonly string[] => names.map((name) => join(directory, name));
  const folders = {
    prometheus: below("prometheus"),
    loki: below("loki"),
    tempo: [...below("tempo"), tracesFileOf(directory)],
    queues: below("collector/queue"),
    ledger: [...below("alerts"), ...ledgers],
  };
  return { folders, directory, budget: options.budget, collector: options.collector };
}

/** What the disk looks like now. */
export async function measureDisk({ folders, directory, budget }: Omit<DiskWatch, "collector">): Promise<readonly GaugePoint[]> {
  const points: GaugePoint[] = [];
  for (const part of PARTS) {
    const sizes = await Promise.all(folders[part].map(sizeOf));
    const used = sizes.reduce((sum, size) => sum + size, 0);
    points.push(diskUsed.at({ part }, used));
    if (budget !== null) points.push(diskBudget.at({ part }, budget[part]), diskBudgetRatio.at({ part }, used / budget[part]));
  }
  const hours = keptHours(directory);
  if (hours !== undefined) points.push(linesKept.at({}, hours * 3_600));
  const { blocks, bfree, bavail } = await statfs(directory);
  // As df counts: what is kept for root is neither taken nor free.
  const taken = blocks - bfree;
  return [...points, diskFilledRatio.at({}, taken / (taken + bavail))];
}
