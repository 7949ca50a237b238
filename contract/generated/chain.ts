// Generated from contract/chain.yaml. DO NOT EDIT: run `./offing contract generate`.

import { type Counter, type EventDefinition, type Gauge, type Histogram, type MetricDefinition, type SpanDefinition, counter, event, gauge, histogram, span } from "#core/signal.ts";

/** What the caller asked a watched contract to do; the configuration (chain.contracts.actions) may add to the set. */
export type ActionType = "PSM_MINT" | "PSM_REDEEM" | "BUYBACK_EXECUTE" | "unknown";
/** Every value of `action_type`, in the contract's order. */
export const ACTION_TYPES: readonly ActionType[] = ["PSM_MINT", "PSM_REDEEM", "BUYBACK_EXECUTE", "unknown"];

/** Who changed a configuration. */
export type ActorKind = "governor" | "timelock" | "multisig" | "account" | "contract";
/** Every value of `actor_kind`, in the contract's order. */
export const ACTOR_KINDS: readonly ActorKind[] = ["governor", "timelock", "multisig", "account", "contract"];

/** An alert whose threshold the configuration sets. */
export type Alert = "ChainBuybackBlocked" | "ChainPsmOracleMissingBurst" | "ChainReorgDeep";
/** Every value of `alert`, in the contract's order. */
export const ALERTS: readonly Alert[] = ["ChainBuybackBlocked", "ChainPsmOracleMissingBurst", "ChainReorgDeep"];

/** Who called the watched contract. */
export type CallerCategory = "eoa" | "contract" | "whitelisted_route" | "unknown";
/** Every value of `caller_category`, in the contract's order. */
export const CALLER_CATEGORIES: readonly CallerCategory[] = ["eoa", "contract", "whitelisted_route", "unknown"];

/** How a simulated call would have ended. */
export type CanaryOutcome = "success" | "blocked" | "reverted";
/** Every value of `canary_outcome`, in the contract's order. */
export const CANARY_OUTCOMES: readonly CanaryOutcome[] = ["success", "blocked", "reverted"];

/** How far the evidence carries. */
export type Confidence = "exact" | "likely" | "approximate" | "none";
/** Every value of `confidence`, in the contract's order. */
export const CONFIDENCES: readonly Confidence[] = ["exact", "likely", "approximate", "none"];

/** A watched contract by its role. */
export type Contract = "PSM" | "BUYBACK_VAULT" | "TREASURY_VAULT" | "SAFETY_NET" | "FEE_ROUTER" | "unknown";
/** Every value of `contract`, in the contract's order. */
export const CONTRACTS: readonly Contract[] = ["PSM", "BUYBACK_VAULT", "TREASURY_VAULT", "SAFETY_NET", "FEE_ROUTER", "unknown"];

/** How an operation's outcome was proved, the best grade first. */
export type Evidence = "trace" | "receipt" | "simulation" | "node" | "call" | "status";
/** Every value of `evidence`, in the contract's order. */
export const EVIDENCES: readonly Evidence[] = ["trace", "receipt", "simulation", "node", "call", "status"];

/** In which way a call failed. */
export type EvmRevertKind = "custom_error" | "error_string" | "panic" | "empty" | "out_of_gas" | "halted" | "unreadable" | "unseen";
/** Every value of `evm.revert.kind`, in the contract's order. */
export const EVM_REVERT_KINDS: readonly EvmRevertKind[] = ["custom_error", "error_string", "panic", "empty", "out_of_gas", "halted", "unreadable", "unseen"];

/** How well a block is covered, the best first; a block with no grade is a gap. */
export type Grade = "traced" | "signs" | "receipts";
/** Every value of `grade`, in the contract's order. */
export const GRADES: readonly Grade[] = ["traced", "signs", "receipts"];

