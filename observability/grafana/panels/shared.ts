import {
  buildInfo,
  deadLetters,
  facts,
  heartbeatTimestamp,
  ledgerCursor,
  otlpItems,
  processMemory,
  projectorLag,
  projectorLagAge,
  rpcDuration,
  rpcRequests,
  sourceFaults,
} from "#contract/generated/shared.ts";
import { increase, lastOver, quantile, rate, type Selector, secondsSince, sumBy } from "./promql.ts";
import { bars, type PlaceablePanel, stat, timeseries } from "./toolkit.ts";

/** What OffingEmitterSilent, OffingProjectorLagging and the two refusal alerts compare with. @see shared.rules.yaml */
const SILENT_AFTER_SECONDS = 60;
const LAGGING_AFTER_SECONDS = 120;
const NONE = 0;

/** Panels that every emitter's dashboard has, with the same keys on each. */
export interface SharedPanels {
  readonly heartbeatAge: PlaceablePanel;
  readonly waitingAge: PlaceablePanel;
  readonly refused: PlaceablePanel;
  readonly deadLettered: PlaceablePanel;
  readonly faults: PlaceablePanel;
  readonly delivered: PlaceablePanel;
  readonly waiting: PlaceablePanel;
  readonly ledgerFacts: PlaceablePanel;
  readonly cursor: PlaceablePanel;
  readonly rpcRequests: PlaceablePanel;
  readonly rpcLatency: PlaceablePanel;
  readonly memory: PlaceablePanel;
  readonly build: PlaceablePanel;
}

/** Makes the shared panels for the emitter that `select` writes selectors for. */
export function sharedPanels(select: Selector): SharedPanels {
  return { ...lifePanels(select), ...lossPanels(select), ...deliveryPanels(select), ...rpcPanels(select) };
}

function lifePanels({ series }: Selector): Pick<SharedPanels, "heartbeatAge" | "waitingAge" | "memory" | "build"> {
  return {
    heartbeatAge: stat({
      key: "heartbeat-age",
      title: "Last heartbeat",
      description:
        "Whether the figures beside it are of now: seconds since the emitter's loop last turned, looked for within a day. When this is red, every other panel shows what was true then.",
      threshold: { over: SILENT_AFTER_SECONDS },
      queries: [{ vector: secondsSince(lastOver(series(heartbeatTimestamp), "1d")), legend: "{{instance}}" }],
    }),
    waitingAge: stat({
      key: "projector-lag-age",
      title: "Oldest fact waiting",
      description: "How far metrics, logs and traces are behind the ledger: the age of the oldest fact the Collector has not acknowledged.",
      threshold: { over: LAGGING_AFTER_SECONDS },
      queries: [{ vector: series(projectorLagAge), legend: "{{instance}}" }],
    }),
    memory: timeseries({
      key: "process-memory",
      title: "Memory",
      description: "Whether the emitter's memory stays flat: resident bytes of the process.",
      queries: [{ vector: series(processMemory), legend: "{{instance}}" }],
    }),
    build: stat({
      key: "build-info",
      title: "Version running",
      description: "Which version of Offing reports, and how many processes of it.",
      queries: [{ vector: sumBy(series(buildInfo), ["version"]), legend: "{{version}}" }],
    }),
  };
}

function lossPanels({ series }: Selector): Pick<SharedPanels, "refused" | "deadLettered" | "faults"> {
  const refused = series(otlpItems, { delivery: ["rejected", "dead_lettered"] });
  return {
    refused: timeseries({
      key: "items-refused",
      title: "Refused by the Collector within the hour",
      description: "What will never arrive: spans, points and records the Collector refused for good. Anything above zero needs a look.",
      threshold: { over: NONE },
      queries: [{ vector: sumBy(increase(refused, "1h"), ["job", "instance", "signal", "delivery"]), legend: "{{signal}} {{delivery}}" }],
    }),
    deadLettered: timeseries({
      key: "inputs-dead-lettered",
      title: "Set aside before becoming a fact, within the hour",
      description:
        "What the source or interpret could not use. Facts may be missing; the ledger's dead_letters table keeps each with its reason.",
      threshold: { over: NONE },
      queries: [
        {
          vector: sumBy(increase(series(deadLetters, { origin: { not: "projector" } }), "1h"), ["job", "instance", "origin", "reason"]),
          legend: "{{origin}} {{reason}}",
        },
      ],
    }),
    faults: timeseries({
      key: "source-faults",
      title: "Answers of the world not used",
      description: "Why the source had to ask again. A steady fault explains a lag or a standing head.",
      draw: "bars",
      queries: [{ vector: sumBy(increase(series(sourceFaults), "$__rate_interval"), ["fault"]), legend: "{{fault}}" }],
    }),
  };
}

function deliveryPanels({ series, net }: Selector): Pick<SharedPanels, "delivered" | "waiting" | "ledgerFacts" | "cursor"> {
  return {
    delivered: timeseries({
      key: "items-delivered",
      title: "Delivery to the Collector",
      description:
        "How much leaves the emitter and what becomes of it. `retried` that does not stop means a Collector that is down or full.",
      queries: [{ vector: sumBy(rate(series(otlpItems), "$__rate_interval"), ["signal", "delivery"]), legend: "{{signal}} {{delivery}}" }],
    }),
    waiting: timeseries({
      key: "projector-lag",
      title: "Facts waiting",
      description: "Facts in the ledger that the Collector has not acknowledged. They are safe; a line that only rises needs a look.",
      queries: [{ vector: series(projectorLag), legend: "{{instance}}" }],
    }),
    ledgerFacts: bars({
      key: "ledger-facts",
      title: "Facts in the ledger",
      description: "What the ledger holds by kind, less what was retracted. `./offing reconcile` compares these numbers with SQL.",
      queries: [{ vector: sumBy(net(facts), ["fact_kind"]), legend: "{{fact_kind}}" }],
    }),
    cursor: timeseries({
      key: "ledger-cursor",
      title: "Ledger position",
      description:
        "The position at which all totals of an export stand; reconcile compares at it. Flat while nothing happens on the chain.",
      queries: [{ vector: series(ledgerCursor), legend: "{{instance}}" }],
    }),
  };
}

function rpcPanels({ series, histogram }: Selector): Pick<SharedPanels, "rpcRequests" | "rpcLatency"> {
  const buckets = histogram(rpcDuration, "bucket");
  const latency = (share: number): ReturnType<typeof quantile> =>
    quantile(share, { buckets, unit: rpcDuration.unit, range: "$__rate_interval", by: ["method"] });
  return {
    rpcRequests: timeseries({
      key: "rpc-requests",
      title: "RPC requests",
      description: "What the emitter asks of the endpoints and how it ends. A rate near zero with a moving chain means a stuck source.",
      queries: [
        {
          vector: sumBy(rate(series(rpcRequests), "$__rate_interval"), ["provider", "method", "rpc.outcome"]),
          legend: "{{provider}} {{method}} {{rpc_outcome}}",
        },
      ],
    }),
    rpcLatency: timeseries({
      key: "rpc-latency",
      title: "RPC latency",
      description: "How long the endpoints take: median and 99th percentile by method. Slow traces are the usual cause of a lag.",
      queries: [
        { vector: latency(0.5), legend: "p50 {{method}}" },
        { vector: latency(0.99), legend: "p99 {{method}}" },
      ],
    }),
  };
}
