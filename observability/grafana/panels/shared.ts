import {
  buildInfo,
  configInfo,
  deadLetters,
  facts,
  heartbeatTimestamp,
  ledgerCursor,
  otlpItems,
  processMemory,
  projectorLag,
  projectorLagAge,
  sourceFaults,
} from "#contract/generated/shared.ts";
import { increase, lastOver, rate, type Selector, sampleAge, secondsSince, sumBy } from "./promql.ts";
import { show } from "./query.ts";
import { type RpcPanels, rpcPanels } from "./rpc.ts";
import { bars, type PlaceablePanel, stat, timeseries } from "./toolkit.ts";

/** Panels that every emitter's dashboard has, with the same keys on each. */
export interface SharedPanels extends RpcPanels {
  readonly heartbeatAge: PlaceablePanel;
  readonly waitingAge: PlaceablePanel;
  readonly refused: PlaceablePanel;
  readonly deadLettered: PlaceablePanel;
  readonly faults: PlaceablePanel;
  readonly delivered: PlaceablePanel;
  readonly waiting: PlaceablePanel;
  readonly ledgerFacts: PlaceablePanel;
  readonly cursor: PlaceablePanel;
  readonly memory: PlaceablePanel;
  readonly build: PlaceablePanel;
  readonly config: PlaceablePanel;
}

/** Makes the shared panels for the emitter that `select` writes selectors for. */
export function sharedPanels(select: Selector): SharedPanels {
  return { ...lifePanels(select), ...lossPanels(select), ...deliveryPanels(select), ...rpcPanels(select) };
}

/**
 * How old the ledger's figures are, to stand in each row that shows some of now: the row's word makes key and title its own.
 *
 * It asks for samples of the last hour, so it goes on telling when the figures beside it have gone.
 */
export function figuresAge({ series }: Selector, row: string): PlaceablePanel {
  return stat({
    key: `figures-age-${row}`,
    title: `Age of the figures on ${row}`,
    description: "Whether the figures beside it are of now: seconds since the ledger's totals last arrived. Some seconds are normal.",
    queries: [show(sampleAge(series(ledgerCursor)), "{{instance}}")],
  });
}

function lifePanels({ series }: Selector): Pick<SharedPanels, "heartbeatAge" | "waitingAge" | "memory" | "build" | "config"> {
  return {
    heartbeatAge: stat({
      key: "heartbeat-age",
      title: "Last heartbeat",
      description:
        "Whether the figures beside it are of now: seconds since the emitter's loop last turned, looked for within a day. When this is red, every other panel shows what was true then.",
      alert: "OffingEmitterSilent",
      queries: [show(secondsSince(lastOver(series(heartbeatTimestamp), "1d")), "{{instance}}")],
    }),
    waitingAge: stat({
      key: "projector-lag-age",
      title: "Oldest fact waiting",
      description: "How far metrics, logs and traces are behind the ledger: the age of the oldest fact the Collector has not acknowledged.",
      alert: "OffingProjectorLagging",
      queries: [show(series(projectorLagAge), "{{instance}}")],
    }),
    memory: timeseries({
      key: "process-memory",
      title: "Memory",
      description: "Whether the emitter's memory stays flat: resident bytes of the process.",
      queries: [show(series(processMemory), "{{instance}}")],
    }),
    build: bars({
      key: "build-info",
      title: "Version running",
      description: "Which version of Offing reports, and how many processes of it. The blue marks are the moments at which one began to.",
      queries: [show(sumBy(series(buildInfo), ["version"]), "{{version}}")],
    }),
    config: bars({
      key: "config-info",
      title: "Configuration in force",
      description:
        "Which configuration runs, by its digest. Two digests in one slot within five minutes are a change; the green marks show when.",
      queries: [show(sumBy(series(configInfo), ["instance", "config_digest"]), "{{instance}} {{config_digest}}")],
    }),
  };
}

function lossPanels({ series }: Selector): Pick<SharedPanels, "refused" | "deadLettered" | "faults"> {
  const refused = series(otlpItems, { delivery: ["rejected", "dead_lettered"] });
  return {
    refused: timeseries({
      key: "items-refused",
      alert: "OffingItemsRefused",
      title: "Refused by the Collector within the hour",
      description: "What will never arrive: spans, points and records the Collector refused for good. Anything above zero needs a look.",
      queries: [show(sumBy(increase(refused, "1h"), ["job", "instance", "signal", "delivery"]), "{{signal}} {{delivery}}")],
    }),
    deadLettered: timeseries({
      key: "inputs-dead-lettered",
      alert: "OffingInputsDeadLettered",
      title: "Set aside before becoming a fact, within the hour",
      description:
        "What the source or interpret could not use. Facts may be missing; the ledger's dead_letters table keeps each with its reason.",
      queries: [
        show(
          sumBy(increase(series(deadLetters, { origin: { not: "projector" } }), "1h"), ["job", "instance", "origin", "reason"]),
          "{{origin}} {{reason}}",
        ),
      ],
    }),
    faults: timeseries({
      key: "source-faults",
      title: "Answers of the world not used",
      description: "Why the source had to ask again. A steady fault explains a lag or a standing head.",
      draw: "bars",
      queries: [show(sumBy(increase(series(sourceFaults), "$__rate_interval"), ["fault"]), "{{fault}}")],
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
      queries: [show(sumBy(rate(series(otlpItems), "$__rate_interval"), ["signal", "delivery"]), "{{signal}} {{delivery}}")],
    }),
    waiting: timeseries({
      key: "projector-lag",
      title: "Facts waiting",
      description: "Facts in the ledger that the Collector has not acknowledged. They are safe; a line that only rises needs a look.",
      queries: [show(series(projectorLag), "{{instance}}")],
    }),
    ledgerFacts: bars({
      key: "ledger-facts",
      title: "Facts in the ledger",
      description: "What the ledger holds by kind, less what was retracted. `./offing reconcile` compares these numbers with SQL.",
      queries: [show(sumBy(net(facts), ["fact_kind"]), "{{fact_kind}}")],
    }),
    cursor: timeseries({
      key: "ledger-cursor",
      title: "Ledger position",
      description:
        "The position at which all totals of an export stand; reconcile compares at it. Flat while nothing happens on the chain.",
      queries: [show(series(ledgerCursor), "{{instance}}")],
    }),
  };
}
