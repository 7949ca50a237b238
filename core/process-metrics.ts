import {
  buildInfo,
  configInfo,
  DELIVERIES,
  deadLetters,
  FAULTS,
  heartbeatTimestamp,
  ORIGINS,
  otlpItems,
  processMemory,
  projectorLag,
  projectorLagAge,
  REASONS,
  SIGNALS,
  sourceFaults,
} from "#contract/generated/shared.ts";
import type { Clock } from "#core/clock.ts";
import type { DeadLetter } from "#core/ledger/ledger.ts";
import type { Meter } from "#core/meter.ts";
import { createOtlpClient, type DeliveryEvent, type OtlpOptions } from "#core/otlp.ts";
import { encodePoint, encodeSpan } from "#core/otlp-proto.ts";
import type { Progress } from "#core/projector.ts";
import type { Attributes } from "#core/signal.ts";

/** The process that tells of itself, and how: what `run` and `runStream` are told already. */
export interface ProcessOptions {
  readonly meter: Meter;
  readonly clock: Clock;
  readonly collector: Omit<OtlpOptions, "clock" | "onDelivery"> & { readonly intervalMs: number };
  readonly resource: Attributes;
  /** Host and role, the same after a restart: `service.instance.id` of its metrics. */
  readonly slot: string;
  readonly version: string;
  /** Of the configuration in force; left out where there is none. */
  readonly configDigest?: string;
}

/** How the process is, now. */
export interface ProcessLife {
  /** When the loop last turned, Unix milliseconds; undefined before its first turn. */
  readonly heartbeatMs: () => number | undefined;
  readonly progress: () => Progress;
  readonly headSeq: () => number;
}

/**
 * Exports the process's metrics at each interval until aborted.
 *
 * They speak of now: what cannot be delivered now is worthless later, so nothing waits and nothing is resent.
 */
export async function exportProcessMetrics(options: ProcessOptions, life: ProcessLife, abort: AbortSignal): Promise<void> {
  const { meter, clock, collector } = options;
  zeroProcessMetrics(meter);
  // Its own client without counts: what measures the delivery must not count its own reports.
  const otlp = createOtlpClient({ ...collector, clock });
  const resource = { ...options.resource, "service.instance.id": options.slot };
  const startMs = clock.nowMs();
  while (!abort.aborted) {
    observe(options, life);
    const atMs = clock.nowMs();
    const items = meter.collect().map(({ metric, labels, value, buckets }) =>
      encodePoint({
        metric,
        labels,
        atMs,
        value,
        ...(metric.instrument === "gauge" ? {} : { startMs }),
        ...(buckets === null ? {} : { buckets }),
      }),
    );
    try {
      await otlp.send({ signal: "metrics", resource, items, abort, patience: "once" });
      const spans = meter.takeSpans().map(encodeSpan);
      if (spans.length > 0) await otlp.send({ signal: "traces", resource, items: spans, abort, patience: "once" });
    } catch {
      // The projector meets the same trouble and says it once; the missing heartbeat tells the rest.
    }
    await clock.sleep(collector.intervalMs, abort);
  }
}

function observe({ meter, clock, version, configDigest }: ProcessOptions, { heartbeatMs, progress, headSeq }: ProcessLife): void {
  const { cursorSeq, waitingSinceMs } = progress();
  const beatMs = heartbeatMs();
  meter.set(buildInfo.at({ version }, 1));
  if (configDigest !== undefined) meter.set(configInfo.at({ config_digest: configDigest }, 1));
  meter.set(processMemory.at({}, process.memoryUsage.rss()));
  if (beatMs !== undefined) meter.set(heartbeatTimestamp.at({}, beatMs / 1000));
  meter.set(projectorLag.at({}, Math.max(0, headSeq() - cursorSeq)));
  meter.set(projectorLagAge.at({}, waitingSinceMs === undefined ? 0 : Math.max(0, clock.nowMs() - waitingSinceMs) / 1000));
}

/** Gives every series of a closed label set its 0, so that the first count of each is a visible step. */
function zeroProcessMetrics(meter: Meter): void {
  for (const signal of SIGNALS) for (const delivery of DELIVERIES) meter.count(otlpItems.add({ signal, delivery }, 0));
  for (const fault of FAULTS) meter.count(sourceFaults.add({ fault }, 0));
  for (const origin of ORIGINS) for (const reason of REASONS) meter.count(deadLetters.add({ origin, reason }, 0));
}

/** Counts what became of items at the Collector. */
export function countDelivery(meter: Meter, { signal, delivery, count }: DeliveryEvent): void {
  meter.count(otlpItems.add({ signal, delivery }, count));
  if (delivery === "dead_lettered") meter.count(deadLetters.add({ origin: "projector", reason: "collector_refused" }, count));
}

/** Counts one dead letter; a reason outside the contract's list counts as unknown. */
export function countDeadLetter(meter: Meter, { origin, reason }: Pick<DeadLetter, "origin" | "reason">): void {
  meter.count(deadLetters.add({ origin, reason: REASONS.find((known) => known === reason) ?? "unknown" }));
}
