import type { ReadonlyState, State } from "#core/state.ts";
import type { Grade } from "./observation.ts";

/** Blocks that follow each other and were read equally well, both ends included. */
export interface Interval {
  readonly from: number;
  readonly to: number;
  readonly grade: Grade;
}

/** Blocks that nobody has read, both ends included. */
export type Gap = Omit<Interval, "grade">;

type Stored = { readonly to: number; readonly grade: Grade };

/** A block and how well it was read. */
export interface Covered {
  readonly number: number;
  readonly grade: Grade;
}

/** Notes a block above all others of its chain. */
export function coverAbove(state: State, { number, grade }: Covered): void {
  const from = topOf(state);
  const top = from === undefined ? undefined : storedAt(state, from);
  if (from !== undefined && top?.to === number - 1 && top.grade === grade) {
    state.set("covered", String(from), { to: number, grade });
    return;
  }
  state.set("covered", String(number), { to: number, grade });
  state.set("chain", "covered", number);
}

/** Notes a block just below the lowest of the chain that leads to the newest one. */
export function coverBelow(state: State, { number, grade }: Covered): void {
  const above = storedAt(state, number + 1);
  if (above?.grade !== grade) {
    state.set("covered", String(number), { to: number, grade });
    return;
  }
  state.delete("covered", String(number + 1));
  state.set("covered", String(number), { to: above.to, grade });
  if (topOf(state) === number + 1) state.set("chain", "covered", number);
}

/** Takes back every block from a height up, as far as `to`. */
export function uncover(state: State, { from, to }: Gap): void {
  for (const interval of coverageOf(state)) {
    if (interval.from > to || interval.to < from) continue;
    state.delete("covered", String(interval.from));
    if (interval.from < from) state.set("covered", String(interval.from), { to: from - 1, grade: interval.grade });
  }
}

/** What was read, from the lowest block up. */
export function coverageOf(state: ReadonlyState): readonly Interval[] {
  const all = [...state.entries("covered")].map(([from, stored]) => ({ from: Number(from), ...(stored as Stored) }));
  return all.sort((a, b) => a.from - b.from);
}

/** The same with intervals of one grade that touch as one. */
export function joined(intervals: readonly Interval[]): readonly Interval[] {
  const result: Interval[] = [];
  for (const interval of intervals) {
    const last = result.at(-1);
    if (last?.to === interval.from - 1 && last.grade === interval.grade) result.splice(-1, 1, { ...last, to: interval.to });
    else result.push(interval);
  }
  return result;
}

/** What lies between `from`, or the lowest block ever read, and the newest one, and was not read. */
export function gapsOf(intervals: readonly Interval[], from: number | undefined): readonly Gap[] {
  const gaps: Gap[] = [];
  let next = from ?? intervals[0]?.from ?? 0;
  for (const interval of intervals) {
    if (interval.from > next) gaps.push({ from: next, to: interval.from - 1 });
    next = Math.max(next, interval.to + 1);
  }
  return gaps;
}

/** How many blocks these are. */
export function blocksIn(intervals: readonly Gap[]): number {
  return intervals.reduce((sum, { from, to }) => sum + to - from + 1, 0);
}

function topOf(state: ReadonlyState): number | undefined {
  return state.get("chain", "covered") as number | undefined;
}

function storedAt(state: ReadonlyState, from: number): Stored | undefined {
  return state.get("covered", String(from)) as Stored | undefined;
}
