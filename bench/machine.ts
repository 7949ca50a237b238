import { closeSync, fsyncSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { median } from "./statistics.ts";
import { busyShare, cpuTimes } from "./usage.ts";

/** What a figure depends on; nothing that names the machine or its user. */
export interface MachineFacts {
  readonly platform: string;
  readonly cores: number;
  readonly processor: string;
  readonly memoryGiB: number;
  readonly node: string;
  readonly sqlite: string;
  /** Median of writing 4 KiB and waiting until they are on the disk; near 0 on a disk in memory, where no ledger is durable. */
  readonly fsyncMs: number;
  readonly diskInMemory: boolean;
}

const SYNCS = 50;
const TMPFS = 0x01021994;
const LOOK_MS = 1_000;

/** Looks at the machine and at the disk under `folder`. */
export function machineFacts(folder: string): MachineFacts {
  const processors = cpus();
  return {
    platform: `${process.platform} ${process.arch}`,
    cores: processors.length,
    processor: processors[0]?.model ?? "unknown",
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
    sqlite: process.versions["sqlite"] ?? "unknown",
    fsyncMs: fsyncMs(join(folder, "fsync")),
    diskInMemory: statfsSync(folder).type === TMPFS,
  };
}

/** How busy others keep the machine while a bench waits. */
export interface Busyness {
  /** Share of all cores over one second, 0 to 1. */
  readonly busyShare: number;
  /** The load average of the last minute; a bench before this one is still in it. */
  readonly load: number;
}

/** Waits a moment and looks how much of the machine others use. */
export async function lookAround(): Promise<Busyness> {
  const before = cpuTimes();
  await sleep(LOOK_MS);
  return { busyShare: busyShare(before, cpuTimes()), load: loadavg()[0] ?? Number.NaN };
}

function fsyncMs(file: string): number {
  const descriptor = openSync(file, "w");
  try {
    const page = Buffer.alloc(4_096, 1);
    return median(
      Array.from({ length: SYNCS }, () => {
        const beganMs = performance.now();
        writeSync(descriptor, page);
        fsyncSync(descriptor);
        return performance.now() - beganMs;
      }),
    );
  } finally {
    closeSync(descriptor);
    rmSync(file);
  }
}
