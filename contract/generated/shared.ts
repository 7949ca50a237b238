// Generated from contract/shared.yaml. DO NOT EDIT: run `./offing contract generate`.

import { type Counter, type EventDefinition, type Gauge, type Histogram, type MetricDefinition, type SpanDefinition, counter, event, gauge, histogram, span } from "#core/signal.ts";

/** What became of an item handed to the Collector. */
export type Delivery = "acknowledged" | "rejected" | "retried" | "dead_lettered";
/** Every value of `delivery`, in the contract's order. */
export const DELIVERIES: readonly Delivery[] = ["acknowledged", "rejected", "retried", "dead_lettered"];

/** The kind of a ledger fact. */
export type FactKind = "operation" | "operation_summary" | "config_change" | "reorg" | "canary" | "alert_transition";
/** Every value of `fact_kind`, in the contract's order. */
export const FACT_KINDS: readonly FactKind[] = ["operation", "operation_summary", "config_change", "reorg", "canary", "alert_transition"];

/** Why another endpoint is asked first from now on. */
export type FailoverReason = "fenced" | "resting" | "behind" | "failing" | "rejected" | "recovered";
/** Every value of `failover_reason`, in the contract's order. */
export const FAILOVER_REASONS: readonly FailoverReason[] = ["fenced", "resting", "behind", "failing", "rejected", "recovered"];

/** Why an answer of the world was not used. */
export type Fault = "unreachable" | "http_status" | "not_json" | "rpc_error" | "null_block" | "receipt_mismatch" | "trace_mismatch" | "replay_mismatch" | "rate_limited" | "too_large" | "wrong_chain" | "behind" | "finalized_backwards" | "stale_head" | "unknown";
/** Every value of `fault`, in the contract's order. */
export const FAULTS: readonly Fault[] = ["unreachable", "http_status", "not_json", "rpc_error", "null_block", "receipt_mismatch", "trace_mismatch", "replay_mismatch", "rate_limited", "too_large", "wrong_chain", "behind", "finalized_backwards", "stale_head", "unknown"];

/** Why an endpoint is not asked, or only when no other is left. */
export type Fence = "wrong_chain" | "finalized_backwards" | "resting" | "behind";
/** Every value of `fence`, in the contract's order. */
export const FENCES: readonly Fence[] = ["wrong_chain", "finalized_backwards", "resting", "behind"];

/** A JSON-RPC method that Offing calls. */
export type Method = "eth_chainId" | "eth_blockNumber" | "eth_getBlockByNumber" | "eth_getBlockByHash" | "eth_getBlockReceipts" | "eth_getTransactionReceipt" | "eth_getCode" | "eth_call" | "eth_simulateV1" | "debug_traceTransaction" | "debug_traceBlockByHash" | "trace_block" | "trace_transaction" | "ots_getTransactionError" | "other";
/** Every value of `method`, in the contract's order. */
export const METHODS: readonly Method[] = ["eth_chainId", "eth_blockNumber", "eth_getBlockByNumber", "eth_getBlockByHash", "eth_getBlockReceipts", "eth_getTransactionReceipt", "eth_getCode", "eth_call", "eth_simulateV1", "debug_traceTransaction", "debug_traceBlockByHash", "trace_block", "trace_transaction", "ots_getTransactionError", "other"];

/** How the history knows of a transition. */
export type AlertEvidence = "reported" | "polled";
/** Every value of `offing.alert.evidence`, in the contract's order. */
export const ALERT_EVIDENCES: readonly AlertEvidence[] = ["reported", "polled"];

/** How much an alert matters. */
export type AlertSeverity = "critical" | "warning" | "info" | "unknown";
/** Every value of `offing.alert.severity`, in the contract's order. */
export const ALERT_SEVERITIES: readonly AlertSeverity[] = ["critical", "warning", "info", "unknown"];

/** What an alert turned to, as Alertmanager tells it. */
export type AlertState = "firing" | "resolved";
/** Every value of `offing.alert.state`, in the contract's order. */
export const ALERT_STATES: readonly AlertState[] = ["firing", "resolved"];

/** Which end of a drill a record marks. */
export type DrillPhase = "started" | "ended";
/** Every value of `offing.drill.phase`, in the contract's order. */
export const DRILL_PHASES: readonly DrillPhase[] = ["started", "ended"];

/** Which step met what it could not use. */
export type Origin = "source" | "interpret" | "projector";
/** Every value of `origin`, in the contract's order. */
export const ORIGINS: readonly Origin[] = ["source", "interpret", "projector"];