/** The part of the protocol whose configuration changed. */
export type Module = "PSM" | "BUYBACK_VAULT" | "ORACLE" | "TREASURY_VAULT" | "SAFETY_NET" | "FEE_ROUTER" | "unknown";
/** Every value of `module`, in the contract's order. */
export const MODULES: readonly Module[] = ["PSM", "BUYBACK_VAULT", "ORACLE", "TREASURY_VAULT", "SAFETY_NET", "FEE_ROUTER", "unknown"];

/** How an operation ended. */
export type Outcome = "success" | "blocked" | "reverted" | "caught";
/** Every value of `outcome`, in the contract's order. */
export const OUTCOMES: readonly Outcome[] = ["success", "blocked", "reverted", "caught"];

/** Which block a block number speaks of. */
export type Position = "head" | "indexed" | "safe" | "finalized" | "final";
/** Every value of `position`, in the contract's order. */
export const POSITIONS: readonly Position[] = ["head", "indexed", "safe", "finalized", "final"];

/** The reason a contract gave, to the letter; never ranked or rewritten. The configuration (chain.reasons) may add to the set. */
export type ReasonCode = "PSM_ORACLE_MISSING" | "BUYBACK_ORACLE_REQUIRED" | "BUYBACK_ORACLE_UNHEALTHY" | "unknown";
/** Every value of `reason_code`, in the contract's order. */
export const REASON_CODES: readonly ReasonCode[] = ["PSM_ORACLE_MISSING", "BUYBACK_ORACLE_REQUIRED", "BUYBACK_ORACLE_UNHEALTHY", "unknown"];

/** Why an operation was taken back. */
export type RetractionCause = "reorg" | "decoded_again" | "better_evidence";
/** Every value of `retraction_cause`, in the contract's order. */
export const RETRACTION_CAUSES: readonly RetractionCause[] = ["reorg", "decoded_again", "better_evidence"];

/** A window of chain time that ends at the newest indexed block. */
export type Window = "1h" | "burst";
/** Every value of `window`, in the contract's order. */
export const WINDOWS: readonly Window[] = ["1h", "burst"];

/** Labels of `alertThreshold`. */
export type AlertThresholdLabels = {
  readonly alert: Alert;
};
/** The configured threshold of an alert, in the unit of what it is compared with. A gauge in {threshold}, `offing_chain_alert_threshold` in Prometheus. */
export const alertThreshold: Gauge<AlertThresholdLabels> = gauge<AlertThresholdLabels>({
  name: "offing.chain.alert.threshold",
  instrument: "gauge",
  unit: "{threshold}",
  brief: "The configured threshold of an alert, in the unit of what it is compared with.",
  resource: "ledger",
  prometheus: "offing_chain_alert_threshold",
  labels: ["alert"],
  closed: { alert: ALERTS },
});

/** Labels of `blockNumber`. */
export type BlockNumberLabels = {
  readonly position: Position;
};
/** Block numbers by position. A gauge in {block}, `offing_chain_block_number` in Prometheus. */
export const blockNumber: Gauge<BlockNumberLabels> = gauge<BlockNumberLabels>({
  name: "offing.chain.block.number",
  instrument: "gauge",
  unit: "{block}",
  brief: "Block numbers by position.",
  resource: "ledger",
  prometheus: "offing_chain_block_number",
  labels: ["position"],
  closed: { position: POSITIONS },
});

/** Labels of `blockTimestamp`. */
export type BlockTimestampLabels = Readonly<Record<string, never>>;
/** Unix time of the newest indexed block. A gauge in s, `offing_chain_block_timestamp_seconds` in Prometheus. */
export const blockTimestamp: Gauge<BlockTimestampLabels> = gauge<BlockTimestampLabels>({
  name: "offing.chain.block.timestamp",
  instrument: "gauge",
  unit: "s",
  brief: "Unix time of the newest indexed block.",
  resource: "ledger",
  prometheus: "offing_chain_block_timestamp_seconds",
  labels: [],
  closed: {},
});

