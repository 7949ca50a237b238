// Generated from contract/node.yaml. DO NOT EDIT: run `./offing contract generate`.

import { SIGNALS, type Signal } from "#contract/generated/shared.ts";
import { type Counter, type EventDefinition, type Gauge, type Histogram, type MetricDefinition, type SpanDefinition, counter, event, gauge, histogram, span } from "#core/signal.ts";

/** What became of a label value that the node had not declared. */
export type Admission = "admitted" | "unknown";
/** Every value of `admission`, in the contract's order. */
export const ADMISSIONS: readonly Admission[] = ["admitted", "unknown"];

/** Why telemetry was dropped. */
export type DropReason = "queue_full" | "refused" | "shutdown" | "open_limit" | "encode";
/** Every value of `drop_reason`, in the contract's order. */
export const DROP_REASONS: readonly DropReason[] = ["queue_full", "refused", "shutdown", "open_limit", "encode"];

/** A label whose values the node declares. */
export type Label = "command" | "kind" | "task" | "stage" | "protocol" | "query" | "type" | "phase" | "status" | "outcome" | "result";
/** Every value of `label`, in the contract's order. */
export const LABELS: readonly Label[] = ["command", "kind", "task", "stage", "protocol", "query", "type", "phase", "status", "outcome", "result"];

/** What a line of the node's log was. */
export type LogLine = "activity" | "other" | "not_json" | "too_long";
/** Every value of `log_line`, in the contract's order. */
export const LOG_LINES: readonly LogLine[] = ["activity", "other", "not_json", "too_long"];

/** Why a stretch of the log went away unread. */
export type Loss = "rotated" | "truncated" | "vacuumed" | "spool_full";
/** Every value of `loss`, in the contract's order. */
export const LOSSES: readonly Loss[] = ["rotated", "truncated", "vacuumed", "spool_full"];

/** What was wrong with a line or with what it told of; it was used as far as it can be. */
export type Oddity = "invalid_utf8" | "half_line" | "no_time" | "clock_jump" | "duplicate_end" | "missing_begin" | "missing_end";
/** Every value of `oddity`, in the contract's order. */
export const ODDITIES: readonly Oddity[] = ["invalid_utf8", "half_line", "no_time", "clock_jump", "duplicate_end", "missing_begin", "missing_end"];

/** How a request over the network ended. */
export type Outcome = "success" | "failure" | "timeout" | "refused" | "unknown";
/** Every value of `outcome`, in the contract's order. */
export const OUTCOMES: readonly Outcome[] = ["success", "failure", "timeout", "refused", "unknown"];

/** What a stage of the sync pipeline did with a knowledge collection. */
export type Result = "processed" | "skipped" | "retried" | "failed" | "unknown";
/** Every value of `result`, in the contract's order. */
export const RESULTS: readonly Result[] = ["processed", "skipped", "retried", "failed", "unknown"];

/** How an activity stands; metrics count what has ended. */
export type Status = "completed" | "failed" | "cancelled" | "in_progress" | "unknown";
/** Every value of `status`, in the contract's order. */
export const STATUSES: readonly Status[] = ["completed", "failed", "cancelled", "in_progress", "unknown"];

/** Labels of `nodeCommand`. */
export type NodeCommandLabels = {
  readonly command: string;
  readonly status: Status;
};
/** Commands executed, by how they ended. A counter in {command}, `node_command_total` in Prometheus. */
export const nodeCommand: Counter<NodeCommandLabels> = counter<NodeCommandLabels>({
  name: "node.command",
  instrument: "counter",
  unit: "{command}",
  brief: "Commands executed, by how they ended.",
  resource: "process",
  prometheus: "node_command_total",
  labels: ["command","status"],
  closed: { status: STATUSES },
});

/** Labels of `nodeCommandDuration`. */
export type NodeCommandDurationLabels = {
  readonly command: string;
  readonly status: Status;
};
/** Time from the start of a command to its end. A histogram in s, `node_command_duration_seconds` in Prometheus. */
export const nodeCommandDuration: Histogram<NodeCommandDurationLabels> = histogram<NodeCommandDurationLabels>({
  name: "node.command.duration",
  instrument: "histogram",
  unit: "s",
  brief: "Time from the start of a command to its end.",
  resource: "process",
  prometheus: "node_command_duration_seconds",
  labels: ["command","status"],
  closed: { status: STATUSES },
  buckets: [0.005,0.01,0.025,0.05,0.1,0.25,0.5,1,2.5,5,10,30,60],
});