/** Why an item was kept as a dead letter or dropped. */
export type Reason = "collector_refused" | "undecodable" | "invalid_label" | "unknown";
/** Every value of `reason`, in the contract's order. */
export const REASONS: readonly Reason[] = ["collector_refused", "undecodable", "invalid_label", "unknown"];

/** How a request ended. */
export type RpcOutcome = "ok" | "error";
/** Every value of `rpc.outcome`, in the contract's order. */
export const RPC_OUTCOMES: readonly RpcOutcome[] = ["ok", "error"];

/** An OTLP signal. */
export type Signal = "traces" | "metrics" | "logs";
/** Every value of `signal`, in the contract's order. */
export const SIGNALS: readonly Signal[] = ["traces", "metrics", "logs"];

/** How the trace ended that a time is told of. */
export type TraceEnd = "answered" | "given_up";
/** Every value of `trace_end`, in the contract's order. */
export const TRACE_ENDS: readonly TraceEnd[] = ["answered", "given_up"];

/** Labels of `buildInfo`. */
export type BuildInfoLabels = {
  readonly version: string;
};
/** Always 1; the version stands in the label. A gauge in {build}, `offing_build_info` in Prometheus. */
export const buildInfo: Gauge<BuildInfoLabels> = gauge<BuildInfoLabels>({
  name: "offing.build.info",
  instrument: "gauge",
  unit: "{build}",
  brief: "Always 1; the version stands in the label.",
  resource: "process",
  prometheus: "offing_build_info",
  labels: ["version"],
  closed: {},
});

/** Labels of `configInfo`. */
export type ConfigInfoLabels = {
  readonly config_digest: string;
};
/** Always 1; the digest of the configuration in force stands in the label. A gauge in {config}, `offing_config_info` in Prometheus. */
export const configInfo: Gauge<ConfigInfoLabels> = gauge<ConfigInfoLabels>({
  name: "offing.config.info",
  instrument: "gauge",
  unit: "{config}",
  brief: "Always 1; the digest of the configuration in force stands in the label.",
  resource: "process",
  prometheus: "offing_config_info",
  labels: ["config_digest"],
  closed: {},
});

/** Labels of `deadLetters`. */
export type DeadLettersLabels = {
  readonly origin: Origin;
  readonly reason: Reason;
};
/** Items kept as dead letters, since process start. A counter in {item}, `offing_dead_letters_total` in Prometheus. */
export const deadLetters: Counter<DeadLettersLabels> = counter<DeadLettersLabels>({
  name: "offing.dead_letters",
  instrument: "counter",
  unit: "{item}",
  brief: "Items kept as dead letters, since process start.",
  resource: "process",
  prometheus: "offing_dead_letters_total",
  labels: ["origin","reason"],
  closed: { origin: ORIGINS, reason: REASONS },
});

/** Labels of `facts`. */
export type FactsLabels = {
  readonly fact_kind: FactKind;
};
/** Facts in the ledger by kind. A counter in {fact}, `offing_facts_total` in Prometheus. */
export const facts: Counter<FactsLabels> = counter<FactsLabels>({
  name: "offing.facts",
  instrument: "counter",
  unit: "{fact}",
  brief: "Facts in the ledger by kind.",
  resource: "ledger",
  prometheus: "offing_facts_total",
  labels: ["fact_kind"],
  closed: { fact_kind: FACT_KINDS },
  ledger: { select: "SELECT f.kind AS fact_kind, count(*) AS value FROM facts f WHERE f.seq <= :cursor AND f.retracts IS NULL AND NOT EXISTS (SELECT 1 FROM facts r WHERE r.retracts = f.id AND r.seq <= :cursor) GROUP BY f.kind" },
});

/** Labels of `heartbeatTimestamp`. */
export type HeartbeatTimestampLabels = Readonly<Record<string, never>>;
/** When the emitter's loop last turned, Unix seconds. A gauge in s, `offing_heartbeat_timestamp_seconds` in Prometheus. */
export const heartbeatTimestamp: Gauge<HeartbeatTimestampLabels> = gauge<HeartbeatTimestampLabels>({
  name: "offing.heartbeat.timestamp",
  instrument: "gauge",
  unit: "s",
  brief: "When the emitter's loop last turned, Unix seconds.",
  resource: "process",
  prometheus: "offing_heartbeat_timestamp_seconds",
  labels: [],
  closed: {},
});