/** Labels of `blockedDuration`. */
export type BlockedDurationLabels = {
  readonly contract: Contract;
  readonly reason_code: ReasonCode;
};
/** Length of the present run of blocked operations by reason: chain time of the last minus that of the first; a success ends it. A gauge in s, `offing_chain_blocked_duration_seconds` in Prometheus. */
export const blockedDuration: Gauge<BlockedDurationLabels> = gauge<BlockedDurationLabels>({
  name: "offing.chain.blocked.duration",
  instrument: "gauge",
  unit: "s",
  brief: "Length of the present run of blocked operations by reason: chain time of the last minus that of the first; a success ends it.",
  resource: "ledger",
  prometheus: "offing_chain_blocked_duration_seconds",
  labels: ["contract","reason_code"],
  closed: { contract: CONTRACTS, reason_code: REASON_CODES },
});

/** Labels of `canaries`. */
export type CanariesLabels = {
  readonly contract: Contract;
  readonly action_type: ActionType;
  readonly canary_outcome: CanaryOutcome;
};
/** Calls that were simulated at the head, by how they would have ended. A counter in {call}, `offing_chain_canaries_total` in Prometheus. */
export const canaries: Counter<CanariesLabels> = counter<CanariesLabels>({
  name: "offing.chain.canaries",
  instrument: "counter",
  unit: "{call}",
  brief: "Calls that were simulated at the head, by how they would have ended.",
  resource: "ledger",
  prometheus: "offing_chain_canaries_total",
  labels: ["contract","action_type","canary_outcome"],
  closed: { contract: CONTRACTS, action_type: ACTION_TYPES, canary_outcome: CANARY_OUTCOMES },
  ledger: { select: "SELECT c.contract, c.action_type, c.canary_outcome, count(*) AS value FROM oracle_canary_log c WHERE c.seq <= :cursor GROUP BY c.contract, c.action_type, c.canary_outcome" },
});

/** Labels of `canaryState`. */
export type CanaryStateLabels = {
  readonly contract: Contract;
  readonly action_type: ActionType;
  readonly canary_outcome: CanaryOutcome;
};
/** How a simulated call would have ended when it was last answered, 1 for that outcome and 0 for the others; absent before. A gauge in {call}, `offing_chain_canary_state` in Prometheus. */
export const canaryState: Gauge<CanaryStateLabels> = gauge<CanaryStateLabels>({
  name: "offing.chain.canary.state",
  instrument: "gauge",
  unit: "{call}",
  brief: "How a simulated call would have ended when it was last answered, 1 for that outcome and 0 for the others; absent before.",
  resource: "ledger",
  prometheus: "offing_chain_canary_state",
  labels: ["contract","action_type","canary_outcome"],
  closed: { contract: CONTRACTS, action_type: ACTION_TYPES, canary_outcome: CANARY_OUTCOMES },
});

/** Labels of `canaryTimestamp`. */
export type CanaryTimestampLabels = {
  readonly contract: Contract;
  readonly action_type: ActionType;
};
/** When a simulated call was last answered, Unix seconds; absent before. A gauge in s, `offing_chain_canary_timestamp_seconds` in Prometheus. */
export const canaryTimestamp: Gauge<CanaryTimestampLabels> = gauge<CanaryTimestampLabels>({
  name: "offing.chain.canary.timestamp",
  instrument: "gauge",
  unit: "s",
  brief: "When a simulated call was last answered, Unix seconds; absent before.",
  resource: "ledger",
  prometheus: "offing_chain_canary_timestamp_seconds",
  labels: ["contract","action_type"],
  closed: { contract: CONTRACTS, action_type: ACTION_TYPES },
});

/** Labels of `configChanged`. */
export type ConfigChangedLabels = {
  readonly module: Module;
};
/** Chain time of the last change of configuration, Unix seconds; absent until the first. A gauge in s, `offing_chain_config_changed_seconds` in Prometheus. */
export const configChanged: Gauge<ConfigChangedLabels> = gauge<ConfigChangedLabels>({
  name: "offing.chain.config.changed",
  instrument: "gauge",
  unit: "s",
  brief: "Chain time of the last change of configuration, Unix seconds; absent until the first.",
  resource: "ledger",
  prometheus: "offing_chain_config_changed_seconds",
  labels: ["module"],
  closed: { module: MODULES },
});

