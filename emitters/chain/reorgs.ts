import type { ReadonlyState, State } from "#core/state.ts";
import type { ReorgFact } from "./facts.ts";
import { tipOf } from "./memory.ts";
import { HOUR_MS } from "./tally.ts";

/** A reorg of late: when it came, on chain time, and how many blocks it replaced. */
type ReorgSeen = readonly [timeMs: number, depth: number];

/** Keeps a reorg for the hour in which it counts as one of late. One that was old when it was learnt of is history. */
export function rememberReorg(state: State, { timeMs, late, depth }: Pick<ReorgFact, "timeMs" | "late" | "depth">): void {
  if (late) return;
  const young = reorgsOf(state).filter(([sinceMs]) => sinceMs > timeMs - HOUR_MS);
  state.set("chain", "reorgs", [...young, [timeMs, depth]]);
}

/** How many blocks the deepest reorg of the hour up to the newest block replaced; 0 without one. It stays told when it is reorged in turn. */
export function deepestOfLate(state: ReadonlyState): number {
  const sinceMs = (tipOf(state)?.timeMs ?? 0) - HOUR_MS;
  return Math.max(0, ...reorgsOf(state).flatMap(([timeMs, depth]) => (timeMs > sinceMs ? [depth] : [])));
}

function reorgsOf(state: ReadonlyState): readonly ReorgSeen[] {
  return (state.get("chain", "reorgs") as readonly ReorgSeen[] | undefined) ?? [];
}
