import { monitorEventLoopDelay } from "node:perf_hooks";
import {
  ADMISSIONS,
  type Admission,
  DROP_REASONS,
  type DropReason,
  eventLoopLag,
  LABELS,
  type Label,
  startTimestamp,
  telemetryDropped,
  telemetryExportAge,
  telemetryQueueDepth,
  undeclared,
} from "#contract/generated/node.ts";
import { heartbeatTimestamp, processMemory, type Signal } from "#contract/generated/shared.ts";
import { type Log, onChange } from "#core/log.ts";
import type { Metrics } from "./metrics.ts";
import type { TelemetryHealth } from "./node-telemetry.ts";

/** Telemetry about telemetry: what waits, what was lost, and when the last export went through. */
export interface Health {
  readonly onDropped: (signal: Signal, reason: DropReason, count: number) => void;
  readonly onUndeclared: (label: Label, admission: Admission) => void;
  /** An export of `signal` ended; with what was wrong, if anything was. */
  readonly onExport: (signal: Signal, trouble?: string) => void;
  /** Begins to export all of it. */
  readonly report: (metrics: Metrics, depths: Depths) => void;
  readonly snapshot: (depths: Depths) => TelemetryHealth;
  readonly stop: () => void;
}

/** How many items wait, for each signal that is on. */
export type Depths = { readonly [S in "traces" | "logs"]?: () => number };

/** Counts from the start on, whether or not metrics are exported; says each change of state once in `log`. */
export function createHealth({ log, signals }: { readonly log: Log; readonly signals: readonly Signal[] }): Health {
  const startMs = Date.now();
  const lastExportMs = new Map<Signal, number>(signals.map((signal) => [signal, startMs]));
  const dropped = new Map<string, number>();
  const undeclaredCounts = new Map<string, number>();
  const troubles = new Map(signals.map((signal) => [signal, onChange(log, `telemetry: ${signal} to the Collector`)]));
  const losses = new Map(signals.map((signal) => [signal, onChange(log, `telemetry: ${signal} that wait`)]));
  const loop = monitorEventLoopDelay({ resolution: 20 });
  let count: ((signal: Signal, reason: DropReason, count: number) => void) | undefined;
  let countUndeclared: Health["onUndeclared"] | undefined;
  return {
    onDropped: (signal, reason, items) => {
      dropped.set(signal, (dropped.get(signal) ?? 0) + items);
      if (reason === "queue_full") losses.get(signal)?.("the queue is full and the oldest are dropped");
      count?.(signal, reason, items);
    },
    onUndeclared: (label, admission) => {
      const key = `${label} ${admission}`;
      undeclaredCounts.set(key, (undeclaredCounts.get(key) ?? 0) + 1);
      countUndeclared?.(label, admission);
    },
    onExport: (signal, trouble) => {
      if (trouble === undefined) lastExportMs.set(signal, Date.now());
      troubles.get(signal)?.(trouble === undefined ? undefined : "not delivered", trouble === undefined ? {} : { error: trouble });
    },
    report: (metrics, depths) => {
      const drops = metrics.counter(telemetryDropped);
      for (const signal of signals) for (const drop_reason of DROP_REASONS) drops.add(0, { signal, drop_reason });
      count = (signal, drop_reason, items) => drops.add(items, { signal, drop_reason });
      const values = metrics.counter(undeclared);
      for (const label of LABELS) {
        for (const admission of ADMISSIONS) values.add(undeclaredCounts.get(`${label} ${admission}`) ?? 0, { label, admission });
      }
      countUndeclared = (label, admission) => values.add(1, { label, admission });
      loop.enable();
      observeProcess(metrics, { startMs, loop });
      observeDelivery(metrics, { depths, lastExportMs, losses });
    },
    snapshot: ({ traces, logs }) => ({
      queued: { traces: traces?.() ?? 0, logs: logs?.() ?? 0 },
      dropped: { traces: dropped.get("traces") ?? 0, logs: dropped.get("logs") ?? 0 },
    }),
    stop: () => loop.disable(),
  };
}

function observeProcess(
  metrics: Metrics,
  { startMs, loop }: { readonly startMs: number; readonly loop: ReturnType<typeof monitorEventLoopDelay> },
): void {
  const one = (value: number) => [{ value, labels: {} }];
  metrics.observe(startTimestamp, () => one(startMs / 1_000));
  metrics.observe(heartbeatTimestamp, () => one(Date.now() / 1_000));
  metrics.observe(processMemory, () => one(process.memoryUsage.rss()));
  metrics.observe(eventLoopLag, () => {
    const longestMs = loop.max / 1e6;
    loop.reset();
    return one(Number.isFinite(longestMs) ? longestMs / 1_000 : 0);
  });
}

function observeDelivery(
  metrics: Metrics,
  state: {
    readonly depths: Depths;
    readonly lastExportMs: ReadonlyMap<Signal, number>;
    readonly losses: ReadonlyMap<Signal, (trouble: string | undefined) => void>;
  },
): void {
  const { depths, lastExportMs, losses } = state;
  const depthsNow = () => Object.entries(depths).map(([signal, depth]) => ({ value: depth(), labels: { signal } }));
  metrics.observe(telemetryQueueDepth, () => {
    const all = depthsNow();
    // An emptied queue ends the state of losing, however often it filled up in between.
    for (const { value, labels } of all) if (value === 0) losses.get(labels.signal as Signal)?.(undefined);
    return all;
  });
  metrics.observe(telemetryExportAge, () =>
    [...lastExportMs].map(([signal, atMs]) => ({ value: Math.max(0, Date.now() - atMs) / 1_000, labels: { signal } })),
  );
}