/** Labels of `ledgerCursor`. */
export type LedgerCursorLabels = Readonly<Record<string, never>>;
/** The ledger position at which the totals of the same export stand; reconcile compares at it. A gauge in {fact}, `offing_ledger_cursor` in Prometheus. */
export const ledgerCursor: Gauge<LedgerCursorLabels> = gauge<LedgerCursorLabels>({
  name: "offing.ledger.cursor",
  instrument: "gauge",
  unit: "{fact}",
  brief: "The ledger position at which the totals of the same export stand; reconcile compares at it.",
  resource: "ledger",
  prometheus: "offing_ledger_cursor",
  labels: [],
  closed: {},
});

/** Labels of `otlpItems`. */
export type OtlpItemsLabels = {
  readonly signal: Signal;
  readonly delivery: Delivery;
};
/** Spans, points and records by what became of them at the Collector, since process start. A counter in {item}, `offing_otlp_items_total` in Prometheus. */
export const otlpItems: Counter<OtlpItemsLabels> = counter<OtlpItemsLabels>({
  name: "offing.otlp.items",
  instrument: "counter",
  unit: "{item}",
  brief: "Spans, points and records by what became of them at the Collector, since process start.",
  resource: "process",
  prometheus: "offing_otlp_items_total",
  labels: ["signal","delivery"],
  closed: { signal: SIGNALS, delivery: DELIVERIES },
});

/** Labels of `processMemory`. */
export type ProcessMemoryLabels = Readonly<Record<string, never>>;
/** Resident memory of the emitter. A gauge in By, `offing_process_memory_bytes` in Prometheus. */
export const processMemory: Gauge<ProcessMemoryLabels> = gauge<ProcessMemoryLabels>({
  name: "offing.process.memory",
  instrument: "gauge",
  unit: "By",
  brief: "Resident memory of the emitter.",
  resource: "process",
  prometheus: "offing_process_memory_bytes",
  labels: [],
  closed: {},
});

/** Labels of `projectorLag`. */
export type ProjectorLagLabels = Readonly<Record<string, never>>;
/** Facts written to the ledger and not yet acknowledged by the Collector. A gauge in {fact}, `offing_projector_lag` in Prometheus. */
export const projectorLag: Gauge<ProjectorLagLabels> = gauge<ProjectorLagLabels>({
  name: "offing.projector.lag",
  instrument: "gauge",
  unit: "{fact}",
  brief: "Facts written to the ledger and not yet acknowledged by the Collector.",
  resource: "process",
  prometheus: "offing_projector_lag",
  labels: [],
  closed: {},
});

/** Labels of `projectorLagAge`. */
export type ProjectorLagAgeLabels = Readonly<Record<string, never>>;
/** Age of the oldest fact not yet acknowledged; 0 when none waits. A gauge in s, `offing_projector_lag_age_seconds` in Prometheus. */
export const projectorLagAge: Gauge<ProjectorLagAgeLabels> = gauge<ProjectorLagAgeLabels>({
  name: "offing.projector.lag.age",
  instrument: "gauge",
  unit: "s",
  brief: "Age of the oldest fact not yet acknowledged; 0 when none waits.",
  resource: "process",
  prometheus: "offing_projector_lag_age_seconds",
  labels: [],
  closed: {},
});

/** Labels of `rpcDuration`. */
export type RpcDurationLabels = {
  readonly provider: string;
  readonly method: Method;
  readonly "rpc.outcome": RpcOutcome;
};
/** Time from a JSON-RPC request to its answer, since process start. A histogram in s, `offing_rpc_duration_seconds` in Prometheus. */
export const rpcDuration: Histogram<RpcDurationLabels> = histogram<RpcDurationLabels>({
  name: "offing.rpc.duration",
  instrument: "histogram",
  unit: "s",
  brief: "Time from a JSON-RPC request to its answer, since process start.",
  resource: "process",
  prometheus: "offing_rpc_duration_seconds",
  labels: ["provider","method","rpc.outcome"],
  closed: { method: METHODS, "rpc.outcome": RPC_OUTCOMES },
  buckets: [0.005,0.01,0.025,0.05,0.1,0.25,0.5,1,2.5,5,10],
});

