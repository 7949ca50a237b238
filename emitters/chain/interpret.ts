import { OffingError } from "#core/errors.ts";
import type { State } from "#core/state.ts";
import { configChangesOf } from "./changes.ts";
import type { ChainFact, ConfigChangeFact, OperationFact } from "./facts.ts";
import { type AppliedBlock, type AppliedFact, BlockEdits, blockAt, firstOf, type Tip, tipOf, undo, WINDOW_BLOCKS } from "./memory.ts";
import type { BlockSeen, ChainObservation, TransactionSeen } from "./observation.ts";
import { operationsOf } from "./operations.ts";
import { forgetRecents, tally } from "./tally.ts";
import type { Watch } from "./watch.ts";

/**
 * What an observation makes known: a block's operations and changes of configuration, and, when it does not follow the newest block, first
 * the retraction of everything above the fork.
 *
 * Each fact's id holds how often its block was applied, so a block that leaves the chain and comes back counts once.
 *
 * @throws SOURCE_RESPONSE_INVALID for a block whose parent is not known, which the source never yields
 */
export function createInterpret(watch: Watch): (state: State, observation: ChainObservation) => readonly ChainFact[] {
  return (state, observation) => {
    if (observation.type === "block") return applyBlock(state, observation, watch);
    const { atMs, head, safe, finalized } = observation;
    state.set("chain", "tick", { atMs, head, safe, finalized });
    return [];
  };
}

function applyBlock(state: State, block: BlockSeen, watch: Watch): readonly ChainFact[] {
  if (blockAt(state, block.number)?.hash === block.hash) return [];
  const tip = tipOf(state);
  const late = block.observedAtMs - block.timeMs > watch.liveHorizonMs;
  const application = applicationsOf(state, block.hash) + 1;
  const scene: Scene = { watch, block, application, late };
  if (tip !== undefined) assertJoins(state, block, tip);
  const taken = tip === undefined || tip.number < block.number ? [] : rewind(state, tip, scene);
  const facts = block.transactions.flatMap((transaction) => factsOf(transaction, scene));
  record(state, scene, facts);
  return [...taken, ...facts];
}

/** What all facts of one block share. */
interface Scene {
  readonly watch: Watch;
  readonly block: BlockSeen;
  readonly application: number;
  readonly late: boolean;
}

function assertJoins(state: State, block: BlockSeen, tip: Tip): void {
  const parent = blockAt(state, block.number - 1);
  if (parent?.hash === block.parentHash) return;
  // Below the first block nothing was counted, so any block may take its place.
  if (parent === undefined && block.number === firstOf(state)) return;
  throw new OffingError("SOURCE_RESPONSE_INVALID", {
    message: "a block does not follow a block that was applied",
    context: { block: block.number, hash: block.hash, tip: tip.number },
  });
}

/** Takes back every block from the tip down to the height of the new one, and says so. */
function rewind(state: State, tip: Tip, scene: Scene): ChainFact[] {
  const { block, application, late } = scene;
  const facts: ChainFact[] = [];
  for (let number = tip.number; number >= block.number; number -= 1) {
    const applied = blockAt(state, number);
    if (applied === undefined) continue;
    for (const fact of applied.facts.toReversed()) facts.push(retraction(fact, { number, applied, scene }));
    undo(state, applied.before);
    state.delete("block", String(number));
    state.set("applied", applied.hash, { number, count: applied.application });
  }
  forgetApplications(state, block.number - WINDOW_BLOCKS);
  const { chainId } = scene.watch;
  const place = { chainId, blockNumber: block.number, blockHash: block.hash };
  const id = `reorg:${chainId}:${block.number}:${block.hash}:${application}`;
  return [...facts, { kind: "reorg", id, timeMs: block.timeMs, late, ...place, depth: tip.number - block.number + 1 }];
}

interface Orphan {
  readonly number: number;
  readonly applied: AppliedBlock;
  readonly scene: Scene;
}

function retraction(fact: AppliedFact, { number, applied, scene }: Orphan): ChainFact {
  const common = {
    id: `${fact.id}:retracted`,
    retracts: fact.id,
    timeMs: scene.block.timeMs,
    late: scene.late,
    chainId: scene.watch.chainId,
    blockNumber: number,
    blockHash: applied.hash,
  };
  if (fact.kind === "operation") return { ...fact, ...common, kind: "operation_retracted" };
  return { ...fact, ...common, kind: "config_change_retracted" };
}

function factsOf(transaction: TransactionSeen, scene: Scene): (OperationFact | ConfigChangeFact)[] {
  const { watch, block, application, late } = scene;
  const { chainId } = watch;
  const base = { chainId, blockNumber: block.number, blockHash: block.hash, timeMs: block.timeMs, late, application };
  const tx = { txHash: transaction.hash, txIndex: transaction.index };
  const where = `${chainId}:${block.number}:${block.hash}:${transaction.index}`;
  const operations = operationsOf(transaction, watch).map((draft): OperationFact => {
    const operationId = `op:${where}:${draft.framePath}`;
    const sender = { txFrom: transaction.from, txTo: transaction.to };
    return { kind: "operation", id: `${operationId}:${application}`, operationId, ...base, ...tx, ...sender, ...draft };
  });
  const changes = configChangesOf(transaction, watch).map((draft): ConfigChangeFact => {
    return { kind: "config_change", id: `change:${where}:${draft.logIndex}:${application}`, ...base, ...tx, ...draft };
  });
  return [...operations, ...changes];
}

/** Makes the block the tip, with what is needed to take it back, and lets the oldest one go. */
function record(state: State, { block, application, watch }: Scene, facts: readonly (OperationFact | ConfigChangeFact)[]): void {
  const edits = new BlockEdits(state);
  tally(state, edits, facts);
  const { hash, number, timeMs } = block;
  const applied: AppliedBlock = { hash, timeMs, application, facts: facts.map(remembered), before: edits.before() };
  state.set("block", String(number), applied);
  state.delete("block", String(number - WINDOW_BLOCKS));
  state.delete("applied", hash);
  if (firstOf(state) === undefined) state.set("chain", "first", number);
  state.set("chain", "tip", { number, hash, timeMs });
  forgetRecents(state, { number, burstWindowMs: watch.burstWindowMs });
}

function remembered(fact: OperationFact | ConfigChangeFact): AppliedFact {
  const { id, txHash } = fact;
  if (fact.kind === "config_change") return { kind: fact.kind, id, txHash, module: fact.module };
  const { contract, actionType, outcome, callerCategory, evidence, reasonCode, oracleRequiredBlocked, unresolved } = fact;
  return {
    kind: fact.kind,
    id,
    txHash,
    contract,
    actionType,
    outcome,
    callerCategory,
    evidence,
    reasonCode,
    oracleRequiredBlocked,
    unresolved,
  };
}

/** How often a block was applied and taken back; 0 for one that is new. */
function applicationsOf(state: State, hash: string): number {
  return (state.get("applied", hash) as { readonly count: number } | undefined)?.count ?? 0;
}

function forgetApplications(state: State, below: number): void {
  const old = [...state.entries("applied")].filter(([, value]) => (value as { readonly number: number }).number < below);
  for (const [hash] of old) state.delete("applied", hash);
}
