import { panelPath } from "./layout.ts";
import { type LineSelector, lineSelectorOf } from "./logql.ts";
import type { DataLink } from "./model.ts";
import { type Selector, selectorOf } from "./promql.ts";
import { type TraceSelector, traceSelectorOf } from "./traceql.ts";

/** The chain emitter's `service.name`: its job in Prometheus, and the uid of its dashboard. */
export const CHAIN_JOB = "offing-chain";
/** The dashboard variable that holds the chosen ledgers. */
export const LEDGER_VARIABLE = "ledger";
/** Selectors for the chain emitter's series. */
export const chainSeries: Selector = selectorOf({ job: CHAIN_JOB, ledgerVariable: LEDGER_VARIABLE });
/** Selectors for the chain emitter's log lines. */
export const chainLines: LineSelector = lineSelectorOf({ job: CHAIN_JOB, ledgerVariable: LEDGER_VARIABLE });
/** Searches for the chain emitter's traces. */
export const chainTraces: TraceSelector = traceSelectorOf({ job: CHAIN_JOB });

/** The key of the panel that lists blocked operations. */
export const BLOCKED_LOGS = "blocked-logs";
/** The key of the panel that lists every operation. */
export const OPERATION_LOGS = "operation-logs";
/** The key of the panel that lists changes of configuration and reorgs. */
export const CHANGE_LOGS = "change-logs";
/** The key of the panel that lists traces. */
export const CHAIN_TRACES = "chain-traces";

const toTraces = linkTo("Their traces", CHAIN_TRACES);
/** From a number of blocked operations to their lines and traces, over the same time and the same ledgers. */
export const blockedLinks: readonly DataLink[] = [linkTo("The operations behind it", BLOCKED_LOGS), toTraces];
/** From a number of operations of any outcome to their lines and traces. */
export const operationLinks: readonly DataLink[] = [linkTo("The operations behind it", OPERATION_LOGS), toTraces];
/** From a number of changes of configuration to their lines and traces. */
export const changeLinks: readonly DataLink[] = [linkTo("The changes behind it", CHANGE_LOGS), toTraces];

function linkTo(title: string, key: string): DataLink {
  return { title, url: panelPath(CHAIN_JOB, key, `\${${LEDGER_VARIABLE}:queryparam}&\${__url_time_range}`), targetBlank: false };
}
