import { startTimestamp } from "#contract/generated/node.ts";
import { dashboard, type Row } from "./layout.ts";
import { type LineSelector, lineSelectorOf } from "./logql.ts";
import type { Dashboard } from "./model.ts";
import { type Range, type Selector, sampleAge, selectorOf } from "./promql.ts";
import { show } from "./query.ts";
import { type PlaceablePanel, stat } from "./toolkit.ts";
import { type TraceSelector, traceSelectorOf } from "./traceql.ts";

/** The variable that holds the chosen nodes, by the `service_name` each reports under. */
const VARIABLE = "node";
const JOB = new RegExp(`$${VARIABLE}`, "u");

/** Writes selectors, searches for lines and searches for traces of the chosen nodes. */
export const nodeSeries: Selector = selectorOf({ job: JOB });
export const nodeLines: LineSelector = lineSelectorOf({ job: JOB });
export const nodeTraces: TraceSelector = traceSelectorOf({ job: JOB });

/** The window of the seed's own panels and of the alerts. @see seed 002, section 10.1 */
export const WINDOW: Range = "5m";

/** A dashboard of nodes, with the nodes to choose from. */
export function nodeDashboard(spec: {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly rows: readonly Row[];
}): Dashboard {
  return dashboard({
    ...spec,
    tags: ["offing", "node"],
    job: JOB,
    ledgers: {
      variable: VARIABLE,
      query: "label_values(node_sync_last_success_unix, job)",
      label: "Node",
      description: "The nodes shown, by the service name each reports under.",
    },
  });
}

/** How old the figures beside it are; it outlives the node. The row's word makes key and title its own. */
export function nodeAge(row: string): PlaceablePanel {
  return stat({
    key: `node-age-${row}`,
    title: `Age of the figures on ${row}`,
    description: "Whether the figures beside it are of now: seconds since the node's metrics last arrived. Some seconds are normal.",
    ...(row === "the node" && { alert: "NodeSilent" }),
    queries: [show(sampleAge(nodeSeries.series(startTimestamp)), "{{job}} {{instance}}")],
  });
}
