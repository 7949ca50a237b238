import type { CanaryOutcome } from "#contract/generated/chain.ts";
import type { ReadonlyState, State } from "#core/state.ts";
import type { CanaryFact } from "../facts.ts";
import type { ActionType } from "../names.ts";

/** How a simulated call last ended and when that was, Unix milliseconds of the clock. */
export type CanaryState = { readonly outcome: CanaryOutcome; readonly atMs: number };

/** Remembers how a call ended. */
export function rememberCanary(state: State, { actionType, outcome }: CanaryFact, atMs: number): void {
  state.set("canary", actionType, { outcome, atMs });
}

/** How a call last ended, or undefined before it was first simulated. */
export function canaryOf(state: ReadonlyState, action: ActionType): CanaryState | undefined {
  return state.get("canary", action) as CanaryState | undefined;
}
