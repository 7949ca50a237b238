import {
  eventLoopLag,
  nodeSyncLastSuccessUnix,
  nodeTaskDuration,
  nodeTaskRuns,
  peers,
  startTimestamp,
  telemetryDropped,
  telemetryExportAge,
  telemetryQueueDepth,
  undeclared,
} from "#contract/generated/node.ts";
import { processMemory } from "#contract/generated/shared.ts";
import type { Row } from "./layout.ts";
import type { Dashboard } from "./model.ts";
import { commandBudget, commandCourse, commandEvidence, commandFailures } from "./node-commands.ts";
import { logRows } from "./node-log.ts";
import { nodeAge, nodeDashboard, nodeSeries, WINDOW } from "./node-series.ts";
import { increase, quantile, rate, type Selector, secondsSince, sumBy, type Vector } from "./promql.ts";
import { show } from "./query.ts";
import { sharedPanels } from "./shared.ts";
import { type PlaceablePanel, stat, timeseries } from "./toolkit.ts";

const { series, histogram } = nodeSeries;

/** The five pilot panels of the seed, and what an operator asks next. @see seed 002, section 10.1 */
export function nodeOverviewDashboard(): Dashboard {
  return nodeDashboard({
    uid: "node-overview",
    title: "Node: overview",
    description: "Whether the node does its work: commands, tasks and the sync's heartbeat, and whether its telemetry can be trusted.",
    rows: [
      { title: "Is it healthy now?", lines: [[syncHeartbeat(), commandBudget(), alone(), nodeAge("the node")]] },
      { title: "Commands", lines: [commandCourse(), [commandFailures()]] },
      { title: "Tasks", lines: [taskPanels()] },
      { title: "Logs and traces", lines: commandEvidence() },
      telemetryRow(),
      deliveryRow(),
      ...logRows(),
    ],
  });
}

/** Time since the last success, or since the start while there was none; what NodeSyncNoProgress reads. */
export function syncHeartbeat(): PlaceablePanel {
  return stat({
    key: "node-sync-heartbeat",
    title: "Since the last successful sync",
    description: "Whether the node keeps level with the chain: seconds since a sync ended well, since the start while none has.",
    alert: "NodeSyncNoProgress",
    queries: [show(sinceLastSync(nodeSeries), "{{job}} {{instance}}")],
  });
}

/** Seconds since the last success, or since the start while there was none. */
export function sinceLastSync(select: Selector): Vector<"job" | "instance"> {
  const last = select.series(nodeSyncLastSuccessUnix);
  const started = select.series(startTimestamp);
  return { ...last, promql: `time() - (${last.promql} != 0 or on (job, instance) ${started.promql})`, unit: "s" };
}

function alone(): PlaceablePanel {
  const connected = series(peers);
  return stat({
    key: "node-alone",
    title: "Without peers",
    description: "1 while the node is connected to nobody: it can neither publish nor sync.",
    alert: "NodeWithoutPeers",
    queries: [show({ ...connected, promql: `(${connected.promql} == bool 0)` }, "{{job}} {{instance}}")],
  });
}

function taskPanels(): PlaceablePanel[] {
  const runs = sumBy(rate(series(nodeTaskRuns), WINDOW), ["task", "status"]);
  const latency: Vector<"task"> = quantile(0.95, {
    buckets: histogram(nodeTaskDuration, "bucket"),
    unit: "s",
    range: WINDOW,
    by: ["task"],
  });
  return [
    timeseries({
      key: "node-task-runs",
      title: "Task success and failure",
      description: "Whether tasks run and how they end: runs a second by task and status. A task that is missing here does not run.",
      queries: [show(runs, "{{task}} {{status}}")],
    }),
    timeseries({
      key: "node-task-latency",
      title: "Task duration, p95",
      description: "How long runs take; one that takes longer than its interval is always late.",
      queries: [show(latency, "{{task}}")],
    }),
  ];
}

function telemetryRow(): Row {
  const dropped = sumBy(increase(series(telemetryDropped), "1h"), ["job", "instance", "signal", "drop_reason"]);
  return {
    title: "Can the figures be trusted?",
    lines: [
      [
        timeseries({
          key: "node-dropped",
          title: "Telemetry dropped within an hour",
          description: "What this page does not show: spans and log records that were dropped, by reason. Counters lose nothing.",
          alert: "NodeTelemetryDropped",
          queries: [show(dropped, "{{instance}} {{signal}} {{drop_reason}}")],
        }),
        timeseries({
          key: "node-queue",
          title: "Telemetry waiting",
          description: "Spans and records that wait for the Collector. It grows while the Collector is away.",
          queries: [show(series(telemetryQueueDepth), "{{instance}} {{signal}}")],
        }),
        timeseries({
          key: "node-export-age",
          title: "Age of the last export",
          description: "How long ago the Collector last took each signal. Traces and logs age while there are none.",
          queries: [show(series(telemetryExportAge), "{{instance}} {{signal}}")],
        }),
      ],
      [
        timeseries({
          key: "node-undeclared",
          title: "Undeclared label values within an hour",
          description: "Names the node used without declaring them: `admitted` is a new name, `unknown` one that was too many.",
          queries: [show(sumBy(increase(series(undeclared), "1h"), ["label", "admission"]), "{{label}} {{admission}}")],
        }),
        timeseries({
          key: "node-memory",
          title: "Memory",
          description: "Resident bytes of the node's process, as the library sees it.",
          queries: [show(series(processMemory), "{{instance}}")],
        }),
        timeseries({
          key: "node-event-loop",
          title: "Event loop held up",
          description: "The longest time the node could do nothing else, between two exports. Long ones delay every answer.",
          queries: [show(series(eventLoopLag), "{{instance}}")],
        }),
        timeseries({
          key: "node-uptime",
          title: "Time since start",
          description: "A saw-tooth is a node that keeps restarting.",
          queries: [show(secondsSince(series(startTimestamp)), "{{instance}}")],
        }),
      ],
    ],
  };
}

/** For nodes that are read by their log: what the log emitter has not handed over. Its alerts lead here. */
function deliveryRow(): Row {
  const { refused, deadLettered, waitingAge } = sharedPanels(nodeSeries);
  return { title: "Handing over what the log says", lines: [[nodeAge("the log emitter"), waitingAge, refused, deadLettered]] };
}
