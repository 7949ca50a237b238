import {
  alertThreshold,
  blockedDuration,
  blockNumber,
  blockTimestamp,
  configChanged,
  configChangeEvent,
  configChangeRetractedEvent,
  configChanges,
  contractBlockedDuration,
  failuresRecent,
  lag,
  operationEvent,
  operationRetractedEvent,
  operations,
  oracleRequiredFailures,
  reorgDepth,
  reorgEvent,
  unresolved,
} from "#contract/generated/chain.ts";
import { dashboard, panelPath } from "./layout.ts";
import { lineSelectorOf } from "./logql.ts";
import type { Dashboard, DataLink } from "./model.ts";
import { increase, inUnitOf, ratio, secondsSince, selectorOf, sumBy } from "./promql.ts";
import { sharedPanels } from "./shared.ts";
import { bars, logs, type PlaceablePanel, stat, text, timeseries } from "./toolkit.ts";

const JOB = "offing-chain";
const LEDGER = "ledger";
const select = selectorOf({ job: JOB, ledgerVariable: LEDGER });
const { series, sibling, net, histogram } = select;
const { lines, topValues } = lineSelectorOf({ job: JOB, ledgerVariable: LEDGER });

/** What the rules of chain.rules.yaml compare with. */
const PSM_BLOCKED_SECONDS = 600;
const UNHEALTHY_PER_HOUR = 5;
const HEAD_AGE_SECONDS = 300;
const LAG_BLOCKS = 32;
const NONE = 0;

const BLOCKED_LOGS = "blocked-logs";
const toBlockedLogs: DataLink = {
  title: "The operations behind it",
  url: panelPath(JOB, BLOCKED_LOGS, `\${${LEDGER}:queryparam}&\${__url_time_range}`),
  targetBlank: false,
};

/** The dashboard of operations that need an oracle. @see seed 000, sections 3.1 and 5 */
export function chainDashboard(): Dashboard {
  const shared = sharedPanels(select);
  return dashboard({
    uid: JOB,
    title: "Chain: operations that need an oracle",
    description:
      "Which PSM and buyback operations an oracle blocks, since when, for whom, and whether a change of configuration came before.",
    tags: ["offing", "chain"],
    ledgers: { variable: LEDGER, query: `label_values(offing_ledger_cursor{job="${JOB}"}, instance)` },
    annotations: [
      { name: "Configuration changes", logs: lines([configChangeEvent]), title: "{{module}} changed", color: "purple" },
      { name: "Reorgs", logs: lines([reorgEvent]), title: "Reorg of {{offing_chain_reorg_depth}} blocks", color: "orange" },
    ],
    rows: [
      { title: "Is it healthy now?", lines: [verdicts(), [headAge(), indexLag(), shared.heartbeatAge, shared.waitingAge]] },
      { title: "Blocked operations", lines: blockedPanels() },
      { title: "All operations", lines: [operationPanels(), callerPanels()] },
      { title: "Configuration and reorgs", lines: [configPanels(), reorgPanels()] },
      { title: "What could not be read or delivered", lines: [[unresolvedPanel(), shared.refused, shared.deadLettered]] },
      { title: "Evidence", lines: [[blockedLogs()], [changeLogs()]] },
      {
        title: "The emitter",
        collapsed: true,
        lines: [
          [shared.ledgerFacts, shared.cursor, shared.waiting],
          [shared.delivered, shared.faults, shared.memory],
          [shared.rpcRequests, shared.rpcLatency, blockPositions()],
          [shared.build],
        ],
      },
      { title: "About", lines: [[about()]] },
    ],
  });
}