/** Labels of `rpcEndpointArchive`. */
export type RpcEndpointArchiveLabels = {
  readonly provider: string;
};
/** How far below its head an endpoint still has state, as far as it was asked; absent until then. A gauge in {block}, `offing_rpc_endpoint_archive` in Prometheus. */
export const rpcEndpointArchive: Gauge<RpcEndpointArchiveLabels> = gauge<RpcEndpointArchiveLabels>({
  name: "offing.rpc.endpoint.archive",
  instrument: "gauge",
  unit: "{block}",
  brief: "How far below its head an endpoint still has state, as far as it was asked; absent until then.",
  resource: "process",
  prometheus: "offing_rpc_endpoint_archive",
  labels: ["provider"],
  closed: {},
});

/** Labels of `rpcEndpointBatch`. */
export type RpcEndpointBatchLabels = {
  readonly provider: string;
};
/** The largest JSON-RPC batch an endpoint answered whole, of the sizes tried; 1 when it answers none, absent until it was asked. A gauge in {request}, `offing_rpc_endpoint_batch` in Prometheus. */
export const rpcEndpointBatch: Gauge<RpcEndpointBatchLabels> = gauge<RpcEndpointBatchLabels>({
  name: "offing.rpc.endpoint.batch",
  instrument: "gauge",
  unit: "{request}",
  brief: "The largest JSON-RPC batch an endpoint answered whole, of the sizes tried; 1 when it answers none, absent until it was asked.",
  resource: "process",
  prometheus: "offing_rpc_endpoint_batch",
  labels: ["provider"],
  closed: {},
});

/** Labels of `rpcEndpointCapability`. */
export type RpcEndpointCapabilityLabels = {
  readonly provider: string;
  readonly method: Method;
};
/** 1 when an endpoint has a method that not every node has, 0 when it has not; absent until it was asked. A gauge in {method}, `offing_rpc_endpoint_capability` in Prometheus. */
export const rpcEndpointCapability: Gauge<RpcEndpointCapabilityLabels> = gauge<RpcEndpointCapabilityLabels>({
  name: "offing.rpc.endpoint.capability",
  instrument: "gauge",
  unit: "{method}",
  brief: "1 when an endpoint has a method that not every node has, 0 when it has not; absent until it was asked.",
  resource: "process",
  prometheus: "offing_rpc_endpoint_capability",
  labels: ["provider","method"],
  closed: { method: METHODS },
});

/** Labels of `rpcEndpointErrorRatio`. */
export type RpcEndpointErrorRatioLabels = {
  readonly provider: string;
};
/** The share of an endpoint's answers of late that could not be used, the newest weighing most. A gauge in {ratio}, `offing_rpc_endpoint_error_ratio` in Prometheus. */
export const rpcEndpointErrorRatio: Gauge<RpcEndpointErrorRatioLabels> = gauge<RpcEndpointErrorRatioLabels>({
  name: "offing.rpc.endpoint.error_ratio",
  instrument: "gauge",
  unit: "{ratio}",
  brief: "The share of an endpoint's answers of late that could not be used, the newest weighing most.",
  resource: "process",
  prometheus: "offing_rpc_endpoint_error_ratio",
  labels: ["provider"],
  closed: {},
});

/** Labels of `rpcEndpointFenced`. */
export type RpcEndpointFencedLabels = {
  readonly provider: string;
  readonly fence: Fence;
};
/** 1 while this fence keeps an endpoint from being asked first, else 0. A gauge in {endpoint}, `offing_rpc_endpoint_fenced` in Prometheus. */
export const rpcEndpointFenced: Gauge<RpcEndpointFencedLabels> = gauge<RpcEndpointFencedLabels>({
  name: "offing.rpc.endpoint.fenced",
  instrument: "gauge",
  unit: "{endpoint}",
  brief: "1 while this fence keeps an endpoint from being asked first, else 0.",
  resource: "process",
  prometheus: "offing_rpc_endpoint_fenced",
  labels: ["provider","fence"],
  closed: { fence: FENCES },
});

/** Labels of `rpcEndpointFinalized`. */
export type RpcEndpointFinalizedLabels = {
  readonly provider: string;
};
/** The newest finalized block an endpoint told of; one that shows a lower one later is fenced. Absent until it told of one. A gauge in {block}, `offing_rpc_endpoint_finalized` in Prometheus. */
export const rpcEndpointFinalized: Gauge<RpcEndpointFinalizedLabels> = gauge<RpcEndpointFinalizedLabels>({
  name: "offing.rpc.endpoint.finalized",
  instrument: "gauge",
  unit: "{block}",
  brief: "The newest finalized block an endpoint told of; one that shows a lower one later is fenced. Absent until it told of one.",
  resource: "process",
  prometheus: "offing_rpc_endpoint_finalized",
  labels: ["provider"],
  closed: {},
});

