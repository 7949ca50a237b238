// Generated from contract/shared.yaml. DO NOT EDIT: run `./offing contract generate`.

import { type Counter, type EventDefinition, type Gauge, type Histogram, type MetricDefinition, counter, event, gauge, histogram } from "#core/signal.ts";

/** What became of an item handed to the Collector. */
export type Delivery = "acknowledged" | "rejected" | "retried" | "dead_lettered";
/** Every value of `delivery`, in the contract's order. */
export const DELIVERIES: readonly Delivery[] = ["acknowledged", "rejected", "retried", "dead_lettered"];

/** The kind of a ledger fact. */
export type FactKind = "operation" | "config_change" | "reorg" | "alert_transition";
/** Every value of `fact_kind`, in the contract's order. */
export const FACT_KINDS: readonly FactKind[] = ["operation", "config_change", "reorg", "alert_transition"];

/** Why an answer of the world was not used. */
export type Fault = "unreachable" | "http_status" | "not_json" | "rpc_error" | "null_block" | "receipt_mismatch" | "trace_mismatch" | "replay_mismatch" | "stale_head" | "unknown";
/** Every value of `fault`, in the contract's order. */
export const FAULTS: readonly Fault[] = ["unreachable", "http_status", "not_json", "rpc_error", "null_block", "receipt_mismatch", "trace_mismatch", "replay_mismatch", "stale_head", "unknown"];

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
