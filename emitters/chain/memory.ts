import type { Json } from "#core/fact.ts";
import type { ReadonlyState, State } from "#core/state.ts";
import type { OperationLabels, SummaryLabels } from "./facts.ts";
import type { ContractName, ModuleName, ReasonCode } from "./names.ts";

/** How many blocks below the newest one can still be taken back; a deeper reorg is not followed. */
export const WINDOW_BLOCKS = 512;

/** The newest applied block. */
export type Tip = { readonly number: number; readonly hash: string; readonly timeMs: number };

/** The lowest block of the chain that leads to the newest applied one. */
export type Floor = { readonly number: number; readonly parentHash: string };

/** What was applied before the source went on further up: its newest block, its floor, and how much of it turned out to be orphaned. */
export type Island = { readonly number: number; readonly hash: string; readonly floor: Floor; readonly orphaned: number };

/** The last tick: block numbers are null where the node did not say. */
export type Tick = { readonly atMs: number; readonly head: number | null; readonly safe: number | null; readonly finalized: number | null };

/** A fact of an applied block, as far as taking it back needs it. */
export type AppliedFact =
  | ({ readonly kind: "operation"; readonly id: string; readonly txHash: string } & OperationLabels)
  | ({ readonly kind: "operation_summary"; readonly id: string } & SummaryLabels)
  | { readonly kind: "config_change"; readonly id: string; readonly txHash: string; readonly module: ModuleName };

/** The value a key had before a block changed it; null when there was none. */
export type Before = readonly [collection: string, key: string, value: Json];

/** An applied block with what is needed to take it back. */
export type AppliedBlock = {
  readonly hash: string;
  readonly timeMs: number;
  readonly application: number;
  readonly facts: readonly AppliedFact[];
  readonly before: readonly Before[];
};

/** A run of operations that an oracle reason blocked, from the first to the last, in chain time. */
export type Run = {
  readonly firstMs: number;
  readonly lastMs: number;
  /** True once an operation of the run was seen while it was not late. */
  readonly live: boolean;
};

/** The present runs of a contract: for any oracle reason, and for each. */
export type Runs = { readonly any: Run; readonly byReason: Readonly<Record<ReasonCode, Run>> };

/** How many operations of a block were blocked while they were not late. */
export type Recent = { readonly timeMs: number; readonly counts: readonly (readonly [ContractName, ReasonCode, number])[] };

/** The newest applied block, or undefined before the first. */
export function tipOf(state: ReadonlyState): Tip | undefined {
  return state.get("chain", "tip") as Tip | undefined;
}

/** The lowest block of the chain that leads to the newest applied one, or undefined before the first. */
export function floorOf(state: ReadonlyState): Floor | undefined {
  return state.get("chain", "floor") as Floor | undefined;
}

/** The number of the lowest block of the chain that leads to the newest applied one: whatever stands below is not part of it yet. */
export function firstOf(state: ReadonlyState): number | undefined {
  return floorOf(state)?.number;
}

/** The island next below the floor, or undefined when nothing was applied there. */
export function islandOf(state: ReadonlyState): Island | undefined {
  const islands = [...state.entries("island")].map(([, island]) => island as Island);
  return islands.sort((a, b) => b.floor.number - a.floor.number)[0];
}

/** Up to where rows count as final, or undefined when nobody knows. */
export function finalOf(state: ReadonlyState): number | undefined {
  return state.get("chain", "final") as number | undefined;
}

/** The last tick, or undefined before the first. */
export function tickOf(state: ReadonlyState): Tick | undefined {
  return state.get("chain", "tick") as Tick | undefined;
}

/** The applied block at a height, or undefined when there is none or it has left the window. */
export function blockAt(state: ReadonlyState, number: number): AppliedBlock | undefined {
  return state.get("block", String(number)) as AppliedBlock | undefined;
}

/** The present runs of a contract, or undefined when nothing blocks it. */
export function runsOf(state: ReadonlyState, contract: ContractName): Runs | undefined {
  return state.get("run", contract) as Runs | undefined;
}

/** The blocked operations by block, in no order. */
export function* recentsOf(state: ReadonlyState): Generator<readonly [key: string, recent: Recent]> {
  for (const [key, value] of state.entries("recent")) yield [key, value as Recent];
}

/** The chain time of a module's last change of configuration in Unix milliseconds, or undefined before the first. */
export function changedAt(state: ReadonlyState, module: ModuleName): number | undefined {
  return state.get("changed", module) as number | undefined;
}

/** Writes keys that a block changes and remembers what they held before it. */
export class BlockEdits {
  readonly #state: State;
  readonly #before = new Map<string, Before>();

  constructor(state: State) {
    this.#state = state;
  }

  /** Sets a key, or removes it when `value` is undefined. */
  set(collection: string, key: string, value: Json | undefined): void {
    const id = `${collection} ${key}`;
    if (!this.#before.has(id)) this.#before.set(id, [collection, key, this.#state.get(collection, key) ?? null]);
    if (value === undefined) this.#state.delete(collection, key);
    else this.#state.set(collection, key, value);
  }

  /** What to give to `undo` to take the block's changes back. */
  before(): readonly Before[] {
    return [...this.#before.values()];
  }
}

/** Puts back what the keys held before a block; blocks are undone from the newest down. */
export function undo(state: State, before: readonly Before[]): void {
  for (const [collection, key, value] of before) {
    if (value === null) state.delete(collection, key);
    else state.set(collection, key, value);
  }
}
