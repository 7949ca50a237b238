import {
  CALLER_CATEGORIES,
  CHAIN_LEDGER_METRICS,
  type ConfigChangeSpanAttributes,
  configChangeEvent,
  configChangeRetractedEvent,
  configChangeSpan,
  configChanges,
  EVIDENCES,
  type OperationSpanAttributes,
  OUTCOMES,
  operationEvent,
  operationRetractedEvent,
  operationSpan,
  operations,
  oracleRequiredFailures,
  type RetractionCause,
  reorgDepth,
  reorgEvent,
  unresolved,
} from "#contract/generated/chain.ts";
import { type FactKind, facts, SHARED_LEDGER_METRICS } from "#contract/generated/shared.ts";
import type { StoredFact } from "#core/fact.ts";
import { spanIdOf, traceIdOf } from "#core/ids.ts";
import type { Increment, MetricDefinition, Signal } from "#core/signal.ts";
import { canarySignals, canaryZeros } from "./canary/telemetry.ts";
import type { ChainConfig } from "./config.ts";
import type {
  ChainFact,
  ConfigChangeFact,
  ConfigChangeRetractedFact,
  OperationFact,
  OperationLabels,
  OperationRetractedFact,
  ReorgFact,
} from "./facts.ts";
import { placesOf, reasonsAt } from "./labels.ts";
import { actionLabel, reasonLabel } from "./names.ts";
import { summaryRetractedSignals, summarySignals } from "./summary/telemetry.ts";
import { moduleOf } from "./watch.ts";

/** Raised whenever `signals` counts differently for the same fact. */
export const PROJECTION = 1;

/** Every metric that `signals` counts or records. */
export const METRICS: readonly MetricDefinition[] = [...SHARED_LEDGER_METRICS, ...CHAIN_LEDGER_METRICS];

/** The kinds that a chain counts; a retraction counts as what it takes back. */
const KINDS: readonly FactKind[] = ["operation", "operation_summary", "config_change", "reorg", "canary"];

/** What one fact becomes by the contract's names; a retraction counts the same as what it takes back. */
export function signals({ fact }: StoredFact<ChainFact>): readonly Signal[] {
  switch (fact.kind) {
    case "operation":
      return operationSignals(fact);
    case "operation_retracted":
      return operationRetractedSignals(fact);
    case "operation_summary":
      return summarySignals(fact);
    case "operation_summary_retracted":
      return summaryRetractedSignals(fact);
    case "config_change":
      return configChangeSignals(fact);
    case "config_change_retracted":
      return configChangeRetractedSignals(fact);
    case "reorg":
      return reorgSignals(fact);
    case "canary":
      return canarySignals(fact);
    default:
      return fact satisfies never;
  }
}

/** Every label tuple that the configuration makes possible, to be exported as 0 before the first fact. */
export function zerosOf({
  contracts,
  modules,
  reasons,
  canary,
}: Pick<ChainConfig, "contracts" | "modules" | "reasons" | "canary">): readonly Increment[] {
  const places = placesOf(contracts).map(([contract, action]) => ({ contract, action_type: actionLabel(action) }));
  const changing = [...contracts, ...modules].filter(({ configEvents, configSetters }) => configEvents.length + configSetters.length > 0);
  // A code that no oracle causes is never counted as a failure for want of one.
  const blocking = reasons.filter(({ oracleRequired }) => oracleRequired);
  const changed = new Set(changing.map(({ name }) => moduleOf(name)));
  return [
    ...KINDS.map((kind) => facts.add({ fact_kind: kind }, 0)),
    ...places.flatMap((place) =>
      reasonsAt(place.contract, blocking).map((code) => oracleRequiredFailures.add({ ...place, reason_code: reasonLabel(code) }, 0)),
    ),
    ...places.flatMap((place) =>
      OUTCOMES.flatMap((outcome) =>
        CALLER_CATEGORIES.map((category) => operations.add({ ...place, outcome, caller_category: category }, 0)),
      ),
    ),
    ...canaryZeros(canary.calls),
    ...EVIDENCES.map((evidence) => unresolved.add({ evidence }, 0)),
    ...[...changed].map((module) => configChanges.add({ module }, 0)),
  ];
}

function operationSignals(fact: OperationFact): readonly Signal[] {
  const { outcome, reasonCode, revert } = fact;
  const attributes: OperationSpanAttributes = {
    "offing.fact.id": fact.id,
    ...place(fact),
    "evm.tx.hash": fact.txHash,
    "evm.tx.from": fact.txFrom,
    "evm.frame.path": fact.framePath,
    "evm.frame.caller": fact.caller,
    contract: fact.contract,
    action_type: actionLabel(fact.actionType),
    outcome,
    caller_category: fact.callerCategory,
    evidence: fact.evidence,
    confidence: fact.confidence,
    "offing.chain.route": fact.route ?? undefined,
    reason_code: reasonCode === null ? undefined : reasonLabel(reasonCode),
    "evm.revert.kind": revert?.kind,
    "evm.revert.error": revert?.error ?? undefined,
    "evm.revert.data": revert?.data ?? undefined,
  };
  const ids = idsOf(fact);
  const failed = outcome === "blocked" || outcome === "reverted";
  const error = failed ? { error: reasonCode ?? revert?.error ?? revert?.halt ?? "reverted" } : {};
  return [
    ...operationCounts(fact),
    operationSpan.span({ ...ids, startMs: fact.timeMs, endMs: fact.timeMs, ...error }, attributes),
    operationEvent.log({ ...ids, body: operationBody(fact) }, { ...attributes, "offing.fact.time": worldTime(fact) }),
  ];
}