/** Labels of `nodeNetworkRequestDuration`. */
export type NodeNetworkRequestDurationLabels = {
  readonly protocol: string;
  readonly outcome: Outcome;
};
/** Time from a request over the network to its answer. A histogram in s, `node_network_request_duration_seconds` in Prometheus. */
export const nodeNetworkRequestDuration: Histogram<NodeNetworkRequestDurationLabels> = histogram<NodeNetworkRequestDurationLabels>({
  name: "node.network.request.duration",
  instrument: "histogram",
  unit: "s",
  brief: "Time from a request over the network to its answer.",
  resource: "process",
  prometheus: "node_network_request_duration_seconds",
  labels: ["protocol","outcome"],
  closed: { outcome: OUTCOMES },
  buckets: [0.005,0.01,0.025,0.05,0.1,0.25,0.5,1,2.5,5,10,30],
});

/** Labels of `nodeNetworkRequests`. */
export type NodeNetworkRequestsLabels = {
  readonly protocol: string;
  readonly outcome: Outcome;
};
/** Requests over the network, chain RPC included, by how they ended. A counter in {request}, `node_network_requests_total` in Prometheus. */
export const nodeNetworkRequests: Counter<NodeNetworkRequestsLabels> = counter<NodeNetworkRequestsLabels>({
  name: "node.network.requests",
  instrument: "counter",
  unit: "{request}",
  brief: "Requests over the network, chain RPC included, by how they ended.",
  resource: "process",
  prometheus: "node_network_requests_total",
  labels: ["protocol","outcome"],
  closed: { outcome: OUTCOMES },
});

/** Labels of `nodeOperation`. */
export type NodeOperationLabels = {
  readonly kind: string;
  readonly status: Status;
};
/** Operations that ended, by kind. A counter in {operation}, `node_operation_total` in Prometheus. */
export const nodeOperation: Counter<NodeOperationLabels> = counter<NodeOperationLabels>({
  name: "node.operation",
  instrument: "counter",
  unit: "{operation}",
  brief: "Operations that ended, by kind.",
  resource: "process",
  prometheus: "node_operation_total",
  labels: ["kind","status"],
  closed: { status: STATUSES },
});

/** Labels of `nodeOperationDuration`. */
export type NodeOperationDurationLabels = {
  readonly kind: string;
  readonly status: Status;
};
/** Time from the start of an operation to its end, across processes where its start is known. A histogram in s, `node_operation_duration_seconds` in Prometheus. */
export const nodeOperationDuration: Histogram<NodeOperationDurationLabels> = histogram<NodeOperationDurationLabels>({
  name: "node.operation.duration",
  instrument: "histogram",
  unit: "s",
  brief: "Time from the start of an operation to its end, across processes where its start is known.",
  resource: "process",
  prometheus: "node_operation_duration_seconds",
  labels: ["kind","status"],
  closed: { status: STATUSES },
  buckets: [0.05,0.1,0.25,0.5,1,2.5,5,10,30,60,120,300,600],
});

/** Labels of `nodeRepositoryQueryDuration`. */
export type NodeRepositoryQueryDurationLabels = {
  readonly query: string;
  readonly status: Status;
};
/** Time of a repository query. A histogram in s, `node_repository_query_duration_seconds` in Prometheus. */
export const nodeRepositoryQueryDuration: Histogram<NodeRepositoryQueryDurationLabels> = histogram<NodeRepositoryQueryDurationLabels>({
  name: "node.repository.query.duration",
  instrument: "histogram",
  unit: "s",
  brief: "Time of a repository query.",
  resource: "process",
  prometheus: "node_repository_query_duration_seconds",
  labels: ["query","status"],
  closed: { status: STATUSES },
  buckets: [0.0005,0.001,0.0025,0.005,0.01,0.025,0.05,0.1,0.25,0.5,1,2.5,5],
});

