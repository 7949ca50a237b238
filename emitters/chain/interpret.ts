import { OffingError } from "#core/errors.ts";
import type { State } from "#core/state.ts";
import { applyCanary } from "./canary/apply.ts";
import { configChangesOf } from "./changes.ts";
import { coverAbove, coverBelow, uncover } from "./coverage.ts";
import { decodeAgain, forgetForeign, gradeAgain } from "./evidence/revise.ts";
import { forgetWeak, rememberUnseen, rememberWeak, weakOf } from "./evidence/weak.ts";
import type { ChainFact, ConfigChangeFact, OperationFact, ReorgFact } from "./facts.ts";
import { adopt, leaveIsland, settleFloor, shortenIsland } from "./islands.ts";
import {
  type AppliedBlock,
  type AppliedFact,
  BlockEdits,
  blockAt,
  finalOf,
  firstOf,
  floorOf,
  islandOf,
  type Tip,
  tipOf,
  undo,
  WINDOW_BLOCKS,
} from "./memory.ts";
import type { BlockSeen, ChainObservation, TickSeen, TransactionSeen } from "./observation.ts";
import { operationIdOf, operationsOf } from "./operations.ts";
import { rememberReorg } from "./reorgs.ts";
import { type SeenFact, summarised, type WrittenFact } from "./summary/summarise.ts";
import { forgetRecents, tally } from "./tally.ts";
import type { Watch } from "./watch.ts";

/**
 * What an observation makes known: a block's operations and changes of configuration, and, when it does not follow the newest block, first
 * the retraction of everything above the fork.
 *
 * A block of the backfill goes below the lowest one and counts as late. What it tells moves coverage and the tables, but no run and no window:
 * they speak of now.
 *
 * Each fact's id holds how often its block was applied, so a block that leaves the chain and comes back counts once.
 *
 * @throws SOURCE_RESPONSE_INVALID for a block whose parent is not known, which the source never yields
 */
export function createInterpret(watch: Watch): (state: State, observation: ChainObservation) => readonly ChainFact[] {
  return (state, observation) => {
    if (observation.type === "tick") return applyTick(state, observation, watch);
    if (observation.type === "redecode") return decodeAgain(state, observation, watch);
    if (observation.type === "canary") return applyCanary(state, observation, watch);
    if (observation.type === "regrade") return gradeAgain(state, observation, watch);
    if (observation.type === "foreign") return forgetForeign(state, observation);
    adopt(state);
    return observation.joins === "backfill" ? fillIn(state, observation, watch) : applyBlock(state, observation, watch);
  };
}

/** Finality only moves on, except when a reorg goes below it. */
function applyTick(state: State, { atMs, head, safe, finalized }: TickSeen, { finalityDepth }: Watch): readonly ChainFact[] {
  state.set("chain", "tick", { atMs, head, safe, finalized });
  const final = finalized ?? (head === null ? undefined : Math.max(0, head - finalityDepth));
  const before = finalOf(state);
  if (final !== undefined && (before === undefined || final > before)) state.set("chain", "final", final);
  return [];
}

function applyBlock(state: State, block: BlockSeen, watch: Watch): readonly ChainFact[] {
  if (blockAt(state, block.number)?.hash === block.hash) return [];
  const tip = tipOf(state);
  const late = block.observedAtMs - block.timeMs > watch.liveHorizonMs;
  const application = applicationsOf(state, block.hash) + 1;
  const scene: Scene = { watch, block, application, late };
  if (block.joins === "jump" && tip !== undefined && block.number > tip.number + 1) leaveIsland(state, tip);
  else if (tip !== undefined) assertJoins(state, block, tip);
  const taken = tip === undefined || tip.number < block.number ? [] : rewind(state, tip, scene);
  const seen = block.transactions.flatMap((transaction) => factsOf(transaction, scene));
  return [...taken, ...record(state, scene, seen)];
}

/**
 * Applies the parent of the lowest block. Where the island below holds another block of this height, that one was orphaned while the source
 * was away, and is taken back.
 *
 * @throws SOURCE_RESPONSE_INVALID for any other block, which the source never yields
 */
function fillIn(state: State, block: BlockSeen, watch: Watch): readonly ChainFact[] {
  const [floor, tip] = [floorOf(state), tipOf(state)];
  if (floor === undefined || tip === undefined) throw apart(block, { number: -1 });
  if (block.number >= floor.number) return [];
  if (block.number !== floor.number - 1 || block.hash !== floor.parentHash) throw apart(block, floor);
  const scene: Scene = { watch, block, application: applicationsOf(state, block.hash) + 1, late: true };
  const island = islandOf(state);
  const applied = island?.number === block.number ? blockAt(state, block.number) : undefined;
  const taken = applied?.facts.toReversed().map((fact) => retraction(fact, { number: block.number, applied, scene })) ?? [];
  if (island?.number === block.number) shortenIsland(state, island);
  const seen = block.transactions.flatMap((transaction) => factsOf(transaction, scene));
  const facts = summarised(seen, watch.successRowsPerBlock);
  const { hash, number, timeMs, grade = "receipts" } = block;
  const kept: AppliedBlock = { hash, timeMs, application: scene.application, facts: facts.map(remembered), before: [] };
  forgetProofs(state, applied);
  rememberWeak(state, block, facts);
  rememberUnseen(state, { ...scene, seen });
  if (number > tip.number - WINDOW_BLOCKS) state.set("block", String(number), kept);
  state.delete("applied", hash);
  coverBelow(state, { number, grade });
  const orphaned = settleFloor(state, block);
  return [...taken, ...facts, ...(orphaned === 0 ? [] : [reorgOf(state, scene, orphaned)])];
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
  if (block.number === firstOf(state)) return;
  throw apart(block, tip);
}

