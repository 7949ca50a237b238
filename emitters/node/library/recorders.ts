import {
  commandSpan,
  networkSpan,
  nodeCommand,
  nodeCommandDuration,
  nodeNetworkRequestDuration,
  nodeNetworkRequests,
  nodeRepositoryQueryDuration,
  nodeSyncKcProcessed,
  nodeSyncLastSuccessUnix,
  nodeSyncQueueDepth,
  nodeSyncStageDuration,
  nodeTaskDuration,
  nodeTaskNextDelay,
  nodeTaskRuns,
  nodeTripleStoreQueryDuration,
  peers,
  RESULTS,
  type Result,
  repositorySpan,
  runtimeSpan,
  syncStageSpan,
  taskSpan,
  tripleStoreSpan,
} from "#contract/generated/node.ts";
import { createRecorder, OUTCOME_SET, type Parts, STATUS_SET } from "./activity.ts";
import { boundValues } from "./admission.ts";
import type { NetworkRecorder, NodeTelemetry, SyncStageRecorder, TaskRecorder } from "./node-telemetry.ts";
import { createOperationRecorder, type OperationOptions } from "./operations.ts";

/** The eight recorders. */
export type Recorders = Pick<
  NodeTelemetry,
  "command" | "operation" | "task" | "syncStage" | "network" | "repository" | "tripleStore" | "runtime"
>;

/** Makes the recorders, each with the spans and metrics that the contract names for it. */
export function createRecorders(options: OperationOptions): Recorders {
  const endings = STATUS_SET;
  return {
    command: createRecorder(
      { span: commandSpan, label: "command", counter: nodeCommand, histogram: nodeCommandDuration, endings },
      options,
    ),
    operation: createOperationRecorder(options),
    task: taskRecorder(options),
    syncStage: syncStageRecorder(options),
    network: networkRecorder(options),
    repository: createRecorder({ span: repositorySpan, label: "query", histogram: nodeRepositoryQueryDuration, endings }, options),
    tripleStore: createRecorder({ span: tripleStoreSpan, label: "type", histogram: nodeTripleStoreQueryDuration, endings }, options),
    runtime: createRecorder({ span: runtimeSpan, label: "phase", endings }, options),
  };
}

function taskRecorder(parts: Parts): TaskRecorder {
  const shape = { span: taskSpan, label: "task", counter: nodeTaskRuns, histogram: nodeTaskDuration, endings: STATUS_SET } as const;
  const delay = parts.metrics?.gauge(nodeTaskNextDelay);
  const tasks = bounded(parts, "task");
  return Object.assign(createRecorder(shape, parts), {
    nextDelay: (task: string, seconds: number) => delay?.record(seconds, { task: tasks.of(task) }),
  });
}

function syncStageRecorder(parts: Parts): SyncStageRecorder {
  const { metrics, names, onUndeclared } = parts;
  const shape = { span: syncStageSpan, label: "stage", histogram: nodeSyncStageDuration, endings: STATUS_SET } as const;
  const stages = bounded(parts, "stage");
  const depth = metrics?.gauge(nodeSyncQueueDepth);
  const done = metrics?.counter(nodeSyncKcProcessed);
  const lastSuccess = metrics?.gauge(nodeSyncLastSuccessUnix);
  // 0 says that the node knows of no success yet, which is not the same as a node that says nothing.
  lastSuccess?.record(0);
  for (const stage of names.stage ?? []) for (const result of RESULTS) done?.add(0, { stage, result });
  return Object.assign(createRecorder(shape, parts), {
    queueDepth: (stage: string, items: number) => depth?.record(items, { stage: stages.of(stage) }),
    processed: (stage: string, result: Result, count = 1) => {
      const isKnown = RESULTS.includes(result);
      if (!isKnown) onUndeclared("result", "unknown");
      done?.add(count, { stage: stages.of(stage), result: isKnown ? result : "unknown" });
    },
    succeeded: (atMs = Date.now()) => lastSuccess?.record(Math.floor(atMs / 1_000)),
  });
}

function networkRecorder(parts: Parts): NetworkRecorder {
  const shape = {
    span: networkSpan,
    label: "protocol",
    counter: nodeNetworkRequests,
    histogram: nodeNetworkRequestDuration,
    endings: OUTCOME_SET,
  } as const;
  const connected = parts.metrics?.gauge(peers);
  return Object.assign(createRecorder(shape, parts), { peers: (count: number) => connected?.record(count) });
}

/** The values of a label outside of its activities; what is admitted there is admitted here too, and counted once more. */
function bounded({ names, onUndeclared }: Parts, label: "task" | "stage") {
  return boundValues({ label, declared: names[label] ?? [], make: (value) => value, onUndeclared });
}