/** Labels of `configChanges`. */
export type ConfigChangesLabels = {
  readonly module: Module;
};
/** Changes of configuration on the chain by module. A counter in {change}, `offing_chain_config_changes_total` in Prometheus. */
export const configChanges: Counter<ConfigChangesLabels> = counter<ConfigChangesLabels>({
  name: "offing.chain.config.changes",
  instrument: "counter",
  unit: "{change}",
  brief: "Changes of configuration on the chain by module.",
  resource: "ledger",
  prometheus: "offing_chain_config_changes_total",
  labels: ["module"],
  closed: { module: MODULES },
  ledger: { select: "SELECT c.module, count(*) AS value FROM oracle_config_change_log c WHERE c.seq <= :cursor AND NOT EXISTS (SELECT 1 FROM facts r WHERE r.retracts = c.fact_id AND r.seq <= :cursor) GROUP BY c.module", logs: {"event":"offing.chain.config_change","retracted":"offing.chain.config_change.retracted"} },
});

/** Labels of `contractBlockedDuration`. */
export type ContractBlockedDurationLabels = {
  readonly contract: Contract;
};
/** Length of the present run of operations blocked for any oracle reason, by contract. A gauge in s, `offing_chain_contract_blocked_duration_seconds` in Prometheus. */
export const contractBlockedDuration: Gauge<ContractBlockedDurationLabels> = gauge<ContractBlockedDurationLabels>({
  name: "offing.chain.contract.blocked.duration",
  instrument: "gauge",
  unit: "s",
  brief: "Length of the present run of operations blocked for any oracle reason, by contract.",
  resource: "ledger",
  prometheus: "offing_chain_contract_blocked_duration_seconds",
  labels: ["contract"],
  closed: { contract: CONTRACTS },
});

/** Labels of `coverage`. */
export type CoverageLabels = {
  readonly grade: Grade;
};
/** Blocks in the ledger by how well they are covered. A gauge in {block}, `offing_chain_coverage` in Prometheus. */
export const coverage: Gauge<CoverageLabels> = gauge<CoverageLabels>({
  name: "offing.chain.coverage",
  instrument: "gauge",
  unit: "{block}",
  brief: "Blocks in the ledger by how well they are covered.",
  resource: "ledger",
  prometheus: "offing_chain_coverage",
  labels: ["grade"],
  closed: { grade: GRADES },
});

/** Labels of `coverageGap`. */
export type CoverageGapLabels = Readonly<Record<string, never>>;
/** Blocks between the first wanted one and the newest indexed one that nobody has read yet. A gauge in {block}, `offing_chain_coverage_gap` in Prometheus. */
export const coverageGap: Gauge<CoverageGapLabels> = gauge<CoverageGapLabels>({
  name: "offing.chain.coverage.gap",
  instrument: "gauge",
  unit: "{block}",
  brief: "Blocks between the first wanted one and the newest indexed one that nobody has read yet.",
  resource: "ledger",
  prometheus: "offing_chain_coverage_gap",
  labels: [],
  closed: {},
});

/** Labels of `failuresRecent`. */
export type FailuresRecentLabels = {
  readonly contract: Contract;
  readonly reason_code: ReasonCode;
  readonly window: Window;
};
/** Blocked operations inside a window of chain time; exact, recomputed on a reorg, deaf to a backfill. A gauge in {failure}, `offing_chain_failures_recent` in Prometheus. */
export const failuresRecent: Gauge<FailuresRecentLabels> = gauge<FailuresRecentLabels>({
  name: "offing.chain.failures.recent",
  instrument: "gauge",
  unit: "{failure}",
  brief: "Blocked operations inside a window of chain time; exact, recomputed on a reorg, deaf to a backfill.",
  resource: "ledger",
  prometheus: "offing_chain_failures_recent",
  labels: ["contract","reason_code","window"],
  closed: { contract: CONTRACTS, reason_code: REASON_CODES, window: WINDOWS },
});