function apart(block: BlockSeen, { number }: Pick<Tip, "number">): OffingError {
  return new OffingError("SOURCE_RESPONSE_INVALID", {
    message: "a block does not join the blocks that were applied",
    context: { block: block.number, hash: block.hash, at: number },
  });
}

/** Takes back every block from the tip down to the height of the new one, and says so. */
function rewind(state: State, tip: Tip, scene: Scene): ChainFact[] {
  const { block } = scene;
  const facts: ChainFact[] = [];
  for (let number = tip.number; number >= block.number; number -= 1) {
    const applied = blockAt(state, number);
    if (applied === undefined) continue;
    forgetProofs(state, applied);
    for (const fact of applied.facts.toReversed()) facts.push(retraction(fact, { number, applied, scene }));
    undo(state, applied.before);
    state.delete("block", String(number));
    state.set("applied", applied.hash, { number, count: applied.application });
  }
  forgetApplications(state, block.number - WINDOW_BLOCKS);
  uncover(state, { from: block.number, to: tip.number });
  if ((finalOf(state) ?? -1) >= block.number) state.set("chain", "final", block.number - 1);
  return [...facts, reorgOf(state, scene, tip.number - block.number + 1)];
}

function reorgOf(state: State, { watch: { chainId }, block, application, late }: Scene, depth: number): ReorgFact {
  const place = { chainId, blockNumber: block.number, blockHash: block.hash };
  const id = `reorg:${chainId}:${block.number}:${block.hash}:${application}`;
  const fact: ReorgFact = { kind: "reorg", id, timeMs: block.timeMs, late, ...place, depth };
  rememberReorg(state, fact);
  return fact;
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
  if (fact.kind === "operation") return { ...fact, ...common, kind: "operation_retracted", cause: "reorg" };
  if (fact.kind === "operation_summary") return { ...fact, ...common, kind: "operation_summary_retracted" };
  return { ...fact, ...common, kind: "config_change_retracted" };
}

function factsOf(transaction: TransactionSeen, scene: Scene): SeenFact[] {
  const { watch, block, application, late } = scene;
  const { chainId } = watch;
  const base = { chainId, blockNumber: block.number, blockHash: block.hash, timeMs: block.timeMs, late, application };
  const tx = { txHash: transaction.hash, txIndex: transaction.index };
  const where = `${chainId}:${block.number}:${block.hash}:${transaction.index}`;
  const operations = operationsOf(transaction, watch).map((draft): OperationFact => {
    const operationId = operationIdOf({ ...base, ...tx }, draft.framePath);
    const sender = { txFrom: transaction.from, txTo: transaction.to };
    return { kind: "operation", id: `${operationId}:${application}`, operationId, revision: 0, ...base, ...tx, ...sender, ...draft };
  });
  const changes = configChangesOf(transaction, { watch, reads: block.reads ?? [] }).map((draft): ConfigChangeFact => {
    return { kind: "config_change", id: `change:${where}:${draft.changeKey}:${application}`, ...base, ...tx, ...draft };
  });
  return [...operations, ...changes];
}

/** Makes the block the tip, with what is needed to take it back, and lets the oldest one go. */
function record(state: State, { block, application, watch }: Scene, seen: readonly SeenFact[]): readonly WrittenFact[] {
  const edits = new BlockEdits(state);
  // Runs are told from every call in its order, also of those that share a row.
  tally(state, edits, seen);
  const facts = summarised(seen, watch.successRowsPerBlock);
  rememberWeak(state, block, facts);
  rememberUnseen(state, { block, application, watch, seen });
  const { hash, number, timeMs, grade = "receipts" } = block;
  const applied: AppliedBlock = { hash, timeMs, application, facts: facts.map(remembered), before: edits.before() };
  state.set("block", String(number), applied);
  state.delete("block", String(number - WINDOW_BLOCKS));
  state.delete("applied", hash);
  state.set("chain", "tip", { number, hash, timeMs });
  coverAbove(state, { number, grade });
  if (number === (firstOf(state) ?? number)) settleFloor(state, block);
  forgetRecents(state, { number, burstWindowMs: watch.burstWindowMs });
  return facts;
}

/** What was proved weakly in a block that is taken back, or not shown by any trace, need not be proved any more. */
function forgetProofs(state: State, applied: AppliedBlock | undefined): void {
  if (applied === undefined) return;
  for (const [txHash, { hash }] of [...weakOf(state)]) if (hash === applied.hash) forgetWeak(state, txHash);
}

function remembered(fact: WrittenFact): AppliedFact {
  if (fact.kind === "config_change") return { kind: fact.kind, id: fact.id, txHash: fact.txHash, module: fact.module };
  if (fact.kind === "operation_summary") {
    const { kind, id, contract, actionType, outcome, callerCategory, operations } = fact;
    return { kind, id, contract, actionType, outcome, callerCategory, operations };
  }
  const { id, txHash } = fact;
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