/** Labels of `rpcEndpointHead`. */
export type RpcEndpointHeadLabels = {
  readonly provider: string;
};
/** The newest block an endpoint told of; absent until it did. A gauge in {block}, `offing_rpc_endpoint_head` in Prometheus. */
export const rpcEndpointHead: Gauge<RpcEndpointHeadLabels> = gauge<RpcEndpointHeadLabels>({
  name: "offing.rpc.endpoint.head",
  instrument: "gauge",
  unit: "{block}",
  brief: "The newest block an endpoint told of; absent until it did.",
  resource: "process",
  prometheus: "offing_rpc_endpoint_head",
  labels: ["provider"],
  closed: {},
});

/** Labels of `rpcEndpointLag`. */
export type RpcEndpointLagLabels = {
  readonly provider: string;
};
/** Blocks between the best head of all endpoints and this one's; absent until it told its own. A gauge in {block}, `offing_rpc_endpoint_lag` in Prometheus. */
export const rpcEndpointLag: Gauge<RpcEndpointLagLabels> = gauge<RpcEndpointLagLabels>({
  name: "offing.rpc.endpoint.lag",
  instrument: "gauge",
  unit: "{block}",
  brief: "Blocks between the best head of all endpoints and this one's; absent until it told its own.",
  resource: "process",
  prometheus: "offing_rpc_endpoint_lag",
  labels: ["provider"],
  closed: {},
});

/** Labels of `rpcEndpointLatency`. */
export type RpcEndpointLatencyLabels = {
  readonly provider: string;
};
/** How long an endpoint took of late, the newest answers weighing most. A gauge in s, `offing_rpc_endpoint_latency_seconds` in Prometheus. */
export const rpcEndpointLatency: Gauge<RpcEndpointLatencyLabels> = gauge<RpcEndpointLatencyLabels>({
  name: "offing.rpc.endpoint.latency",
  instrument: "gauge",
  unit: "s",
  brief: "How long an endpoint took of late, the newest answers weighing most.",
  resource: "process",
  prometheus: "offing_rpc_endpoint_latency_seconds",
  labels: ["provider"],
  closed: {},
});

/** Labels of `rpcEndpointPrimary`. */
export type RpcEndpointPrimaryLabels = {
  readonly provider: string;
};
/** 1 for the endpoint that is asked first, 0 for the others. A gauge in {endpoint}, `offing_rpc_endpoint_primary` in Prometheus. */
export const rpcEndpointPrimary: Gauge<RpcEndpointPrimaryLabels> = gauge<RpcEndpointPrimaryLabels>({
  name: "offing.rpc.endpoint.primary",
  instrument: "gauge",
  unit: "{endpoint}",
  brief: "1 for the endpoint that is asked first, 0 for the others.",
  resource: "process",
  prometheus: "offing_rpc_endpoint_primary",
  labels: ["provider"],
  closed: {},
});

/** Labels of `rpcEndpointTraceTime`. */
export type RpcEndpointTraceTimeLabels = {
  readonly provider: string;
  readonly trace_end: TraceEnd;
};
/** What is known of how long an endpoint lets a trace run: the longest it answered, and the shortest after which it gave up. A gauge in s, `offing_rpc_endpoint_trace_time_seconds` in Prometheus. */
export const rpcEndpointTraceTime: Gauge<RpcEndpointTraceTimeLabels> = gauge<RpcEndpointTraceTimeLabels>({
  name: "offing.rpc.endpoint.trace.time",
  instrument: "gauge",
  unit: "s",
  brief: "What is known of how long an endpoint lets a trace run: the longest it answered, and the shortest after which it gave up.",
  resource: "process",
  prometheus: "offing_rpc_endpoint_trace_time_seconds",
  labels: ["provider","trace_end"],
  closed: { trace_end: TRACE_ENDS },
});

/** Labels of `rpcEndpointWell`. */
export type RpcEndpointWellLabels = {
  readonly provider: string;
};
/** How long no fault came from an endpoint; 0 from a fault until its next answer, absent before it was asked. A gauge in s, `offing_rpc_endpoint_well_seconds` in Prometheus. */
export const rpcEndpointWell: Gauge<RpcEndpointWellLabels> = gauge<RpcEndpointWellLabels>({
  name: "offing.rpc.endpoint.well",
  instrument: "gauge",
  unit: "s",
  brief: "How long no fault came from an endpoint; 0 from a fault until its next answer, absent before it was asked.",
  resource: "process",
  prometheus: "offing_rpc_endpoint_well_seconds",
  labels: ["provider"],
  closed: {},
});