function verdicts(): PlaceablePanel[] {
  const buyback = series(contractBlockedDuration, { contract: "BUYBACK_VAULT" });
  const burst = series(failuresRecent, { contract: "PSM", reason_code: "PSM_ORACLE_MISSING", window: "burst" });
  return [
    stat({
      key: "psm-blocked",
      title: "PSM blocked for",
      description:
        "Whether anybody can mint or redeem: chain time for which every PSM operation met a missing oracle. Ten minutes are SEV-1.",
      threshold: { from: PSM_BLOCKED_SECONDS },
      links: [toBlockedLogs],
      queries: [{ vector: series(blockedDuration, { contract: "PSM", reason_code: "PSM_ORACLE_MISSING" }), legend: "{{instance}}" }],
    }),
    stat({
      key: "buyback-blocked",
      title: "Buyback blocked for",
      description:
        "Whether any buyback gets through: chain time for which each one tried was blocked, beside the threshold of offing.yaml.",
      links: [toBlockedLogs],
      queries: [
        { vector: buyback, legend: "blocked" },
        { vector: inUnitOf(series(alertThreshold, { alert: "ChainBuybackBlocked" }), buyback), legend: "alert from" },
      ],
    }),
    stat({
      key: "buyback-unhealthy",
      title: "Buybacks with an unhealthy oracle, last hour",
      description:
        "Whether the oracle's health is failing now: buybacks it blocked in the hour up to the newest block. More than five are SEV-2.",
      threshold: { over: UNHEALTHY_PER_HOUR },
      links: [toBlockedLogs],
      queries: [
        {
          vector: series(failuresRecent, { contract: "BUYBACK_VAULT", reason_code: "BUYBACK_ORACLE_UNHEALTHY", window: "1h" }),
          legend: "{{instance}}",
        },
      ],
    }),
    stat({
      key: "psm-burst",
      title: "PSM without an oracle, burst window",
      description:
        "Whether the PSM's oracle has just gone missing: operations it blocked in the burst window, beside the threshold of offing.yaml.",
      links: [toBlockedLogs],
      queries: [
        { vector: burst, legend: "blocked" },
        { vector: inUnitOf(series(alertThreshold, { alert: "ChainPsmOracleMissingBurst" }), burst), legend: "alert from" },
      ],
    }),
  ];
}

function headAge(): PlaceablePanel {
  return stat({
    key: "head-age",
    title: "Age of the newest block",
    description: "How old what we know is: seconds since the newest indexed block's own time. Every chain figure speaks of that block.",
    threshold: { over: HEAD_AGE_SECONDS },
    queries: [{ vector: secondsSince(series(blockTimestamp)), legend: "{{instance}}" }],
  });
}

function indexLag(): PlaceablePanel {
  return stat({
    key: "index-lag",
    title: "Blocks behind the head",
    description: "Whether the ledger is level with the endpoint. Red is normal while it catches up; an alert fires only when it does not.",
    threshold: { over: LAG_BLOCKS },
    queries: [{ vector: series(lag), legend: "{{instance}}" }],
  });
}