/** Labels of `nodeSyncKcProcessed`. */
export type NodeSyncKcProcessedLabels = {
  readonly stage: string;
  readonly result: Result;
};
/** Knowledge collections a stage of the sync pipeline is done with, by result. A counter in {kc}, `node_sync_kc_processed_total` in Prometheus. */
export const nodeSyncKcProcessed: Counter<NodeSyncKcProcessedLabels> = counter<NodeSyncKcProcessedLabels>({
  name: "node.sync.kc_processed",
  instrument: "counter",
  unit: "{kc}",
  brief: "Knowledge collections a stage of the sync pipeline is done with, by result.",
  resource: "process",
  prometheus: "node_sync_kc_processed_total",
  labels: ["stage","result"],
  closed: { result: RESULTS },
});

/** Labels of `nodeSyncLastSuccessUnix`. */
export type NodeSyncLastSuccessUnixLabels = Readonly<Record<string, never>>;
/** Unix time of the last successful sync; 0 until the first success. A gauge in {unix_second}, `node_sync_last_success_unix` in Prometheus. */
export const nodeSyncLastSuccessUnix: Gauge<NodeSyncLastSuccessUnixLabels> = gauge<NodeSyncLastSuccessUnixLabels>({
  name: "node.sync.last_success.unix",
  instrument: "gauge",
  unit: "{unix_second}",
  brief: "Unix time of the last successful sync; 0 until the first success.",
  resource: "process",
  prometheus: "node_sync_last_success_unix",
  labels: [],
  closed: {},
});

/** Labels of `nodeSyncQueueDepth`. */
export type NodeSyncQueueDepthLabels = {
  readonly stage: string;
};
/** Items that wait for a stage of the sync pipeline. A gauge in {item}, `node_sync_queue_depth` in Prometheus. */
export const nodeSyncQueueDepth: Gauge<NodeSyncQueueDepthLabels> = gauge<NodeSyncQueueDepthLabels>({
  name: "node.sync.queue_depth",
  instrument: "gauge",
  unit: "{item}",
  brief: "Items that wait for a stage of the sync pipeline.",
  resource: "process",
  prometheus: "node_sync_queue_depth",
  labels: ["stage"],
  closed: {},
});

/** Labels of `nodeSyncStageDuration`. */
export type NodeSyncStageDurationLabels = {
  readonly stage: string;
  readonly status: Status;
};
/** Time a stage of the sync pipeline worked on one batch. A histogram in s, `node_sync_stage_duration_seconds` in Prometheus. */
export const nodeSyncStageDuration: Histogram<NodeSyncStageDurationLabels> = histogram<NodeSyncStageDurationLabels>({
  name: "node.sync.stage.duration",
  instrument: "histogram",
  unit: "s",
  brief: "Time a stage of the sync pipeline worked on one batch.",
  resource: "process",
  prometheus: "node_sync_stage_duration_seconds",
  labels: ["stage","status"],
  closed: { status: STATUSES },
  buckets: [0.005,0.01,0.025,0.05,0.1,0.25,0.5,1,2.5,5,10,30,60],
});

/** Labels of `nodeTaskDuration`. */
export type NodeTaskDurationLabels = {
  readonly task: string;
  readonly status: Status;
};
/** Time from the start of a task's run to its end. A histogram in s, `node_task_duration_seconds` in Prometheus. */
export const nodeTaskDuration: Histogram<NodeTaskDurationLabels> = histogram<NodeTaskDurationLabels>({
  name: "node.task.duration",
  instrument: "histogram",
  unit: "s",
  brief: "Time from the start of a task's run to its end.",
  resource: "process",
  prometheus: "node_task_duration_seconds",
  labels: ["task","status"],
  closed: { status: STATUSES },
  buckets: [0.005,0.01,0.025,0.05,0.1,0.25,0.5,1,2.5,5,10,30,60,300],
});

/** Labels of `nodeTaskNextDelay`. */
export type NodeTaskNextDelayLabels = {
  readonly task: string;
};
/** How long a task will wait before its next run. A gauge in s, `node_task_next_delay_seconds` in Prometheus. */
export const nodeTaskNextDelay: Gauge<NodeTaskNextDelayLabels> = gauge<NodeTaskNextDelayLabels>({
  name: "node.task.next_delay",
  instrument: "gauge",
  unit: "s",
  brief: "How long a task will wait before its next run.",
  resource: "process",
  prometheus: "node_task_next_delay_seconds",
  labels: ["task"],
  closed: {},
});

