import {
  blockNumber,
  configChangeEvent,
  configChangeRetractedEvent,
  operationEvent,
  operationRetractedEvent,
  reorgEvent,
} from "#contract/generated/chain.ts";
import { blockedPanels, callerPanels, configPanels, operationPanels, reorgPanels } from "./chain-activity.ts";
import { BLOCKED_LOGS, CHAIN_JOB, chainLines, chainSeries, LEDGER_VARIABLE } from "./chain-series.ts";
import { coveragePanels, headAge, indexLag, unresolvedPanel, verdicts } from "./chain-verdicts.ts";
import { dashboard } from "./layout.ts";
import type { Dashboard } from "./model.ts";
import { sharedPanels } from "./shared.ts";
import { logs, type PlaceablePanel, text, timeseries } from "./toolkit.ts";

const { lines } = chainLines;

/** The dashboard of operations that need an oracle. @see seed 000, sections 3.1 and 5 */
export function chainDashboard(): Dashboard {
  const shared = sharedPanels(chainSeries);
  return dashboard({
    uid: CHAIN_JOB,
    title: "Chain: operations that need an oracle",
    description:
      "Which PSM and buyback operations an oracle blocks, since when, for whom, and whether a change of configuration came before.",
    tags: ["offing", "chain"],
    ledgers: { variable: LEDGER_VARIABLE, query: `label_values(offing_ledger_cursor{job="${CHAIN_JOB}"}, instance)` },
    annotations: [
      { name: "Configuration changes", logs: lines([configChangeEvent]), title: "{{module}} changed", color: "purple" },
      { name: "Reorgs", logs: lines([reorgEvent]), title: "Reorg of {{offing_chain_reorg_depth}} blocks", color: "orange" },
    ],
    rows: [
      { title: "Is it healthy now?", lines: [verdicts(), [headAge(), indexLag(), shared.heartbeatAge, shared.waitingAge]] },
      { title: "Blocked operations", lines: blockedPanels() },
      { title: "All operations", lines: [operationPanels(), callerPanels()] },
      { title: "Configuration and reorgs", lines: [configPanels(), reorgPanels()] },
      { title: "Coverage and finality", lines: [coveragePanels()] },
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
    queries: [{ vector: chainSeries.series(blockNumber), legend: "{{position}}" }],
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
