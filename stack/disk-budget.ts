import { PARTS, type Part } from "#contract/generated/stack.ts";
import { OffingError } from "#core/errors.ts";

/** How many bytes each part of the stack may take on the disk. */
export type DiskBudget = Readonly<Record<Part, number>>;

const GIB = 1024 ** 3;
const UNITS: Readonly<Record<string, number>> = { M: 1024 ** 2, G: GIB, T: 1024 ** 4 };
const LEAST = 2 * GIB;

/** Samples are small and kept longest; lines and spans are many; queues fill only while a backend is away; a ledger only grows. */
const SHARES: DiskBudget = { prometheus: 0.3, loki: 0.3, tempo: 0.15, queues: 0.1, ledger: 0.15 };

/** What is kept free of a share for what a program writes before it deletes: Prometheus counts its blocks only, not its log. */
export const HEADROOM = 0.8;
const MIB = 1024 ** 2;
const TRACE_FILES = 4;
const QUEUES = 3;

/**
 * Reads a budget such as `20G` and splits it over the parts.
 *
 * @throws USAGE_INVALID for what is no size, or too small to run with
 */
export function readDiskBudget(text: string): DiskBudget {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)([MGT])(?:i?B)?$/i.exec(text) ?? [];
  const bytes = Number(amount) * (UNITS[unit?.toUpperCase() ?? ""] ?? Number.NaN);
  if (!(bytes >= LEAST)) {
    const hint = "Write a size from 2G on, such as `--disk-budget 20G`.";
    throw new OffingError("USAGE_INVALID", { message: `${text} is no disk budget that the stack can run with`, hint });
  }
  return Object.fromEntries(PARTS.map((part) => [part, Math.floor(bytes * SHARES[part])])) as Record<Part, number>;
}

/** How the programs that can bound their data by size are told to. Loki is kept to its share by time (loki-share.ts); Tempo is watched. */
export function budgetSettings(budget: DiskBudget): {
  readonly prometheus: readonly string[];
  readonly collector: Readonly<Record<string, string>>;
} {
  return {
    prometheus: [`--storage.tsdb.retention.size=${Math.floor(budget.prometheus * HEADROOM)}B`],
    collector: {
      OFFING_QUEUE_BYTES: String(Math.floor((budget.queues * HEADROOM) / QUEUES)),
      OFFING_METRICS_QUEUE_BYTES: String(Math.floor((budget.queues * HEADROOM) / QUEUES)),
      OFFING_TRACES_FILE_MEGABYTES: String(Math.max(1, Math.floor(budget.tempo / TRACE_FILES / MIB))),
    },
  };
}
