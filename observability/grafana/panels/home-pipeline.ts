import {
  otelcolExporterEnqueueFailedLogRecords,
  otelcolExporterEnqueueFailedMetricPoints,
  otelcolExporterEnqueueFailedSpans,
  otelcolExporterQueueCapacity,
  otelcolExporterQueueSize,
  otelcolExporterSendFailedLogRecords,
  otelcolExporterSendFailedMetricPoints,
  otelcolExporterSendFailedSpans,
  otelcolProcessMemoryRss,
  otelcolReceiverAcceptedLogRecords,
  otelcolReceiverAcceptedMetricPoints,
  otelcolReceiverAcceptedSpans,
  otelcolReceiverRefusedLogRecords,
  otelcolReceiverRefusedMetricPoints,
  otelcolReceiverRefusedSpans,
} from "#contract/generated/collector.ts";
import { otlpItems, projectorLagAge } from "#contract/generated/shared.ts";
import type { Counter, Labels } from "#core/signal.ts";
import { increase, increaseWithBirth, maxBy, rate, ratio, sampleAge, selectorOf, sumBy, type Vector, zeroWhile } from "./promql.ts";
import { show } from "./query.ts";
import { type PlaceablePanel, stat, timeseries, type ValuePanel } from "./toolkit.ts";

/** How the Collector calls itself: service.namespace and service.name. */
const COLLECTOR_JOB = "offing/otelcol";
const { series } = selectorOf({ job: COLLECTOR_JOB });
// For spans, metric points and log records.
const TAKEN = [otelcolReceiverAcceptedSpans, otelcolReceiverAcceptedMetricPoints, otelcolReceiverAcceptedLogRecords] as const;
const REFUSED = [otelcolReceiverRefusedSpans, otelcolReceiverRefusedMetricPoints, otelcolReceiverRefusedLogRecords] as const;
const LOST = [otelcolExporterSendFailedSpans, otelcolExporterSendFailedMetricPoints, otelcolExporterSendFailedLogRecords] as const;
const WITHOUT_ROOM = [
  otelcolExporterEnqueueFailedSpans,
  otelcolExporterEnqueueFailedMetricPoints,
  otelcolExporterEnqueueFailedLogRecords,
] as const;
const alive = sumBy(series(otelcolProcessMemoryRss), ["instance"]);

/** What the Collector lost or would not take; each is 0 only while the Collector reports. */
export function lossLine(): PlaceablePanel[] {
  return [
    stat({
      key: "collector-age",
      title: "Collector: last report",
      description: "Whether the figures beside it are of now: seconds since the Collector last reported, looked for within an hour.",
      alert: "OffingCollectorSilent",
      queries: [show(sampleAge(series(otelcolProcessMemoryRss)), "{{instance}}")],
    }),
    stat({
      key: "collector-refused",
      title: "Collector: refused",
      description: "What it would not take since its start, for want of memory or room. Senders keep it and try again.",
      queries: bySignal(REFUSED, counted),
    }),
    stat({
      key: "collector-failed",
      title: "Collector: failed for good",
      description:
        "What a backend refused for good since the Collector's start. It will never arrive there; `./offing reconcile` says what is missing.",
      queries: bySignal(LOST, counted),
    }),
    stat({
      key: "collector-dropped",
      title: "Collector: no room in a queue",
      description:
        "What found no room in a queue since the Collector's start. A full queue blocks its sender, so this stays 0 in our configuration.",
      queries: bySignal(WITHOUT_ROOM, counted),
    }),
  ];
}

