import type { RetractionCause } from "#contract/generated/chain.ts";
import type { State } from "#core/state.ts";
import type { ChainFact, OperationFact, OperationRetractedFact } from "../facts.ts";
import { type AppliedFact, blockAt, tipOf, WINDOW_BLOCKS } from "../memory.ts";
import type { ForeignSeen, RedecodeSeen, RegradeSeen, TransactionSeen } from "../observation.ts";
import { operationIdOf, operationsOf } from "../operations.ts";
import type { Watch } from "../watch.ts";
import { redecoded } from "./redecode.ts";
import { forgetWeak, isBetter, rememberWeak, type WeakOperation, type WeakTransaction, weakAt, weakened } from "./weak.ts";

/**
 * Takes rows back that a changed registry reads otherwise, and appends them as it reads them: retracted under the old label, late under the
 * new. What left the chain meanwhile is left alone.
 */
export function decodeAgain(state: State, { facts }: RedecodeSeen, watch: Watch): readonly ChainFact[] {
  return facts.flatMap((stored) => {
    const fact = stored as unknown as OperationFact;
    const read = redecoded(fact, watch);
    if (read === undefined || !stands(state, fact)) return [];
    const revised: OperationFact = { ...fact, ...read, ...revisionOf(fact), late: true };
    replace(state, fact, revised);
    return [retractionOf(fact, { place: fact, cause: "decoded_again" }), revised];
  });
}

/** Takes rows back for which a better proof came, and appends them with it. */
export function gradeAgain(state: State, { number, hash, timeMs, transaction }: RegradeSeen, watch: Watch): readonly ChainFact[] {
  const weak = weakAt(state, transaction.hash);
  if (weak?.hash !== hash) return [];
  const place = { chainId: watch.chainId, blockNumber: number, blockHash: hash, timeMs };
  if (weak.operations.length === 0) return seenLate(state, { weak, place, transaction, watch });
  const facts: (OperationFact | OperationRetractedFact)[] = [];
  const drafts = operationsOf(transaction, watch);
  for (const old of weak.operations) {
    const draft = drafts.find(({ framePath }) => framePath === old.framePath);
    if (draft === undefined || !isBetter(draft, old) || !stands(state, { ...place, id: old.id })) continue;
    const { hash: txHash, index: txIndex, from: txFrom, to: txTo } = transaction;
    const base = { kind: "operation", ...place, application: old.application, txHash, txIndex, txFrom, txTo } as const;
    const revised: OperationFact = { ...base, operationId: old.operationId, ...draft, ...revisionOf(old), late: true };
    replace(state, { ...place, id: old.id }, revised);
    facts.push(retractionOf(old, { place, cause: "better_evidence" }), revised);
  }
  const revised = facts.filter((fact) => fact.kind === "operation");
  const left = weak.operations.filter(({ framePath }) => !revised.some((fact) => fact.framePath === framePath));
  forgetWeak(state, transaction.hash);
  if (left.length > 0) state.set("weak", transaction.hash, { number, hash, operations: left });
  rememberWeak(state, { number, hash }, revised);
  return facts;
}

/** A trace came, and showed nothing of ours. */
export function forgetForeign(state: State, { txHash }: ForeignSeen): readonly ChainFact[] {
  forgetWeak(state, txHash);
  return [];
}

interface Unseen {
  readonly weak: WeakTransaction;
  readonly place: Placed;
  readonly transaction: TransactionSeen;
  readonly watch: Watch;
}

/** Appends the operations of a transaction that no trace had shown, unless its block left the chain meanwhile. */
function seenLate(state: State, { weak: { application = 1 }, place, transaction, watch }: Unseen): readonly OperationFact[] {
  forgetWeak(state, transaction.hash);
  const { blockNumber, blockHash } = place;
  const applied = blockAt(state, blockNumber);
  const isFinal = applied === undefined && blockNumber <= (tipOf(state)?.number ?? -1) - WINDOW_BLOCKS;
  if (applied?.hash !== blockHash && !isFinal) return [];
  const { hash: txHash, index: txIndex, from: txFrom, to: txTo } = transaction;
  const base = { kind: "operation", ...place, application, txHash, txIndex, txFrom, txTo, revision: 0, late: true } as const;
  const facts = operationsOf(transaction, watch).map((draft): OperationFact => {
    const operationId = operationIdOf(base, draft.framePath);
    return { ...base, id: `${operationId}:${application}`, operationId, ...draft };
  });
  if (applied !== undefined) state.set("block", String(blockNumber), { ...applied, facts: [...applied.facts, ...facts.map(appliedFact)] });
  rememberWeak(state, { number: blockNumber, hash: blockHash }, facts);
  return facts;
}

/** What a reorg that comes later needs to take a row back. */
function appliedFact(fact: OperationFact): AppliedFact {
  const { operationId, application, revision, framePath, ...labels } = weakened(fact);
  return { kind: "operation", ...labels };
}

interface Placed {
  readonly chainId: number;
  readonly blockNumber: number;
  readonly blockHash: string;
  readonly timeMs: number;
}

/** Within reach of a reorg the applied blocks know what stands; below it nothing changes any more. */
function stands(
  state: State,
  { id, blockNumber, blockHash }: Pick<Placed, "blockNumber" | "blockHash"> & { readonly id: string },
): boolean {
  const applied = blockAt(state, blockNumber);
  return applied === undefined || (applied.hash === blockHash && applied.facts.some((fact) => fact.id === id));
}

/** A reorg that comes later must take the new row back and not the old one. */
function replace(state: State, { id, blockNumber }: Pick<Placed, "blockNumber"> & { readonly id: string }, revised: OperationFact): void {
  const applied = blockAt(state, blockNumber);
  if (applied === undefined) return;
  const facts = applied.facts.map((fact) => (fact.id === id ? appliedFact(revised) : fact));
  state.set("block", String(blockNumber), { ...applied, facts });
}

function revisionOf({
  operationId,
  application,
  revision,
}: Pick<WeakOperation, "operationId" | "application"> & { readonly revision?: number }) {
  const next = (revision ?? 0) + 1;
  return { id: `${operationId}:${application}:r${next}`, revision: next };
}

interface Retraction {
  readonly place: Placed;
  readonly cause: RetractionCause;
}

function retractionOf(old: WeakOperation | OperationFact, { place, cause }: Retraction): OperationRetractedFact {
  const { contract, actionType, outcome, callerCategory, evidence, reasonCode, oracleRequiredBlocked, unresolved, txHash, id } = old;
  const labels = { contract, actionType, outcome, callerCategory, evidence, reasonCode, oracleRequiredBlocked, unresolved };
  const { chainId, blockNumber, blockHash, timeMs } = place;
  const where = { chainId, blockNumber, blockHash, timeMs, txHash };
  return { kind: "operation_retracted", id: `${id}:retracted`, retracts: id, late: true, ...where, ...labels, cause };
}
