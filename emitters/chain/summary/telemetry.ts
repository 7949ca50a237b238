import { operations, summaryEvent, summaryRetractedEvent } from "#contract/generated/chain.ts";
import { facts } from "#contract/generated/shared.ts";
import type { Increment, Signal } from "#core/signal.ts";
import type { SummaryFact, SummaryLabels, SummaryRetractedFact } from "../facts.ts";
import { actionLabel } from "../names.ts";

/** What a summary becomes: as many counts as it stands for and one log line. It is no span, because it is no call. */
export function summarySignals(fact: SummaryFact): readonly Signal[] {
  const attributes = {
    ...attributesOf(fact),
    evidence: fact.evidence,
    "offing.chain.callers": fact.callers,
    "offing.chain.route": fact.route ?? undefined,
  };
  const body = `${fact.contract} ${fact.actionType} ${fact.outcome}: ${fact.operations} more in block ${fact.blockNumber}`;
  return [...counts(fact), summaryEvent.log({ body }, attributes)];
}

/** What a reorg that takes it back becomes. */
export function summaryRetractedSignals(fact: SummaryRetractedFact): readonly Signal[] {
  const body = `${fact.contract} ${fact.actionType} ${fact.outcome}: ${fact.operations} taken back with block ${fact.blockNumber}`;
  return [...counts(fact), summaryRetractedEvent.log({ body }, { ...attributesOf(fact), "offing.chain.retracts": fact.retracts })];
}

function counts(fact: SummaryLabels): readonly Increment[] {
  return [facts.add({ fact_kind: "operation_summary" }), operations.add(labelsOf(fact), fact.operations)];
}

function labelsOf({ contract, actionType, outcome, callerCategory }: SummaryLabels) {
  return { contract, action_type: actionLabel(actionType), outcome, caller_category: callerCategory };
}

function attributesOf(fact: SummaryFact | SummaryRetractedFact) {
  return {
    "offing.fact.id": fact.id,
    "offing.fact.time": new Date(fact.timeMs).toISOString(),
    "evm.chain.id": fact.chainId,
    "evm.block.number": fact.blockNumber,
    "evm.block.hash": fact.blockHash,
    ...labelsOf(fact),
    "offing.chain.operations": fact.operations,
  };
}