/** Labels of `rpcFailovers`. */
export type RpcFailoversLabels = {
  readonly failover_reason: FailoverReason;
};
/** Changes of the endpoint that is asked first, since process start. A counter in {failover}, `offing_rpc_failovers_total` in Prometheus. */
export const rpcFailovers: Counter<RpcFailoversLabels> = counter<RpcFailoversLabels>({
  name: "offing.rpc.failovers",
  instrument: "counter",
  unit: "{failover}",
  brief: "Changes of the endpoint that is asked first, since process start.",
  resource: "process",
  prometheus: "offing_rpc_failovers_total",
  labels: ["failover_reason"],
  closed: { failover_reason: FAILOVER_REASONS },
});

/** Labels of `rpcRequests`. */
export type RpcRequestsLabels = {
  readonly provider: string;
  readonly method: Method;
  readonly "rpc.outcome": RpcOutcome;
};
/** JSON-RPC requests, since process start. A counter in {request}, `offing_rpc_requests_total` in Prometheus. */
export const rpcRequests: Counter<RpcRequestsLabels> = counter<RpcRequestsLabels>({
  name: "offing.rpc.requests",
  instrument: "counter",
  unit: "{request}",
  brief: "JSON-RPC requests, since process start.",
  resource: "process",
  prometheus: "offing_rpc_requests_total",
  labels: ["provider","method","rpc.outcome"],
  closed: { method: METHODS, "rpc.outcome": RPC_OUTCOMES },
});

/** Labels of `sourceFaults`. */
export type SourceFaultsLabels = {
  readonly fault: Fault;
};
/** Answers of the world that were not used, since process start. A counter in {fault}, `offing_source_faults_total` in Prometheus. */
export const sourceFaults: Counter<SourceFaultsLabels> = counter<SourceFaultsLabels>({
  name: "offing.source.faults",
  instrument: "counter",
  unit: "{fault}",
  brief: "Answers of the world that were not used, since process start.",
  resource: "process",
  prometheus: "offing_source_faults_total",
  labels: ["fault"],
  closed: { fault: FAULTS },
});

/** Attributes of `rpcFailoverSpan`. */
export type RpcFailoverSpanAttributes = {
  readonly "offing.rpc.from": string;
  readonly "offing.rpc.to": string;
  readonly failover_reason: FailoverReason;
  readonly "offing.rpc.candidates": string;
};
/** Another endpoint is asked first from now on, with everything the choice was made from. The span `rpc.failover`. */
export const rpcFailoverSpan: SpanDefinition<RpcFailoverSpanAttributes> = span<RpcFailoverSpanAttributes>("rpc.failover", "internal");

/** Attributes of `alertTransitionEvent`. */
export type AlertTransitionEventAttributes = {
  readonly "offing.fact.id": string;
  readonly "offing.fact.time": string;
  readonly "offing.alert.name": string;
  readonly "offing.alert.state": AlertState;
  readonly "offing.alert.severity": AlertSeverity;
  readonly "offing.alert.domain": string;
  readonly "offing.alert.fingerprint": string;
  readonly "offing.alert.started_at": string;
  readonly "offing.alert.evidence": AlertEvidence;
  readonly "offing.alert.job"?: string | undefined;
  readonly "offing.alert.instance"?: string | undefined;
};
/** An alert began to fire or stopped, as Alertmanager reported it. The log event `offing.alert.transition`. */
export const alertTransitionEvent: EventDefinition<AlertTransitionEventAttributes> = event<AlertTransitionEventAttributes>("offing.alert.transition", "warn");

/** Attributes of `drillEvent`. */
export type DrillEventAttributes = {
  readonly "offing.drill.name": string;
  readonly "offing.drill.phase": DrillPhase;
  readonly "offing.drill.target": string;
};
/** A drill began or ended; what is watched was disturbed on purpose in between. The log event `offing.drill`. */
export const drillEvent: EventDefinition<DrillEventAttributes> = event<DrillEventAttributes>("offing.drill", "info");

/** The counters and histograms of contract/shared.yaml whose totals stand in the ledger. */
export const SHARED_LEDGER_METRICS: readonly MetricDefinition[] = [facts];