/** Labels of `lag`. */
export type LagLabels = Readonly<Record<string, never>>;
/** Blocks between the endpoint's head and the ledger. A gauge in {block}, `offing_chain_lag` in Prometheus. */
export const lag: Gauge<LagLabels> = gauge<LagLabels>({
  name: "offing.chain.lag",
  instrument: "gauge",
  unit: "{block}",
  brief: "Blocks between the endpoint's head and the ledger.",
  resource: "ledger",
  prometheus: "offing_chain_lag",
  labels: [],
  closed: {},
});

/** Labels of `operations`. */
export type OperationsLabels = {
  readonly contract: Contract;
  readonly action_type: ActionType;
  readonly outcome: Outcome;
  readonly caller_category: CallerCategory;
};
/** Calls of watched contracts by how they ended and who called. A counter in {operation}, `offing_chain_operations_total` in Prometheus. */
export const operations: Counter<OperationsLabels> = counter<OperationsLabels>({
  name: "offing.chain.operations",
  instrument: "counter",
  unit: "{operation}",
  brief: "Calls of watched contracts by how they ended and who called.",
  resource: "ledger",
  prometheus: "offing_chain_operations_total",
  labels: ["contract","action_type","outcome","caller_category"],
  closed: { contract: CONTRACTS, action_type: ACTION_TYPES, outcome: OUTCOMES, caller_category: CALLER_CATEGORIES },
  ledger: { select: "SELECT u.contract, u.action_type, u.outcome, u.caller_category, sum(u.operations) AS value FROM ( SELECT o.contract, o.action_type, o.outcome, o.caller_category, count(*) AS operations FROM oracle_required_operation_log o WHERE o.seq <= :cursor AND NOT EXISTS (SELECT 1 FROM facts r WHERE r.retracts = o.fact_id AND r.seq <= :cursor) GROUP BY o.contract, o.action_type, o.outcome, o.caller_category UNION ALL SELECT s.contract, s.action_type, s.outcome, s.caller_category, s.operations FROM oracle_required_summary_log s WHERE s.seq <= :cursor AND NOT EXISTS (SELECT 1 FROM facts r WHERE r.retracts = s.fact_id AND r.seq <= :cursor) ) u GROUP BY u.contract, u.action_type, u.outcome, u.caller_category", logs: {"event":"offing.chain.operation","retracted":"offing.chain.operation.retracted","summary":{"event":"offing.chain.summary","retracted":"offing.chain.summary.retracted","count":"offing.chain.operations"}} },
});

/** Labels of `provisional`. */
export type ProvisionalLabels = Readonly<Record<string, never>>;
/** Operations in blocks that are not final yet; a reorg may still take them back. A gauge in {operation}, `offing_chain_provisional` in Prometheus. */
export const provisional: Gauge<ProvisionalLabels> = gauge<ProvisionalLabels>({
  name: "offing.chain.provisional",
  instrument: "gauge",
  unit: "{operation}",
  brief: "Operations in blocks that are not final yet; a reorg may still take them back.",
  resource: "ledger",
  prometheus: "offing_chain_provisional",
  labels: [],
  closed: {},
});

/** Labels of `reorgDepth`. */
export type ReorgDepthLabels = Readonly<Record<string, never>>;
/** Blocks replaced by each reorg; its count is the number of reorgs. A histogram in {block}, `offing_chain_reorg_depth` in Prometheus. */
export const reorgDepth: Histogram<ReorgDepthLabels> = histogram<ReorgDepthLabels>({
  name: "offing.chain.reorg.depth",
  instrument: "histogram",
  unit: "{block}",
  brief: "Blocks replaced by each reorg; its count is the number of reorgs.",
  resource: "ledger",
  prometheus: "offing_chain_reorg_depth",
  labels: [],
  closed: {},
  buckets: [1,2,3,5,8,16,32,64,128],
});