function blockedPanels(): PlaceablePanel[][] {
  const failures = series(oracleRequiredFailures);
  const growth = (range: "1d" | "1w"): PlaceablePanel =>
    timeseries({
      key: `failures-${range}`,
      title: range === "1d" ? "Blocked within a day" : "Blocked within a week",
      description:
        "How the number of blocked operations moves from day to day and week to week, by reason: a window that slides. An estimate; the exact number of a calendar day is one SQL query away, in the runbooks.",
      links: [toBlockedLogs],
      queries: [{ vector: sumBy(increase(failures, range), ["reason_code"]), legend: "{{reason_code}}" }],
    });
  return [
    [
      bars({
        key: "failures-net",
        title: "Blocked operations in the ledger",
        description:
          "How many operations each reason has blocked, by contract and action, less those a reorg took back. The number reconcile proves.",
        links: [toBlockedLogs],
        queries: [
          {
            vector: sumBy(net(oracleRequiredFailures), ["contract", "action_type", "reason_code"]),
            legend: "{{contract}} {{action_type}} {{reason_code}}",
          },
        ],
      }),
      timeseries({
        key: "failures-new",
        title: "Newly blocked",
        description:
          "When operations were blocked, as it was seen live. The purple marks are changes of configuration: a spike right after one is a clue.",
        draw: "bars",
        links: [toBlockedLogs],
        queries: [
          {
            vector: sumBy(increase(failures, "$__rate_interval"), ["action_type", "reason_code"]),
            legend: "{{action_type}} {{reason_code}}",
            exemplars: true,
          },
        ],
      }),
    ],
    [
      timeseries({
        key: "blocked-runs",
        title: "Runs of blocked operations",
        description:
          "How long each run without a success has become, by reason, and by contract for any reason. A success drops it to zero.",
        queries: [
          { vector: series(blockedDuration), legend: "{{contract}} {{reason_code}}" },
          { vector: series(contractBlockedDuration), legend: "{{contract}} any reason" },
        ],
      }),
      timeseries({
        key: "failures-recent",
        title: "Blocked within the last hour of chain time",
        description: "The exact windows the alerts read: blocked operations in the hour up to the newest block, corrected on a reorg.",
        queries: [{ vector: series(failuresRecent, { window: "1h" }), legend: "{{contract}} {{reason_code}}" }],
      }),
    ],
    [growth("1d"), growth("1w")],
  ];
}

function operationPanels(): PlaceablePanel[] {
  return [
    bars({
      key: "operations-net",
      title: "Operations by how they ended",
      description:
        "What became of every call of a watched contract: through, blocked by an oracle, undone otherwise, or caught by its caller.",
      queries: [{ vector: sumBy(net(operations), ["contract", "outcome"]), legend: "{{contract}} {{outcome}}" }],
    }),
    timeseries({
      key: "operations-new",
      title: "Operations seen",
      description: "Whether there is any traffic at all: a quiet chain is neither healthy nor blocked.",
      draw: "bars",
      queries: [{ vector: sumBy(increase(series(operations), "$__rate_interval"), ["outcome"]), legend: "{{outcome}}", exemplars: true }],
    }),
    timeseries({
      key: "failure-share",
      title: "Share of operations an oracle blocked",
      description:
        "How much of each contract's traffic an oracle reason ends, over everything in the ledger. No line while a contract was never called.",
      queries: [
        { vector: ratio(sumBy(net(oracleRequiredFailures), ["contract"]), sumBy(net(operations), ["contract"])), legend: "{{contract}}" },
      ],
    }),
  ];
}

function callerPanels(): PlaceablePanel[] {
  return [
    bars({
      key: "callers-net",
      title: "Who calls, and how it ends",
      description: "Whether trouble meets people, contracts or known routers: operations by category of caller and outcome.",
      queries: [{ vector: sumBy(net(operations), ["caller_category", "outcome"]), legend: "{{caller_category}} {{outcome}}" }],
    }),
    bars({
      key: "callers-blocked",
      title: "Callers blocked most",
      description:
        "Who is hit: the ten addresses blocked most often in the range shown, by reason. Read from the log, where addresses have no bound.",
      queries: [
        {
          logs: topValues([operationEvent], { limit: 10, by: ["evm.frame.caller", "reason_code"], match: { reason_code: { not: "" } } }),
          legend: "{{evm_frame_caller}} {{reason_code}}",
        },
      ],
    }),
  ];
}

function configPanels(): PlaceablePanel[] {
  return [
    stat({
      key: "config-changed",
      title: "Since the last change of configuration",
      description: "Whether a change may be the cause: time since the last one on the chain, by module. No data until there was one.",
      queries: [{ vector: secondsSince(series(configChanged)), legend: "{{module}}" }],
    }),
    stat({
      key: "config-changes-net",
      title: "Changes of configuration",
      description: "How many changes the ledger holds by module, less those a reorg took back. The purple marks on every panel are these.",
      queries: [{ vector: sumBy(net(configChanges), ["module"]), legend: "{{module}}" }],
    }),
    stat({
      key: "reorgs",
      title: "Reorgs",
      description: "How often the chain replaced blocks the ledger had indexed, since the ledger began.",
      queries: [{ vector: histogram(reorgDepth, "count"), legend: "{{instance}}" }],
    }),
    stat({
      key: "reorged-blocks",
      title: "Blocks replaced",
      description: "How many blocks all reorgs replaced together: one deep reorg weighs more than many of one block.",
      queries: [{ vector: histogram(reorgDepth, "sum"), legend: "{{instance}}" }],
    }),
  ];
}