/** Labels of `nodeTaskRuns`. */
export type NodeTaskRunsLabels = {
  readonly task: string;
  readonly status: Status;
};
/** Runs of tasks, by how they ended. A counter in {run}, `node_task_runs_total` in Prometheus. */
export const nodeTaskRuns: Counter<NodeTaskRunsLabels> = counter<NodeTaskRunsLabels>({
  name: "node.task.runs",
  instrument: "counter",
  unit: "{run}",
  brief: "Runs of tasks, by how they ended.",
  resource: "process",
  prometheus: "node_task_runs_total",
  labels: ["task","status"],
  closed: { status: STATUSES },
});

/** Labels of `nodeTripleStoreQueryDuration`. */
export type NodeTripleStoreQueryDurationLabels = {
  readonly type: string;
  readonly status: Status;
};
/** Time of a triple-store query. A histogram in s, `node_triple_store_query_duration_seconds` in Prometheus. */
export const nodeTripleStoreQueryDuration: Histogram<NodeTripleStoreQueryDurationLabels> = histogram<NodeTripleStoreQueryDurationLabels>({
  name: "node.triple_store.query.duration",
  instrument: "histogram",
  unit: "s",
  brief: "Time of a triple-store query.",
  resource: "process",
  prometheus: "node_triple_store_query_duration_seconds",
  labels: ["type","status"],
  closed: { status: STATUSES },
  buckets: [0.001,0.0025,0.005,0.01,0.025,0.05,0.1,0.25,0.5,1,2.5,5,10],
});

/** Labels of `eventLoopLag`. */
export type EventLoopLagLabels = Readonly<Record<string, never>>;
/** The longest the event loop was held up since the export before, where the node runs on Node.js. A gauge in s, `offing_node_event_loop_lag_seconds` in Prometheus. */
export const eventLoopLag: Gauge<EventLoopLagLabels> = gauge<EventLoopLagLabels>({
  name: "offing.node.event_loop.lag",
  instrument: "gauge",
  unit: "s",
  brief: "The longest the event loop was held up since the export before, where the node runs on Node.js.",
  resource: "process",
  prometheus: "offing_node_event_loop_lag_seconds",
  labels: [],
  closed: {},
});

/** Labels of `logGaps`. */
export type LogGapsLabels = {
  readonly loss: Loss;
};
/** Stretches of the log that went away unread, also where nobody knows how long they were. A counter in {gap}, `offing_node_log_gaps_total` in Prometheus. */
export const logGaps: Counter<LogGapsLabels> = counter<LogGapsLabels>({
  name: "offing.node.log.gaps",
  instrument: "counter",
  unit: "{gap}",
  brief: "Stretches of the log that went away unread, also where nobody knows how long they were.",
  resource: "process",
  prometheus: "offing_node_log_gaps_total",
  labels: ["loss"],
  closed: { loss: LOSSES },
});

/** Labels of `logLines`. */
export type LogLinesLabels = {
  readonly log_line: LogLine;
};
/** Lines of the node's log that were read, by what they were. A counter in {line}, `offing_node_log_lines_total` in Prometheus. */
export const logLines: Counter<LogLinesLabels> = counter<LogLinesLabels>({
  name: "offing.node.log.lines",
  instrument: "counter",
  unit: "{line}",
  brief: "Lines of the node's log that were read, by what they were.",
  resource: "process",
  prometheus: "offing_node_log_lines_total",
  labels: ["log_line"],
  closed: { log_line: LOG_LINES },
});

/** Labels of `logLost`. */
export type LogLostLabels = {
  readonly loss: Loss;
};
/** Bytes of the log that are known to have gone away unread; at least so many. A counter in By, `offing_node_log_lost_bytes_total` in Prometheus. */
export const logLost: Counter<LogLostLabels> = counter<LogLostLabels>({
  name: "offing.node.log.lost",
  instrument: "counter",
  unit: "By",
  brief: "Bytes of the log that are known to have gone away unread; at least so many.",
  resource: "process",
  prometheus: "offing_node_log_lost_bytes_total",
  labels: ["loss"],
  closed: { loss: LOSSES },
});

