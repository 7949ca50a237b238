import { panelPath } from "./layout.ts";
import { type LineSelector, lineSelectorOf } from "./logql.ts";
import type { DataLink } from "./model.ts";
import { type Selector, selectorOf } from "./promql.ts";

/** The chain emitter's `service.name`: its job in Prometheus, and the uid of its dashboard. */
export const CHAIN_JOB = "offing-chain";
/** The dashboard variable that holds the chosen ledgers. */
export const LEDGER_VARIABLE = "ledger";
/** Selectors for the chain emitter's series. */
export const chainSeries: Selector = selectorOf({ job: CHAIN_JOB, ledgerVariable: LEDGER_VARIABLE });
/** Selectors for the chain emitter's log lines. */
export const chainLines: LineSelector = lineSelectorOf({ job: CHAIN_JOB, ledgerVariable: LEDGER_VARIABLE });

/** The key of the panel that lists blocked operations. */
export const BLOCKED_LOGS = "blocked-logs";
/** Leads from a number to the operations it counts, over the same time and the same ledgers. */
export const toBlockedLogs: DataLink = {
  title: "The operations behind it",
  url: panelPath(CHAIN_JOB, BLOCKED_LOGS, `\${${LEDGER_VARIABLE}:queryparam}&\${__url_time_range}`),
  targetBlank: false,
};