/** Labels of `reorgDepthRecent`. */
export type ReorgDepthRecentLabels = Readonly<Record<string, never>>;
/** Blocks replaced by the deepest reorg of the hour of chain time up to the newest indexed block; 0 without one. A gauge in {block}, `offing_chain_reorg_depth_recent` in Prometheus. */
export const reorgDepthRecent: Gauge<ReorgDepthRecentLabels> = gauge<ReorgDepthRecentLabels>({
  name: "offing.chain.reorg.depth.recent",
  instrument: "gauge",
  unit: "{block}",
  brief: "Blocks replaced by the deepest reorg of the hour of chain time up to the newest indexed block; 0 without one.",
  resource: "ledger",
  prometheus: "offing_chain_reorg_depth_recent",
  labels: [],
  closed: {},
});

/** Labels of `unresolved`. */
export type UnresolvedLabels = {
  readonly evidence: Evidence;
};
/** Failed operations whose reason could not be decoded, by the best evidence at hand. A counter in {operation}, `offing_chain_unresolved_total` in Prometheus. */
export const unresolved: Counter<UnresolvedLabels> = counter<UnresolvedLabels>({
  name: "offing.chain.unresolved",
  instrument: "counter",
  unit: "{operation}",
  brief: "Failed operations whose reason could not be decoded, by the best evidence at hand.",
  resource: "ledger",
  prometheus: "offing_chain_unresolved_total",
  labels: ["evidence"],
  closed: { evidence: EVIDENCES },
  ledger: { select: "SELECT o.evidence, count(*) AS value FROM oracle_required_operation_log o WHERE o.unresolved AND o.seq <= :cursor AND NOT EXISTS (SELECT 1 FROM facts r WHERE r.retracts = o.fact_id AND r.seq <= :cursor) GROUP BY o.evidence" },
});

/** Labels of `oracleRequiredFailures`. */
export type OracleRequiredFailuresLabels = {
  readonly contract: Contract;
  readonly action_type: ActionType;
  readonly reason_code: ReasonCode;
};
/** Operations that an oracle reason blocked, whether their transaction failed or caught it. A counter in {failure}, `oracle_required_failures_total` in Prometheus. */
export const oracleRequiredFailures: Counter<OracleRequiredFailuresLabels> = counter<OracleRequiredFailuresLabels>({
  name: "oracle.required.failures",
  instrument: "counter",
  unit: "{failure}",
  brief: "Operations that an oracle reason blocked, whether their transaction failed or caught it.",
  resource: "ledger",
  prometheus: "oracle_required_failures_total",
  labels: ["contract","action_type","reason_code"],
  closed: { contract: CONTRACTS, action_type: ACTION_TYPES, reason_code: REASON_CODES },
  ledger: { select: "SELECT o.contract, o.action_type, o.reason_code, count(*) AS value FROM oracle_required_operation_log o WHERE o.oracle_required_blocked AND o.seq <= :cursor AND NOT EXISTS (SELECT 1 FROM facts r WHERE r.retracts = o.fact_id AND r.seq <= :cursor) GROUP BY o.contract, o.action_type, o.reason_code", logs: {"event":"offing.chain.operation","retracted":"offing.chain.operation.retracted","where":{"outcome":["blocked","caught"]}} },
});

/** Attributes of `configChangeSpan`. */
export type ConfigChangeSpanAttributes = {
  readonly "offing.fact.id": string;
  readonly "evm.chain.id": number;
  readonly "evm.block.number": number;
  readonly "evm.block.hash": string;
  readonly "evm.tx.hash": string;
  readonly module: Module;
  readonly "offing.chain.changed_by": string;
  readonly "offing.chain.change": string;
  readonly actor_kind: ActorKind;
  readonly "offing.chain.actor"?: string | undefined;
  readonly "offing.chain.params.before"?: string | undefined;
  readonly "offing.chain.params.after"?: string | undefined;
};
/** One change of configuration on the chain. The span `chain.config_change`. */
export const configChangeSpan: SpanDefinition<ConfigChangeSpanAttributes> = span<ConfigChangeSpanAttributes>("chain.config_change", "internal");