/** Labels of `logOddities`. */
export type LogOdditiesLabels = {
  readonly oddity: Oddity;
};
/** Lines that were odd, or told of something odd. A counter in {line}, `offing_node_log_oddities_total` in Prometheus. */
export const logOddities: Counter<LogOdditiesLabels> = counter<LogOdditiesLabels>({
  name: "offing.node.log.oddities",
  instrument: "counter",
  unit: "{line}",
  brief: "Lines that were odd, or told of something odd.",
  resource: "process",
  prometheus: "offing_node_log_oddities_total",
  labels: ["oddity"],
  closed: { oddity: ODDITIES },
});

/** Labels of `logOpen`. */
export type LogOpenLabels = Readonly<Record<string, never>>;
/** Activities that have begun in the log and not ended. A gauge in {activity}, `offing_node_log_open` in Prometheus. */
export const logOpen: Gauge<LogOpenLabels> = gauge<LogOpenLabels>({
  name: "offing.node.log.open",
  instrument: "gauge",
  unit: "{activity}",
  brief: "Activities that have begun in the log and not ended.",
  resource: "process",
  prometheus: "offing_node_log_open",
  labels: [],
  closed: {},
});

/** Labels of `logUnread`. */
export type LogUnreadLabels = Readonly<Record<string, never>>;
/** Bytes of the log that are written and not yet read. A gauge in By, `offing_node_log_unread_bytes` in Prometheus. */
export const logUnread: Gauge<LogUnreadLabels> = gauge<LogUnreadLabels>({
  name: "offing.node.log.unread",
  instrument: "gauge",
  unit: "By",
  brief: "Bytes of the log that are written and not yet read.",
  resource: "process",
  prometheus: "offing_node_log_unread_bytes",
  labels: [],
  closed: {},
});

/** Labels of `peers`. */
export type PeersLabels = Readonly<Record<string, never>>;
/** Peers the node is connected to. A gauge in {peer}, `offing_node_peers` in Prometheus. */
export const peers: Gauge<PeersLabels> = gauge<PeersLabels>({
  name: "offing.node.peers",
  instrument: "gauge",
  unit: "{peer}",
  brief: "Peers the node is connected to.",
  resource: "process",
  prometheus: "offing_node_peers",
  labels: [],
  closed: {},
});

/** Labels of `startTimestamp`. */
export type StartTimestampLabels = Readonly<Record<string, never>>;
/** When the node's process started, Unix seconds. A gauge in s, `offing_node_start_timestamp_seconds` in Prometheus. */
export const startTimestamp: Gauge<StartTimestampLabels> = gauge<StartTimestampLabels>({
  name: "offing.node.start.timestamp",
  instrument: "gauge",
  unit: "s",
  brief: "When the node's process started, Unix seconds.",
  resource: "process",
  prometheus: "offing_node_start_timestamp_seconds",
  labels: [],
  closed: {},
});

/** Labels of `telemetryDropped`. */
export type TelemetryDroppedLabels = {
  readonly signal: Signal;
  readonly drop_reason: DropReason;
};
/** Spans, points and records that were dropped, by reason. A counter in {item}, `offing_node_telemetry_dropped_total` in Prometheus. */
export const telemetryDropped: Counter<TelemetryDroppedLabels> = counter<TelemetryDroppedLabels>({
  name: "offing.node.telemetry.dropped",
  instrument: "counter",
  unit: "{item}",
  brief: "Spans, points and records that were dropped, by reason.",
  resource: "process",
  prometheus: "offing_node_telemetry_dropped_total",
  labels: ["signal","drop_reason"],
  closed: { signal: SIGNALS, drop_reason: DROP_REASONS },
});

/** Labels of `telemetryExportAge`. */
export type TelemetryExportAgeLabels = {
  readonly signal: Signal;
};
/** Age of the last successful export; the age of the telemetry itself before the first one. A gauge in s, `offing_node_telemetry_export_age_seconds` in Prometheus. */
export const telemetryExportAge: Gauge<TelemetryExportAgeLabels> = gauge<TelemetryExportAgeLabels>({
  name: "offing.node.telemetry.export.age",
  instrument: "gauge",
  unit: "s",
  brief: "Age of the last successful export; the age of the telemetry itself before the first one.",
  resource: "process",
  prometheus: "offing_node_telemetry_export_age_seconds",
  labels: ["signal"],
  closed: { signal: SIGNALS },
});

