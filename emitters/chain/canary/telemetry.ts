import { CANARY_OUTCOMES, canaries, canaryEvent, canaryState, canaryTimestamp } from "#contract/generated/chain.ts";
import { facts } from "#contract/generated/shared.ts";
import type { GaugePoint, Increment, Signal } from "#core/signal.ts";
import type { ReadonlyState } from "#core/state.ts";
import type { CanaryFact } from "../facts.ts";
import { actionLabel, reasonLabel } from "../names.ts";
import type { CanaryCall } from "./config.ts";
import { canaryOf } from "./memory.ts";

/** What a simulated call becomes: counts and a log line. It is no span, because nothing happened. */
export function canarySignals(fact: CanaryFact): readonly Signal[] {
  const { contract, actionType, outcome, reasonCode, error } = fact;
  const why = reasonCode ?? error;
  const call = { contract, action_type: actionLabel(actionType), canary_outcome: outcome };
  const attributes = {
    "offing.fact.id": fact.id,
    "offing.fact.time": new Date(fact.timeMs).toISOString(),
    "evm.chain.id": fact.chainId,
    "evm.block.number": fact.blockNumber,
    "evm.block.hash": fact.blockHash,
    ...call,
    reason_code: reasonCode === null ? undefined : reasonLabel(reasonCode),
    "evm.revert.kind": fact.revertKind ?? undefined,
    "evm.revert.error": error ?? undefined,
  };
  const body = `${contract} ${actionType} simulated at block ${fact.blockNumber}: ${outcome}${why === null ? "" : `, ${why}`}`;
  return [facts.add({ fact_kind: "canary" }), canaries.add(call), canaryEvent.log({ body }, attributes)];
}

/** Every tuple that the configured calls make possible. */
export function canaryZeros(calls: readonly CanaryCall[]): readonly Increment[] {
  return calls.flatMap(({ contract, action }) =>
    CANARY_OUTCOMES.map((outcome) => canaries.add({ contract, action_type: actionLabel(action), canary_outcome: outcome }, 0)),
  );
}

/** How each call last ended, 1 for the present outcome, and when; absent before the first answer. */
export function canaryPoints(state: ReadonlyState, calls: readonly CanaryCall[]): readonly GaugePoint[] {
  return calls.flatMap(({ contract, action }) => {
    const last = canaryOf(state, action);
    if (last === undefined) return [];
    const call = { contract, action_type: actionLabel(action) };
    const states = CANARY_OUTCOMES.map((outcome) => canaryState.at({ ...call, canary_outcome: outcome }, outcome === last.outcome ? 1 : 0));
    return [...states, canaryTimestamp.at(call, last.atMs / 1000)];
  });
}
