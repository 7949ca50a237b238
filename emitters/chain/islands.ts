import type { State } from "#core/state.ts";
import { coverAbove, uncover } from "./coverage.ts";
import { blockAt, type Floor, floorOf, type Island, islandOf, type Tip, tipOf, WINDOW_BLOCKS } from "./memory.ts";
import type { BlockSeen } from "./observation.ts";

/**
 * Goes on above a gap: what was applied so far becomes an island that the backfill will reach.
 *
 * Runs end here, because nobody knows yet whether an operation went through in between.
 */
export function leaveIsland(state: State, tip: Tip): void {
  const floor = floorOf(state);
  if (floor === undefined) return;
  const island: Island = { number: tip.number, hash: tip.hash, floor, orphaned: 0 };
  state.set("island", String(floor.number), island);
  state.delete("chain", "floor");
  for (const [contract] of [...state.entries("run")]) state.delete("run", contract);
}

/**
 * Makes a block the lowest of the chain that leads to the newest one. When it stands right upon the island below, the two are one from now on.
 *
 * @returns how many of the island's blocks were orphaned, when it was reached
 */
export function settleFloor(state: State, { number, parentHash }: Pick<BlockSeen, "number" | "parentHash">): number {
  const island = islandOf(state);
  const reached = island !== undefined && island.number === number - 1 && island.hash === parentHash;
  const floor: Floor = reached ? island.floor : { number, parentHash };
  state.set("chain", "floor", floor);
  if (!reached) return 0;
  state.delete("island", String(island.floor.number));
  forgetBelowWindow(state);
  return island.orphaned;
}

/** Takes the newest block off the island below: it is no part of the chain that leads to the newest block. */
export function shortenIsland(state: State, island: Island): void {
  const { number, floor, orphaned } = island;
  state.delete("block", String(number));
  state.delete("recent", String(number));
  uncover(state, { from: number, to: number });
  const below = blockAt(state, number - 1);
  state.delete("island", String(floor.number));
  if (number === floor.number) return;
  // Below the window nobody knows what stood there: a hash that no block has keeps the island from being reached.
  const shorter: Island = { number: number - 1, hash: below?.hash ?? "", floor, orphaned: orphaned + 1 };
  state.set("island", String(floor.number), shorter);
}

/** Brings a ledger that was begun before there were floors and coverage up to date: it holds every block from its first to its newest. */
export function adopt(state: State): void {
  const first = state.get("chain", "first") as number | undefined;
  const tip = tipOf(state);
  if (first === undefined || tip === undefined) return;
  state.delete("chain", "first");
  // The parent of the first block was not kept, so nothing can be filled in below it.
  state.set("chain", "floor", { number: first, parentHash: "" });
  coverAbove(state, { number: first, grade: "receipts" });
  state.set("covered", String(first), { to: tip.number, grade: "receipts" });
}

function forgetBelowWindow(state: State): void {
  const tip = tipOf(state);
  if (tip === undefined) return;
  const old = [...state.entries("block")].filter(([number]) => Number(number) <= tip.number - WINDOW_BLOCKS);
  for (const [number] of old) state.delete("block", number);
}