const CAUSES: Readonly<Record<RetractionCause, string>> = {
  reorg: "its block left the chain",
  decoded_again: "the registry reads it otherwise now",
  better_evidence: "a better proof came",
};

function operationRetractedSignals(fact: OperationRetractedFact): readonly Signal[] {
  const { contract, actionType, outcome, reasonCode } = fact;
  const body = `${contract} ${actionType} ${outcome}${reasonCode === null ? "" : ` ${reasonCode}`} taken back: ${CAUSES[fact.cause]}`;
  const attributes = {
    "offing.fact.id": fact.id,
    "offing.fact.time": worldTime(fact),
    "offing.chain.retracts": fact.retracts,
    ...place(fact),
    "evm.tx.hash": fact.txHash,
    contract,
    action_type: actionLabel(actionType),
    outcome,
    caller_category: fact.callerCategory,
    reason_code: reasonCode === null ? undefined : reasonLabel(reasonCode),
    retraction_cause: fact.cause,
  };
  return [...operationCounts(fact), operationRetractedEvent.log({ ...retractedIds(fact), body }, attributes)];
}

function operationCounts(labels: OperationLabels): readonly Increment[] {
  const { contract, actionType, outcome, callerCategory, evidence, reasonCode, oracleRequiredBlocked } = labels;
  const call = { contract, action_type: actionLabel(actionType) };
  const counts = [facts.add({ fact_kind: "operation" }), operations.add({ ...call, outcome, caller_category: callerCategory })];
  if (oracleRequiredBlocked && reasonCode !== null)
    counts.push(oracleRequiredFailures.add({ ...call, reason_code: reasonLabel(reasonCode) }));
  if (labels.unresolved) counts.push(unresolved.add({ evidence }));
  return counts;
}

function configChangeSignals(fact: ConfigChangeFact): readonly Signal[] {
  const attributes: ConfigChangeSpanAttributes = {
    "offing.fact.id": fact.id,
    ...place(fact),
    "evm.tx.hash": fact.txHash,
    module: fact.module,
    "offing.chain.changed_by": fact.changedBy,
    "offing.chain.change": fact.change,
    actor_kind: fact.actorKind,
    "offing.chain.actor": fact.actor ?? undefined,
    "offing.chain.params.before": jsonOf(fact.before),
    "offing.chain.params.after": jsonOf(fact.after),
  };
  const ids = idsOf(fact);
  return [
    facts.add({ fact_kind: "config_change" }),
    configChanges.add({ module: fact.module }),
    configChangeSpan.span({ ...ids, startMs: fact.timeMs, endMs: fact.timeMs }, attributes),
    configChangeEvent.log(
      { ...ids, body: `${fact.module} ${fact.change} by ${fact.actor ?? fact.changedBy}` },
      { ...attributes, "offing.fact.time": worldTime(fact) },
    ),
  ];
}

/** Left out when nothing was read. */
function jsonOf(params: Readonly<Record<string, string>>): string | undefined {
  return Object.keys(params).length === 0 ? undefined : JSON.stringify(params);
}

function configChangeRetractedSignals(fact: ConfigChangeRetractedFact): readonly Signal[] {
  const attributes = {
    "offing.fact.id": fact.id,
    "offing.fact.time": worldTime(fact),
    "offing.chain.retracts": fact.retracts,
    "evm.chain.id": fact.chainId,
    "evm.tx.hash": fact.txHash,
    module: fact.module,
  };
  const body = `${fact.module} change of configuration taken back by a reorg`;
  return [
    facts.add({ fact_kind: "config_change" }),
    configChanges.add({ module: fact.module }),
    configChangeRetractedEvent.log({ ...retractedIds(fact), body }, attributes),
  ];
}

function reorgSignals(fact: ReorgFact): readonly Signal[] {
  const attributes = {
    "offing.fact.id": fact.id,
    "offing.fact.time": worldTime(fact),
    ...place(fact),
    "offing.chain.reorg.depth": fact.depth,
  };
  const body = `reorg of ${fact.depth} ${fact.depth === 1 ? "block" : "blocks"} at block ${fact.blockNumber}`;
  return [facts.add({ fact_kind: "reorg" }), reorgDepth.record({}, fact.depth), reorgEvent.log({ body }, attributes)];
}

function place({ chainId, blockNumber, blockHash }: Pick<ChainFact, "chainId" | "blockNumber" | "blockHash">) {
  return { "evm.chain.id": chainId, "evm.block.number": blockNumber, "evm.block.hash": blockHash };
}

function worldTime({ timeMs }: Pick<ChainFact, "timeMs">): string {
  return new Date(timeMs).toISOString();
}

interface Mined {
  readonly id: string;
  readonly chainId: number;
  readonly blockHash: string;
  readonly txHash: string;
}

/** One trace per transaction in its block, one span per fact. */
function idsOf({ id, chainId, blockHash, txHash }: Mined): { readonly traceId: string; readonly spanId: string } {
  return { traceId: traceIdOf(`tx:${chainId}:${blockHash}:${txHash}`), spanId: spanIdOf(id) };
}

/** A retraction points at the span of what it takes back. */
function retractedIds(fact: Mined & { readonly retracts: string }): { readonly traceId: string; readonly spanId: string } {
  return idsOf({ ...fact, id: fact.retracts });
}

function operationBody({ contract, actionType, outcome, caller, reasonCode, revert }: OperationFact): string {
  const told = revert?.message == null ? revert?.error : `${revert.error ?? ""}(${revert.message})`;
  const reason = reasonCode ?? told ?? revert?.halt ?? undefined;
  const why = reason === undefined ? "" : `: ${reason}`;
  return `${contract} ${actionType} by ${caller} ${outcome}${why}`;
}
