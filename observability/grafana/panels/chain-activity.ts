import {
  alertThreshold,
  blockedDuration,
  canaries,
  canaryState,
  canaryTimestamp,
  configChanged,
  configChanges,
  contractBlockedDuration,
  failuresRecent,
  type Outcome,
  operationEvent,
  operations,
  oracleRequiredFailures,
  reorgDepth,
  reorgDepthRecent,
  summaryEvent,
} from "#contract/generated/chain.ts";
import { blockedLinks, chainLines, chainSeries, changeLinks, operationLinks } from "./chain-series.ts";
import { increase, inUnitOf, ratio, secondsSince, sumBy } from "./promql.ts";
import { show } from "./query.ts";
import { bars, heatmap, type PlaceablePanel, stat, timeseries } from "./toolkit.ts";

const { series, sibling, net, histogram } = chainSeries;
const OUTCOME_COLORS: Readonly<Record<Outcome, string>> = { success: "green", blocked: "red", reverted: "orange", caught: "yellow" };

/** What is blocked: how many in all, when, and from day to day. */
export function blockedPanels(): PlaceablePanel[][] {
  const failures = series(oracleRequiredFailures);
  const growth = (range: "1d" | "1w"): PlaceablePanel =>
    timeseries({
      key: `failures-${range}`,
      title: range === "1d" ? "Blocked within a day" : "Blocked within a week",
      description:
        "How the number of blocked operations moves from day to day and week to week, by reason: a window that slides. An estimate; the exact number of a calendar day is one SQL query away, in the runbooks.",
      links: blockedLinks,
      queries: [show(sumBy(increase(failures, range), ["reason_code"]), "{{reason_code}}")],
    });
  return [
    [
      bars({
        key: "failures-net",
        title: "Blocked operations in the ledger",
        description:
          "How many operations each reason has blocked, by contract and action, less those a reorg took back. The number reconcile proves.",
        links: blockedLinks,
        queries: [
          show(
            sumBy(net(oracleRequiredFailures), ["contract", "action_type", "reason_code"]),
            "{{contract}} {{action_type}} {{reason_code}}",
          ),
        ],
      }),
      timeseries({
        key: "failures-new",
        title: "Newly blocked",
        description:
          "When operations were blocked, as it was seen live. The purple marks are changes of configuration: a spike right after one is a clue.",
        draw: "bars",
        links: blockedLinks,
        queries: [
          show(sumBy(increase(failures, "$__rate_interval"), ["action_type", "reason_code"]), "{{action_type}} {{reason_code}}", {
            exemplars: true,
          }),
        ],
      }),
    ],
    [
      timeseries({
        key: "failures-recent",
        title: "Blocked within the last hour of chain time",
        description: "The exact windows the alerts read: blocked operations in the hour up to the newest block, corrected on a reorg.",
        queries: [show(series(failuresRecent, { window: "1h" }), "{{contract}} {{reason_code}}")],
      }),
      growth("1d"),
      growth("1w"),
    ],
  ];
}

/** What the simulated calls say: whether one could mint, redeem and buy back now, and how fresh that is. */
export function canaryPanels(): PlaceablePanel[] {
  return [
    timeseries({
      key: "canary-blocked",
      alert: "ChainCanaryBlocked",
      title: "Simulated calls that are blocked",
      description: "Whether who tries now would be turned away by an oracle: 1 while a simulated call is blocked on the newest block.",
      links: blockedLinks,
      queries: [show(series(canaryState, { canary_outcome: "blocked" }), "{{action_type}}")],
    }),
    bars({
      key: "canary-state",
      title: "Could one, right now?",
      description:
        "How each simulated call would end on the newest block: nothing is sent. It tells blocked from quiet while nobody tries. Empty until chain.canary lists calls.",
      queries: [show(series(canaryState), "{{action_type}} {{canary_outcome}}")],
    }),
    bars({
      key: "canaries-net",
      title: "Simulated calls by how they would have ended",
      description: "How often each call was simulated, and what it would have come to.",
      queries: [show(sumBy(net(canaries), ["action_type", "canary_outcome"]), "{{action_type}} {{canary_outcome}}")],
    }),
    timeseries({
      key: "canary-age",
      title: "Age of the simulations",
      description: "How long ago each call was last answered; it grows when no endpoint simulates or the head stands still.",
      queries: [show(secondsSince(series(canaryTimestamp)), "{{action_type}}")],
    }),
  ];
}

/** Rate, errors and duration: whether there is traffic, how much of it an oracle ends, and for how long. */
export function redPanels(): PlaceablePanel[] {
  return [
    timeseries({
      key: "operations-new",
      links: operationLinks,
      title: "Operations seen",
      description: "Whether there is any traffic at all: a quiet chain is neither healthy nor blocked.",
      draw: "bars",
      colors: OUTCOME_COLORS,
      queries: [show(sumBy(increase(series(operations), "$__rate_interval"), ["outcome"]), "{{outcome}}", { exemplars: true })],
    }),
    timeseries({
      key: "failure-share",
      links: operationLinks,
      title: "Share of operations an oracle blocked",
      description:
        "How much of each contract's traffic an oracle reason ends, over everything in the ledger. No line while a contract was never called.",
      queries: [show(ratio(sumBy(net(oracleRequiredFailures), ["contract"]), sumBy(net(operations), ["contract"])), "{{contract}}")],
    }),
    timeseries({
      key: "blocked-runs",
      title: "Runs of blocked operations",
      description: "How long each run without a success has become, by reason, and by contract for any reason. A success drops it to zero.",
      queries: [
        show(series(blockedDuration), "{{contract}} {{reason_code}}"),
        show(series(contractBlockedDuration), "{{contract}} any reason"),
      ],
    }),
  ];
}