/** Labels of `telemetryQueueDepth`. */
export type TelemetryQueueDepthLabels = {
  readonly signal: Signal;
};
/** Items that wait to be delivered to the Collector. A gauge in {item}, `offing_node_telemetry_queue_depth` in Prometheus. */
export const telemetryQueueDepth: Gauge<TelemetryQueueDepthLabels> = gauge<TelemetryQueueDepthLabels>({
  name: "offing.node.telemetry.queue_depth",
  instrument: "gauge",
  unit: "{item}",
  brief: "Items that wait to be delivered to the Collector.",
  resource: "process",
  prometheus: "offing_node_telemetry_queue_depth",
  labels: ["signal"],
  closed: { signal: SIGNALS },
});

/** Labels of `undeclared`. */
export type UndeclaredLabels = {
  readonly label: Label;
  readonly admission: Admission;
};
/** Label values that the node had not declared, by what became of them. A counter in {value}, `offing_node_undeclared_total` in Prometheus. */
export const undeclared: Counter<UndeclaredLabels> = counter<UndeclaredLabels>({
  name: "offing.node.undeclared",
  instrument: "counter",
  unit: "{value}",
  brief: "Label values that the node had not declared, by what became of them.",
  resource: "process",
  prometheus: "offing_node_undeclared_total",
  labels: ["label","admission"],
  closed: { label: LABELS, admission: ADMISSIONS },
});

/** Attributes of `commandSpan`. */
export type CommandSpanAttributes = {
  readonly command: string;
  readonly status: Status;
  readonly operation_id?: string | undefined;
  readonly blockchain?: string | undefined;
  readonly peer_id?: string | undefined;
  readonly ual?: string | undefined;
  readonly "exception.type"?: string | undefined;
  readonly "exception.message"?: string | undefined;
};
/** One command from its start to its end. The span `command.{command}`. */
export const commandSpan: SpanDefinition<CommandSpanAttributes> = span<CommandSpanAttributes>("command.{command}", "internal");

/** Attributes of `networkSpan`. */
export type NetworkSpanAttributes = {
  readonly protocol: string;
  readonly outcome: Outcome;
  readonly operation_id?: string | undefined;
  readonly blockchain?: string | undefined;
  readonly peer_id?: string | undefined;
  readonly ual?: string | undefined;
  readonly "exception.type"?: string | undefined;
  readonly "exception.message"?: string | undefined;
};
/** One request over the network, chain RPC included. The span `network.{protocol}`. */
export const networkSpan: SpanDefinition<NetworkSpanAttributes> = span<NetworkSpanAttributes>("network.{protocol}", "client");

/** Attributes of `operationSpan`. */
export type OperationSpanAttributes = {
  readonly kind: string;
  readonly status: Status;
  readonly operation_id: string;
  readonly blockchain?: string | undefined;
  readonly peer_id?: string | undefined;
  readonly ual?: string | undefined;
  readonly "exception.type"?: string | undefined;
  readonly "exception.message"?: string | undefined;
};
/** A whole operation; its trace id and span id follow from operation_id. The span `operation.{kind}`. */
export const operationSpan: SpanDefinition<OperationSpanAttributes> = span<OperationSpanAttributes>("operation.{kind}", "internal");

/** Attributes of `operationEndSpan`. */
export type OperationEndSpanAttributes = {
  readonly kind: string;
  readonly status: Status;
  readonly operation_id: string;
  readonly blockchain?: string | undefined;
  readonly peer_id?: string | undefined;
  readonly ual?: string | undefined;
  readonly "exception.type"?: string | undefined;
  readonly "exception.message"?: string | undefined;
};
/** An operation ends; a point in time under the whole operation. The span `operation.end`. */
export const operationEndSpan: SpanDefinition<OperationEndSpanAttributes> = span<OperationEndSpanAttributes>("operation.end", "internal");

/** Attributes of `operationProgressSpan`. */
export type OperationProgressSpanAttributes = {
  readonly kind: string;
  readonly status: Status;
  readonly operation_id: string;
  readonly blockchain?: string | undefined;
  readonly peer_id?: string | undefined;
  readonly ual?: string | undefined;
  readonly "exception.type"?: string | undefined;
  readonly "exception.message"?: string | undefined;
};
/** An operation has come a step further; a point in time under the whole operation. The span `operation.progress`. */
export const operationProgressSpan: SpanDefinition<OperationProgressSpanAttributes> = span<OperationProgressSpanAttributes>("operation.progress", "internal");

