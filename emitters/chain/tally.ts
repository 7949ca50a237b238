import type { State } from "#core/state.ts";
import type { ChainFact, OperationFact } from "./facts.ts";
import { type BlockEdits, blockAt, type Recent, type Run, type Runs, recentsOf, runsOf, WINDOW_BLOCKS } from "./memory.ts";
import type { ContractName, ReasonCode } from "./names.ts";

/** The seed's window: "more than 5 in an hour". */
export const HOUR_MS = 3_600_000;

/**
 * Brings runs, recent failures and the times of changes up to date with a block's facts.
 *
 * A blocked or caught operation with an oracle reason lengthens its contract's runs, one that went through ends them, and anything else
 * leaves them as they are. Late operations lengthen runs too, since a run that lasts to this day may have begun long ago, but a run of
 * late ones alone is history. They are never recent.
 */
export function tally(state: State, edits: BlockEdits, facts: readonly ChainFact[]): void {
  const counts = new Map<string, readonly [ContractName, ReasonCode, number]>();
  let place: { readonly blockNumber: number; readonly timeMs: number } | undefined;
  for (const fact of facts) {
    if (fact.kind === "config_change") edits.set("changed", fact.module, fact.timeMs);
    if (fact.kind !== "operation") continue;
    if (fact.outcome === "success" && runsOf(state, fact.contract) !== undefined) edits.set("run", fact.contract, undefined);
    const { contract, reasonCode } = fact;
    if (!fact.oracleRequiredBlocked || reasonCode === null) continue;
    edits.set("run", contract, lengthened(runsOf(state, contract), fact, reasonCode));
    if (fact.late) continue;
    place = fact;
    const key = `${contract} ${reasonCode}`;
    counts.set(key, [contract, reasonCode, (counts.get(key)?.[2] ?? 0) + 1]);
  }
  if (place === undefined) return;
  const recent: Recent = { timeMs: place.timeMs, counts: [...counts.values()] };
  edits.set("recent", String(place.blockNumber), recent);
}

/**
 * Forgets failures that no window can hold any more, whichever block of the kept ones becomes the newest.
 *
 * The whole collection is looked through, so it is done for one block in 32 only.
 */
export function forgetRecents(state: State, { number, burstWindowMs }: { readonly number: number; readonly burstWindowMs: number }): void {
  if (number % 32 !== 0) return;
  const oldest = blockAt(state, number - WINDOW_BLOCKS + 1);
  if (oldest === undefined) return;
  const sinceMs = oldest.timeMs - Math.max(HOUR_MS, burstWindowMs);
  const forgotten = [...recentsOf(state)].filter(([, recent]) => recent.timeMs <= sinceMs);
  for (const [key] of forgotten) state.delete("recent", key);
}

/** A contract's runs with one more blocked operation, or simulation of one. */
export function lengthened(runs: Runs | undefined, { timeMs, late }: Pick<OperationFact, "timeMs" | "late">, code: ReasonCode): Runs {
  const longer = (run: Run | undefined): Run => ({
    firstMs: run?.firstMs ?? timeMs,
    lastMs: timeMs,
    live: run?.live === true || !late,
  });
  return { any: longer(runs?.any), byReason: { ...runs?.byReason, [code]: longer(runs?.byReason[code]) } };
}