/** What became of every call, and whom it met: by category from the metrics, by address from the log. */
export function operationPanels(): PlaceablePanel[] {
  return [
    bars({
      key: "operations-net",
      links: operationLinks,
      title: "Operations by how they ended",
      description:
        "What became of every call of a watched contract: through, blocked by an oracle, undone otherwise, or caught by its caller.",
      queries: [show(sumBy(net(operations), ["contract", "outcome"]), "{{contract}} {{outcome}}")],
    }),
    bars({
      key: "callers-net",
      links: operationLinks,
      title: "Who calls, and how it ends",
      description: "Whether trouble meets people, contracts or known routers: operations by category of caller and outcome.",
      queries: [show(sumBy(net(operations), ["caller_category", "outcome"]), "{{caller_category}} {{outcome}}")],
    }),
    bars({
      key: "callers-blocked",
      links: blockedLinks,
      title: "Callers blocked most",
      description:
        "Who is hit: the ten addresses blocked most often in the range shown, by reason. Read from the log, where addresses have no bound.",
      queries: [
        show(
          chainLines.topValues([operationEvent], {
            limit: 10,
            by: ["evm.frame.caller", "reason_code"],
            match: { reason_code: { not: "" } },
          }),
          "{{evm_frame_caller}} {{reason_code}}",
        ),
      ],
    }),
  ];
}

/** Whom trouble meets and by which way, from moment to moment: read from the log, where addresses have no bound. */
export function heatPanels(): PlaceablePanel[] {
  const blocked = { reason_code: { not: "" } } as const;
  return [
    heatmap({
      key: "heat-callers",
      links: blockedLinks,
      title: "Blocked, by caller",
      description:
        "Whether the same callers are hit again and again or many once: the ten addresses blocked most at each moment, darker for more.",
      queries: [
        show(chainLines.topValuesByStep([operationEvent], { limit: 10, by: ["evm.frame.caller"], match: blocked }), "{{evm_frame_caller}}"),
      ],
    }),
    heatmap({
      key: "heat-routes",
      links: operationLinks,
      title: "Operations, by route",
      description:
        "By which router operations come in and how that ends, darker for more; those that share a line count once. A row without a name came by none of the configured routers.",
      queries: [
        show(
          chainLines.topValuesByStep([operationEvent, summaryEvent], { limit: 10, by: ["offing.chain.route", "outcome"] }),
          "{{offing_chain_route}} {{outcome}}",
        ),
      ],
    }),
  ];
}

/** Changes of configuration and reorgs, as numbers now. */
export function configPanels(): PlaceablePanel[] {
  return [
    stat({
      key: "config-changed",
      title: "Since the last change of configuration",
      description: "Whether a change may be the cause: time since the last one on the chain, by module. No data until there was one.",
      queries: [show(secondsSince(series(configChanged)), "{{module}}")],
    }),
    stat({
      key: "config-changes-net",
      links: changeLinks,
      title: "Changes of configuration",
      description: "How many changes the ledger holds by module, less those a reorg took back. The purple marks on every panel are these.",
      queries: [show(sumBy(net(configChanges), ["module"]), "{{module}}")],
    }),
    stat({
      key: "reorgs",
      title: "Reorgs",
      description: "How often the chain replaced blocks the ledger had indexed, since the ledger began.",
      queries: [show(histogram(reorgDepth, "count"), "{{instance}}")],
    }),
    stat({
      key: "reorged-blocks",
      title: "Blocks replaced",
      description: "How many blocks all reorgs replaced together: one deep reorg weighs more than many of one block.",
      queries: [show(histogram(reorgDepth, "sum"), "{{instance}}")],
    }),
  ];
}

/** How deep reorgs went, what was taken back, and what was counted late. */
export function reorgPanels(): PlaceablePanel[] {
  const deepest = series(reorgDepthRecent);
  return [
    timeseries({
      key: "reorg-depth",
      alert: "ChainReorgDeep",
      title: "Deepest reorg of late",
      description:
        "Whether the chain replaces more blocks than it is known for: the deepest reorg of the last hour of chain time, beside the threshold of offing.yaml.",
      queries: [show(deepest, "replaced"), show(inUnitOf(series(alertThreshold, { alert: "ChainReorgDeep" }), deepest), "alert above")],
    }),
    timeseries({
      key: "retracted",
      links: operationLinks,
      title: "Taken back by reorgs",
      description: "What was counted and then taken back. The totals on this dashboard are already less by these.",
      queries: [
        show(sumBy(sibling(oracleRequiredFailures, "retracted"), ["reason_code"]), "{{reason_code}}"),
        show(inUnitOf(sumBy(sibling(operations, "retracted"), ["outcome"]), series(oracleRequiredFailures)), "all {{outcome}}"),
      ],
    }),
    timeseries({
      key: "late",
      links: operationLinks,
      title: "Counted late",
      description: "What was already old when it was seen: a start in the past, an outage, a backfill. No alert counts these as new.",
      queries: [show(sumBy(sibling(operations, "late"), ["contract", "outcome"]), "{{contract}} {{outcome}}")],
    }),
  ];
}