/** Attributes of `operationSpan`. */
export type OperationSpanAttributes = {
  readonly "offing.fact.id": string;
  readonly "evm.chain.id": number;
  readonly "evm.block.number": number;
  readonly "evm.block.hash": string;
  readonly "evm.tx.hash": string;
  readonly "evm.tx.from": string;
  readonly "evm.frame.path": string;
  readonly "evm.frame.caller": string;
  readonly contract: Contract;
  readonly action_type: ActionType;
  readonly outcome: Outcome;
  readonly caller_category: CallerCategory;
  readonly evidence: Evidence;
  readonly confidence: Confidence;
  readonly "offing.chain.route"?: string | undefined;
  readonly reason_code?: ReasonCode | undefined;
  readonly "evm.revert.kind"?: EvmRevertKind | undefined;
  readonly "evm.revert.error"?: string | undefined;
  readonly "evm.revert.data"?: string | undefined;
};
/** One call of a watched contract. The span `chain.operation`. */
export const operationSpan: SpanDefinition<OperationSpanAttributes> = span<OperationSpanAttributes>("chain.operation", "internal");

/** Attributes of `canaryEvent`. */
export type CanaryEventAttributes = {
  readonly "offing.fact.id": string;
  readonly "offing.fact.time": string;
  readonly "evm.chain.id": number;
  readonly "evm.block.number": number;
  readonly "evm.block.hash": string;
  readonly contract: Contract;
  readonly action_type: ActionType;
  readonly canary_outcome: CanaryOutcome;
  readonly reason_code?: ReasonCode | undefined;
  readonly "evm.revert.kind"?: EvmRevertKind | undefined;
  readonly "evm.revert.error"?: string | undefined;
};
/** A call that was simulated at the head; nothing was sent. The log event `offing.chain.canary`. */
export const canaryEvent: EventDefinition<CanaryEventAttributes> = event<CanaryEventAttributes>("offing.chain.canary", "info");

/** Attributes of `configChangeEvent`. */
export type ConfigChangeEventAttributes = {
  readonly "offing.fact.id": string;
  readonly "offing.fact.time": string;
  readonly "evm.chain.id": number;
  readonly "evm.block.number": number;
  readonly "evm.block.hash": string;
  readonly "evm.tx.hash": string;
  readonly module: Module;
  readonly "offing.chain.changed_by": string;
  readonly "offing.chain.change": string;
  readonly actor_kind: ActorKind;
  readonly "offing.chain.actor"?: string | undefined;
  readonly "offing.chain.params.before"?: string | undefined;
  readonly "offing.chain.params.after"?: string | undefined;
};
/** One change of configuration on the chain. The log event `offing.chain.config_change`. */
export const configChangeEvent: EventDefinition<ConfigChangeEventAttributes> = event<ConfigChangeEventAttributes>("offing.chain.config_change", "info");

/** Attributes of `configChangeRetractedEvent`. */
export type ConfigChangeRetractedEventAttributes = {
  readonly "offing.fact.id": string;
  readonly "offing.fact.time": string;
  readonly "offing.chain.retracts": string;
  readonly "evm.chain.id": number;
  readonly "evm.tx.hash": string;
  readonly module: Module;
};
/** A reorg took a change of configuration back. The log event `offing.chain.config_change.retracted`. */
export const configChangeRetractedEvent: EventDefinition<ConfigChangeRetractedEventAttributes> = event<ConfigChangeRetractedEventAttributes>("offing.chain.config_change.retracted", "warn");

/** Attributes of `operationEvent`. */
export type OperationEventAttributes = {
  readonly "offing.fact.id": string;
  readonly "offing.fact.time": string;
  readonly "evm.chain.id": number;
  readonly "evm.block.number": number;
  readonly "evm.block.hash": string;
  readonly "evm.tx.hash": string;
  readonly "evm.tx.from": string;
  readonly "evm.frame.path": string;
  readonly "evm.frame.caller": string;
  readonly contract: Contract;
  readonly action_type: ActionType;
  readonly outcome: Outcome;
  readonly caller_category: CallerCategory;
  readonly evidence: Evidence;
  readonly confidence: Confidence;
  readonly "offing.chain.route"?: string | undefined;
  readonly reason_code?: ReasonCode | undefined;
  readonly "evm.revert.kind"?: EvmRevertKind | undefined;
  readonly "evm.revert.error"?: string | undefined;
  readonly "evm.revert.data"?: string | undefined;
};
/** One call of a watched contract. The log event `offing.chain.operation`. */
export const operationEvent: EventDefinition<OperationEventAttributes> = event<OperationEventAttributes>("offing.chain.operation", "info");