function reorgPanels(): PlaceablePanel[] {
  return [
    timeseries({
      key: "retracted",
      title: "Taken back by reorgs",
      description: "What was counted and then taken back. The totals on this dashboard are already less by these.",
      queries: [
        { vector: sumBy(sibling(oracleRequiredFailures, "retracted"), ["reason_code"]), legend: "{{reason_code}}" },
        {
          vector: inUnitOf(sumBy(sibling(operations, "retracted"), ["outcome"]), series(oracleRequiredFailures)),
          legend: "all {{outcome}}",
        },
      ],
    }),
    timeseries({
      key: "late",
      title: "Counted late",
      description: "What was already old when it was seen: a start in the past, an outage, a backfill. No alert counts these as new.",
      queries: [{ vector: sumBy(sibling(operations, "late"), ["contract", "outcome"]), legend: "{{contract}} {{outcome}}" }],
    }),
  ];
}

function unresolvedPanel(): PlaceablePanel {
  return timeseries({
    key: "unresolved",
    title: "Failed for an unknown reason within the hour",
    description:
      "Failures that nobody can name: revert bytes outside the configured ABI, or no trace at all. An oracle reason may hide here.",
    threshold: { over: NONE },
    queries: [{ vector: sumBy(increase(series(unresolved), "1h"), ["job", "instance", "evidence"]), legend: "{{evidence}}" }],
  });
}

function blockedLogs(): PlaceablePanel {
  return logs({
    key: BLOCKED_LOGS,
    title: "Blocked operations",
    description:
      "Each blocked operation and each retraction of one. Open a line: `trace_id` leads to the trace, `offing_fact_id` to the record in the ledger.",
    logs: lines([operationEvent, operationRetractedEvent], { reason_code: { not: "" } }),
  });
}

function changeLogs(): PlaceablePanel {
  return logs({
    key: "change-logs",
    title: "Changes of configuration and reorgs",
    description:
      "What changed on the chain besides operations: who changed which module, what a reorg took back, and when blocks were replaced.",
    logs: lines([configChangeEvent, configChangeRetractedEvent, reorgEvent]),
  });
}

function blockPositions(): PlaceablePanel {
  return timeseries({
    key: "block-positions",
    title: "Blocks by position",
    description:
      "How far the endpoint, the ledger and finality are apart. A head that is flat while other chains move means a stuck endpoint.",
    queries: [{ vector: series(blockNumber), legend: "{{position}}" }],
  });
}

function about(): PlaceablePanel {
  const markdown = [
    "Every number here is counted from the emitter's ledger. `./offing reconcile` compares them with SQL and with Loki.",
    "",
    "- **no data** is not zero: nothing was told. Look at *Last heartbeat* first.",
    "- Windows and runs are on **chain time**, up to the newest indexed block. A reorg corrects them, a backfill does not touch them.",
    "- Runbooks: `docs/runbooks/` in the repository, one for each alert, and `reconcile.md`.",
    "- The alerts: `observability/prometheus/rules/chain.rules.yaml` and `shared.rules.yaml`.",
    "- This dashboard is compiled from `observability/grafana/panels/chain.ts`; changes made here are lost.",
  ].join("\n");
  return text({
    key: "about",
    title: "About this dashboard",
    description: "How to read it, and where to go from here.",
    height: 7,
    markdown,
  });
}
