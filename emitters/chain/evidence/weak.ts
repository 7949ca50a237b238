import { EVIDENCES } from "#contract/generated/chain.ts";
import type { ReadonlyState, State } from "#core/state.ts";
import type { ChainFact, OperationFact, OperationLabels } from "../facts.ts";
import type { BlockSeen } from "../observation.ts";
import type { Watch } from "../watch.ts";

/** An operation whose proof could be better, as far as replacing it needs it. */
export type WeakOperation = OperationLabels & {
  readonly id: string;
  readonly operationId: string;
  readonly application: number;
  readonly revision: number;
  readonly framePath: string;
  readonly txHash: string;
};

/** A transaction with such operations, and the block it is of; without any, it may hold some that no trace has shown yet. */
export type WeakTransaction = {
  readonly number: number;
  readonly hash: string;
  /** Of its block, where no operation tells it. */
  readonly application?: number;
  readonly operations: readonly WeakOperation[];
};

/** More are forgotten, the oldest first: a chain without traces would fill the memory. */
const WEAK_KEPT = 10_000;
const FORGET_EVERY = 32;
const COLLECTION = "weak";

/** Whether a first proof is better than a second, by the contract's order of grades. */
export function isBetter(
  first: Pick<OperationFact, "evidence" | "unresolved">,
  second: Pick<OperationFact, "evidence" | "unresolved">,
): boolean {
  const better = EVIDENCES.indexOf(second.evidence) - EVIDENCES.indexOf(first.evidence);
  return better > 0 || (better === 0 && second.unresolved && !first.unresolved);
}

/** The transactions whose proof could be better, by hash. */
export function* weakOf(state: ReadonlyState): Generator<readonly [txHash: string, weak: WeakTransaction]> {
  for (const [txHash, value] of state.entries(COLLECTION)) yield [txHash, value as WeakTransaction];
}

/** One of them. */
export function weakAt(state: ReadonlyState, txHash: string): WeakTransaction | undefined {
  return state.get(COLLECTION, txHash) as WeakTransaction | undefined;
}

/** Remembers those of a block's operations whose proof could be better. */
export function rememberWeak(state: State, { number, hash }: Pick<WeakTransaction, "number" | "hash">, facts: readonly ChainFact[]): void {
  for (const fact of facts) {
    if (fact.kind !== "operation" || !isWeak(fact)) continue;
    const before = weakAt(state, fact.txHash);
    const operations = before?.hash === hash ? before.operations.filter(({ framePath }) => framePath !== fact.framePath) : [];
    state.set(COLLECTION, fact.txHash, { number, hash, operations: [...operations, weakened(fact)] });
  }
  if (number % FORGET_EVERY === 0) forgetOldest(state);
}

/** A block and all that was seen in it, call by call. */
export interface Left {
  readonly block: Pick<BlockSeen, "number" | "hash" | "transactions">;
  readonly application: number;
  readonly watch: Pick<Watch, "touched">;
  readonly seen: readonly ChainFact[];
}

/**
 * Remembers transactions that were sent to one of ours and of which no trace was to be had: what a router called, and what it swallowed, is
 * seen once an endpoint has traces.
 */
export function rememberUnseen(state: State, { block, application, watch, seen }: Left): void {
  const { number, hash } = block;
  for (const transaction of block.transactions) {
    const { trace, to } = transaction;
    if (trace !== null || to === null || !watch.touched.has(to)) continue;
    if (seen.some((fact) => fact.kind === "operation" && fact.txHash === transaction.hash)) continue;
    state.set(COLLECTION, transaction.hash, { number, hash, application, operations: [] });
  }
}

/** Forgets a transaction, because its proof is as good as it gets or its block left the chain. */
export function forgetWeak(state: State, txHash: string): void {
  state.delete(COLLECTION, txHash);
}

/** A failure that no trace showed, or whose bytes its tracer kept to itself. */
function isWeak({ evidence, revert }: OperationFact): boolean {
  return revert?.kind === "unseen" || (evidence !== "trace" && evidence !== "receipt");
}

/** Its labels and names, without what only the fact itself needs to know. */
export function weakened(fact: OperationFact): WeakOperation {
  const { contract, actionType, outcome, callerCategory, evidence, reasonCode, oracleRequiredBlocked, unresolved } = fact;
  const { id, operationId, application, revision, framePath, txHash } = fact;
  const labels = { contract, actionType, outcome, callerCategory, evidence, reasonCode, oracleRequiredBlocked, unresolved };
  return { id, operationId, application, revision, framePath, txHash, ...labels };
}

function forgetOldest(state: State): void {
  const all = [...weakOf(state)];
  if (all.length <= WEAK_KEPT) return;
  const oldest = all.sort(([, a], [, b]) => a.number - b.number).slice(0, all.length - WEAK_KEPT);
  for (const [txHash] of oldest) forgetWeak(state, txHash);
}