/** Attributes of `operationRetractedEvent`. */
export type OperationRetractedEventAttributes = {
  readonly "offing.fact.id": string;
  readonly "offing.fact.time": string;
  readonly "offing.chain.retracts": string;
  readonly "evm.chain.id": number;
  readonly "evm.block.number": number;
  readonly "evm.block.hash": string;
  readonly "evm.tx.hash": string;
  readonly contract: Contract;
  readonly action_type: ActionType;
  readonly outcome: Outcome;
  readonly caller_category: CallerCategory;
  readonly reason_code?: ReasonCode | undefined;
  readonly retraction_cause: RetractionCause;
};
/** An operation was taken back, by a reorg or because it is proved or decoded otherwise now. The log event `offing.chain.operation.retracted`. */
export const operationRetractedEvent: EventDefinition<OperationRetractedEventAttributes> = event<OperationRetractedEventAttributes>("offing.chain.operation.retracted", "warn");

/** Attributes of `reorgEvent`. */
export type ReorgEventAttributes = {
  readonly "offing.fact.id": string;
  readonly "offing.fact.time": string;
  readonly "evm.chain.id": number;
  readonly "evm.block.number": number;
  readonly "evm.block.hash": string;
  readonly "offing.chain.reorg.depth": number;
};
/** The chain replaced blocks that the ledger had indexed. The log event `offing.chain.reorg`. */
export const reorgEvent: EventDefinition<ReorgEventAttributes> = event<ReorgEventAttributes>("offing.chain.reorg", "warn");

/** Attributes of `summaryEvent`. */
export type SummaryEventAttributes = {
  readonly "offing.fact.id": string;
  readonly "offing.fact.time": string;
  readonly "evm.chain.id": number;
  readonly "evm.block.number": number;
  readonly "evm.block.hash": string;
  readonly contract: Contract;
  readonly action_type: ActionType;
  readonly outcome: Outcome;
  readonly caller_category: CallerCategory;
  readonly "offing.chain.operations": number;
  readonly evidence: Evidence;
  readonly "offing.chain.callers": number;
  readonly "offing.chain.route"?: string | undefined;
};
/** Operations of one block that went through beyond those that have a row each; it says how many and of what. The log event `offing.chain.summary`. */
export const summaryEvent: EventDefinition<SummaryEventAttributes> = event<SummaryEventAttributes>("offing.chain.summary", "info");

/** Attributes of `summaryRetractedEvent`. */
export type SummaryRetractedEventAttributes = {
  readonly "offing.fact.id": string;
  readonly "offing.fact.time": string;
  readonly "offing.chain.retracts": string;
  readonly "evm.chain.id": number;
  readonly "evm.block.number": number;
  readonly "evm.block.hash": string;
  readonly contract: Contract;
  readonly action_type: ActionType;
  readonly outcome: Outcome;
  readonly caller_category: CallerCategory;
  readonly "offing.chain.operations": number;
};
/** A reorg took a summary back. The log event `offing.chain.summary.retracted`. */
export const summaryRetractedEvent: EventDefinition<SummaryRetractedEventAttributes> = event<SummaryRetractedEventAttributes>("offing.chain.summary.retracted", "warn");

/** The counters and histograms of contract/chain.yaml whose totals stand in the ledger. */
export const CHAIN_LEDGER_METRICS: readonly MetricDefinition[] = [canaries, configChanges, operations, reorgDepth, unresolved, oracleRequiredFailures];