/** Attributes of `operationStartSpan`. */
export type OperationStartSpanAttributes = {
  readonly kind: string;
  readonly status: Status;
  readonly operation_id: string;
  readonly blockchain?: string | undefined;
  readonly peer_id?: string | undefined;
  readonly ual?: string | undefined;
  readonly "exception.type"?: string | undefined;
  readonly "exception.message"?: string | undefined;
};
/** An operation begins; a point in time under the whole operation. The span `operation.start`. */
export const operationStartSpan: SpanDefinition<OperationStartSpanAttributes> = span<OperationStartSpanAttributes>("operation.start", "internal");

/** Attributes of `repositorySpan`. */
export type RepositorySpanAttributes = {
  readonly query: string;
  readonly status: Status;
  readonly operation_id?: string | undefined;
  readonly blockchain?: string | undefined;
  readonly ual?: string | undefined;
  readonly "exception.type"?: string | undefined;
  readonly "exception.message"?: string | undefined;
};
/** One repository query. The span `repository.{query}`. */
export const repositorySpan: SpanDefinition<RepositorySpanAttributes> = span<RepositorySpanAttributes>("repository.{query}", "client");

/** Attributes of `runtimeSpan`. */
export type RuntimeSpanAttributes = {
  readonly phase: string;
  readonly status: Status;
  readonly blockchain?: string | undefined;
  readonly "exception.type"?: string | undefined;
  readonly "exception.message"?: string | undefined;
};
/** A phase of the node's own life. The span `runtime.{phase}`. */
export const runtimeSpan: SpanDefinition<RuntimeSpanAttributes> = span<RuntimeSpanAttributes>("runtime.{phase}", "internal");

/** Attributes of `syncStageSpan`. */
export type SyncStageSpanAttributes = {
  readonly stage: string;
  readonly status: Status;
  readonly task?: string | undefined;
  readonly operation_id?: string | undefined;
  readonly blockchain?: string | undefined;
  readonly peer_id?: string | undefined;
  readonly ual?: string | undefined;
  readonly "exception.type"?: string | undefined;
  readonly "exception.message"?: string | undefined;
};
/** One batch in one stage of the sync pipeline. The span `task.stage.{stage}`. */
export const syncStageSpan: SpanDefinition<SyncStageSpanAttributes> = span<SyncStageSpanAttributes>("task.stage.{stage}", "internal");

/** Attributes of `taskSpan`. */
export type TaskSpanAttributes = {
  readonly task: string;
  readonly status: Status;
  readonly operation_id?: string | undefined;
  readonly blockchain?: string | undefined;
  readonly peer_id?: string | undefined;
  readonly ual?: string | undefined;
  readonly "exception.type"?: string | undefined;
  readonly "exception.message"?: string | undefined;
};
/** One run of a task. The span `task.{task}`. */
export const taskSpan: SpanDefinition<TaskSpanAttributes> = span<TaskSpanAttributes>("task.{task}", "internal");

/** Attributes of `tripleStoreSpan`. */
export type TripleStoreSpanAttributes = {
  readonly type: string;
  readonly status: Status;
  readonly operation_id?: string | undefined;
  readonly blockchain?: string | undefined;
  readonly ual?: string | undefined;
  readonly "exception.type"?: string | undefined;
  readonly "exception.message"?: string | undefined;
};
/** One triple-store query. The span `triple_store.{type}`. */
export const tripleStoreSpan: SpanDefinition<TripleStoreSpanAttributes> = span<TripleStoreSpanAttributes>("triple_store.{type}", "client");

/** Attributes of `logEvent`. */
export type LogEventAttributes = {
  readonly operation_id?: string | undefined;
  readonly task?: string | undefined;
  readonly command?: string | undefined;
  readonly blockchain?: string | undefined;
  readonly peer_id?: string | undefined;
  readonly ual?: string | undefined;
  readonly status?: Status | undefined;
  readonly "log.record.uid"?: string | undefined;
  readonly "log.file.name"?: string | undefined;
};
/** One line of the node's own log, with the trace and span it was written in. The log event `offing.node.log`. */
export const logEvent: EventDefinition<LogEventAttributes> = event<LogEventAttributes>("offing.node.log", "info");

/** The counters and histograms of contract/node.yaml whose totals stand in the ledger. */
export const NODE_LEDGER_METRICS: readonly MetricDefinition[] = [];
