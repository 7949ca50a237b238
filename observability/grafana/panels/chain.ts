import {
  blockNumber,
  configChangeEvent,
  configChangeRetractedEvent,
  configChangeSpan,
  operationEvent,
  operationRetractedEvent,
  operationSpan,
  reorgEvent,
  summaryEvent,
} from "#contract/generated/chain.ts";
import { mark } from "./annotations.ts";
import { blockedPanels, canaryPanels, configPanels, heatPanels, operationPanels, redPanels, reorgPanels } from "./chain-activity.ts";
import {
  BLOCKED_LOGS,
  CHAIN_JOB,
  CHAIN_TRACES,
  CHANGE_LOGS,
  chainLines,
  chainSeries,
  chainTraces,
  LEDGER_VARIABLE,
  OPERATION_LOGS,
} from "./chain-series.ts";
import { coveragePanels, headAge, indexLag, unresolvedPanel, verdicts } from "./chain-verdicts.ts";
import { dashboard, sectionRows } from "./layout.ts";
import type { Dashboard } from "./model.ts";
import { show } from "./query.ts";
import { figuresAge, sharedPanels } from "./shared.ts";
import { logs, type PlaceablePanel, text, timeseries, traces } from "./toolkit.ts";

const { lines } = chainLines;

/** The dashboard of operations that need an oracle. @see seed 000, sections 3.1 and 5 */
export function chainDashboard(): Dashboard {
  const shared = sharedPanels(chainSeries);
  return dashboard({
    uid: CHAIN_JOB,
    title: "Chain: operations that need an oracle",
    description:
      "Which PSM and buyback operations an oracle blocks, since when, for whom, and whether a change of configuration came before.",
    tags: ["offing", "emitter", "chain"],
    ledgers: { variable: LEDGER_VARIABLE, query: `label_values(offing_ledger_cursor{job="${CHAIN_JOB}"}, instance)` },
    marks: [
      mark(lines([configChangeEvent]), { name: "Changes on the chain", title: "{{module}} changed", color: "purple" }),
      mark(lines([reorgEvent]), { name: "Reorgs", title: "Reorg of {{offing_chain_reorg_depth}} blocks", color: "orange" }),
    ],
    rows: sectionRows({
      now: [verdicts(), [headAge(), indexLag(), shared.heartbeatAge, shared.waitingAge]],
      red: [redPanels()],
      topics: [
        { title: "Blocked operations", lines: [...blockedPanels(), canaryPanels()] },
        { title: "All operations", lines: [operationPanels(), heatPanels()] },
        {
          title: "Configuration and reorgs",
          lines: [[...configPanels(), figuresAge(chainSeries, "configuration and reorgs")], reorgPanels()],
        },
      ],
      backlog: [coveragePanels(), [unresolvedPanel(), shared.refused, shared.deadLettered], [shared.waiting]],
      evidence: [[blockedLogs()], [operationLogs()], [changeLogs()], [latestTraces()]],
      emitter: [
        [shared.ledgerFacts, shared.cursor, shared.delivered],
        [shared.rpcRequests, shared.rpcLatency, shared.faults],
        ...shared.rpcEndpoints,
        [blockPositions(), shared.memory],
        [shared.build, shared.config],
      ],
      about: about(),
    }),
  });
}

function blockedLogs(): PlaceablePanel {
  return logs({
    key: BLOCKED_LOGS,
    title: "Blocked operations",
    description:
      "Each blocked operation and each retraction of one. Open a line: `trace_id` leads to the trace, `offing_fact_id` to the record in the ledger.",
    noData: "no blocked operation was told of in this range",
    logs: lines([operationEvent, operationRetractedEvent], { reason_code: { not: "" } }),
  });
}

function operationLogs(): PlaceablePanel {
  return logs({
    key: OPERATION_LOGS,
    title: "All operations, line by line",
    description:
      "Every call of a watched contract, whatever became of it: the cases behind the counts. Where too many went through in one block, a line stands for several.",
    logs: lines([operationEvent, summaryEvent]),
  });
}

function latestTraces(): PlaceablePanel {
  return traces({
    key: CHAIN_TRACES,
    title: "Traces of late",
    description:
      "One trace a transaction. Open one: its spans lead to their log lines. Tempo searches by arrival; an old trace opens by its id, from a line.",
    traces: chainTraces.traces([operationSpan, configChangeSpan]),
  });
}

function changeLogs(): PlaceablePanel {
  return logs({
    key: CHANGE_LOGS,
    title: "Changes of configuration and reorgs",
    description:
      "What changed on the chain besides operations: who changed which module, what a reorg took back, and when blocks were replaced.",
    noData: "no change and no reorg was told of in this range",
    logs: lines([configChangeEvent, configChangeRetractedEvent, reorgEvent]),
  });
}

function blockPositions(): PlaceablePanel {
  return timeseries({
    key: "block-positions",
    title: "Blocks by position",
    description:
      "How far the endpoint, the ledger and finality are apart. A head that is flat while other chains move means a stuck endpoint.",
    queries: [show(chainSeries.series(blockNumber), "{{position}}")],
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