/** When the Collector lost or refused something. What was lost has no series while all is well. */
export function lossCourseLine(): PlaceablePanel[] {
  const lost = <L extends Labels>(counter: Counter<L>): Vector<"exporter"> =>
    sumBy(increaseWithBirth(series(counter) as Vector<"exporter">, "1h"), ["exporter"]);
  const refused = <L extends Labels>(counter: Counter<L>): Vector<"instance"> => sumBy(rate(series(counter), "5m"), ["instance"]);
  return [
    timeseries({
      key: "collector-lost",
      title: "Collector: lost within the hour",
      description: "What a backend refused for good, by exporter. It is in the ledgers and will not be sent again.",
      alert: "OffingCollectorItemsLost",
      noData: "nothing was ever lost",
      queries: [show(lost(LOST[0]), "{{exporter}}"), show(lost(LOST[1]), "{{exporter}}"), show(lost(LOST[2]), "{{exporter}}")],
    }),
    timeseries({
      key: "collector-refusing",
      title: "Collector: refused, a second",
      description: "What it would not take, for want of memory or of room in a queue. Ledgers wait; nodes drop what finds no room.",
      alert: "OffingCollectorRefusing",
      queries: [
        show(refused(REFUSED[0]), "{{instance}} spans"),
        show(refused(REFUSED[1]), "{{instance}} points"),
        show(refused(REFUSED[2]), "{{instance}} records"),
      ],
    }),
  ];
}

/** What waits in the Collector, and what it takes. */
export function queueLine(): PlaceablePanel[] {
  const by = ["exporter", "data_type"] as const;
  return [
    timeseries({
      key: "collector-queue",
      title: "Collector: queues",
      description: "What waits on disk for each backend. A line that only rises is a backend that does not take it.",
      queries: [show(sumBy(series(otelcolExporterQueueSize), by), "{{exporter}} {{data_type}}")],
    }),
    timeseries({
      key: "collector-queue-share",
      title: "Collector: queues, share of their room",
      description: "How near each queue is to full. At 1 the Collector takes nothing more of this signal, and the ledger waits.",
      alert: "OffingCollectorQueueFilling",
      queries: [
        show(
          ratio(sumBy(series(otelcolExporterQueueSize), by), sumBy(series(otelcolExporterQueueCapacity), by)),
          "{{exporter}} {{data_type}}",
        ),
      ],
    }),
    timeseries({
      key: "collector-memory",
      title: "Collector: memory",
      description: "Whether it stays below its limit of 512 MiB, beyond which it refuses.",
      queries: [show(series(otelcolProcessMemoryRss), "{{instance}}")],
    }),
  ];
}

/** What comes in, and what each emitter still holds back. */
export function deliveryLine(jobs: RegExp): PlaceablePanel[] {
  const emitters = selectorOf({ job: jobs });
  const perSecond = <L extends Labels>(counter: Counter<L>): Vector<"instance"> =>
    sumBy(rate(series(counter), "$__rate_interval"), ["instance"]);
  return [
    timeseries({
      key: "collector-accepted",
      title: "Collector: taken in",
      description: "How much arrives, by signal. All three at zero with emitters alive is a broken first hop.",
      queries: bySignal(TAKEN, perSecond),
    }),
    timeseries({
      key: "projector-lag-ages",
      title: "Emitters: oldest fact waiting",
      description: "How far metrics, logs and traces are behind each ledger.",
      queries: [show(maxBy(emitters.series(projectorLagAge), ["job"]), "{{job}}")],
    }),
    timeseries({
      key: "deliveries",
      title: "Emitters: refused and repeated",
      description: "What each emitter's items met at the Collector within the hour, besides being taken.",
      queries: [
        show(
          sumBy(increase(emitters.series(otlpItems, { delivery: { not: "acknowledged" } }), "1h"), ["job", "delivery"]),
          "{{job}} {{delivery}}",
        ),
      ],
    }),
  ];
}

/** The same of each signal's counter. */
function bySignal<L extends Labels>(
  [spans, points, records]: readonly [Counter<L>, Counter<L>, Counter<L>],
  of: (counter: Counter<L>) => Vector<"instance">,
): ValuePanel["queries"] {
  return [show(of(spans), "spans"), show(of(points), "points"), show(of(records), "records")];
}

/** A counter of the Collector since its start, over all receivers or exporters. */
function counted<L extends Labels>(counter: Counter<L>): Vector<"instance"> {
  return zeroWhile(sumBy(series(counter), ["instance"]), alive);
}
