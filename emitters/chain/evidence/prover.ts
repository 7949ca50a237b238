import { answerFault } from "#core/rpc/endpoint.ts";
import { hidesBytes, isSilent, watchedFrames } from "../frames.ts";
import type { Frame, Grade, RootRevert, TransactionSeen } from "../observation.ts";
import { parseBlock, type RawBlock } from "../shapes.ts";
import { eventKey, setterKey, type Watch } from "../watch.ts";
import { callsSomething, type TraceOptions } from "./block-traces.ts";
import type { Mined, MinedBlock, RootBytes } from "./mined.ts";
import { needOf } from "./needs.ts";
import { nodeReason, parentCall } from "./node-reason.ts";
import { simulatedReverts } from "./simulation.ts";
import { createTransactionTracer } from "./transaction-trace.ts";
import { createTransactions, type ToldBlock } from "./transactions.ts";

/** Finds the transactions of a block that matter and climbs down the ladder of evidence for each. */
export interface Prover {
  /**
   * The transactions that matter, in block order, each with the best proof that is to be had.
   *
   * @throws SOURCE_UNREACHABLE, SOURCE_RESPONSE_INVALID
   */
  readonly prove: (told: ToldBlock, signal: AbortSignal) => Promise<ProvedBlock>;
}

/** What matters of a block, and how far it was looked into. */
export interface ProvedBlock {
  readonly transactions: readonly TransactionSeen[];
  readonly grade: Grade;
}

/** What a prover needs. */
export interface ProverOptions extends TraceOptions {
  readonly watch: Watch;
}

/**
 * Makes a prover. The rungs, best first: a call trace, a replay of the block up to the transaction, what the node itself says, the same
 * call at the parent block, and the receipt's status alone.
 */
export function createProver(options: ProverOptions): Prover {
  const { watch, pool } = options;
  const transactionsOf = createTransactions(options);
  const frameOf = createTransactionTracer(options);
  return {
    prove: async (told, signal) => {
      const { block } = told;
      const { mined, frames } = await transactionsOf(told, signal);
      const matters = mined.flatMap((one) => matterOf(one, { frame: frames?.[one.index], watch }));
      const unbound = new Set<string>();
      const traced = await Promise.all(
        matters.map(async ({ one, frame, wantsTrace }): Promise<Proved> => {
          if (!wantsTrace) return { one, frame, lacksTrace: false };
          const single = await frameOf({ mined: one, blockHash: block.hash }, signal);
          if (single?.unbound !== undefined) unbound.add(single.unbound);
          return { one, frame: single?.frame ?? frame, lacksTrace: single === undefined };
        }),
      );
      for (const provider of unbound) await assertCanonical({ pool, block, provider }, signal);
      const reverts = await lowerRungs({ ...options, block, mined, proved: traced }, signal);
      const whole = frames !== undefined || !mined.some(callsSomething);
      const bySigns = !traced.some(({ lacksTrace }) => lacksTrace) && (await tracesTransactions(options, signal));
      return {
        transactions: traced.map(({ one, frame }) => seenOf(one, { frame, revert: reverts.get(one), watch })),
        grade: whole ? "traced" : bySigns ? "signs" : "receipts",
      };
    },
  };
}

interface Matter {
  readonly one: Mined;
  readonly frame: Frame | undefined;
  /** The transaction's own trace is to be asked for. */
  readonly wantsTrace: boolean;
}

/** A transaction as far as it matters, or nothing. A trace of the whole block shows also what left no other sign. */
function matterOf(one: Mined, { frame, watch }: { readonly frame: Frame | undefined; readonly watch: Watch }): readonly Matter[] {
  const { transaction, receipt } = one;
  const need = needOf({ ...transaction, success: receipt.success, logAddresses: receipt.logs.map((log) => log.address) }, watch);
  if (frame === undefined) return need === "none" ? [] : [{ one, frame, wantsTrace: need === "trace" }];
  // A direct call that went through is proved by its receipt, with or without a trace.
  if (need === "keep") return [{ one, frame: undefined, wantsTrace: false }];
  const watched = watchedFrames(frame, watch);
  if (watched.length === 0 && !receipt.logs.some((log) => isConfigLog(log, watch))) return [];
  return [{ one, frame, wantsTrace: watched.some(hidesBytes) }];
}

/** Whether an endpoint has traces of blocks or of transactions, and they may be asked for. */
export async function canTrace(options: Pick<ProverOptions, "rpc" | "pool">, signal: AbortSignal): Promise<boolean> {
  const { rpc, pool } = options;
  const ofBlocks =
    rpc.trace === "auto" && ((await pool.supports("trace_block", signal)) || (await pool.supports("debug_traceBlockByHash", signal)));
  return ofBlocks || (await tracesTransactions(options, signal));
}

async function tracesTransactions({ rpc, pool }: Pick<ProverOptions, "rpc" | "pool">, signal: AbortSignal): Promise<boolean> {
  if (rpc.trace === "off") return false;
  return (await pool.supports("debug_traceTransaction", signal)) || (await pool.supports("trace_transaction", signal));
}

interface Proved {
  readonly one: Mined;
  readonly frame: Frame | undefined;
  /** A trace of its own was wanted and not to be had. */
  readonly lacksTrace: boolean;
}

/** What failed direct calls reverted with, where no trace says it. */
async function lowerRungs(
  { pool, watch, block, mined, proved }: ProverOptions & MinedBlock & { readonly proved: readonly Proved[] },
  signal: AbortSignal,
): Promise<ReadonlyMap<Mined, RootRevert>> {
  const wanted = proved.filter(({ one, frame }) => isFailedAction(one, watch) && (frame === undefined || isSilent(frame)));
  const ones = wanted.map(({ one }) => one);
  const found = new Map(await simulatedReverts(pool, { block, mined, wanted: ones }, signal));
  for (const one of ones) {
    if (found.has(one)) continue;
    const revert = (await nodeReason(pool, one, signal)) ?? (await parentCall(pool, { block, one }, signal));
    if (revert !== undefined) found.set(one, revert);
  }
  return new Map([...found].map(([one, bytes]) => [one, { ...bytes, halt: haltOf(one, bytes) }]));
}

/** A transaction that used all its gas and says nothing ran out of it. */
function haltOf({ transaction, receipt }: Mined, { data }: RootBytes): string | null {
  const { gas: limit } = transaction;
  return data === "0x" && typeof limit === "string" && BigInt(limit) === receipt.gasUsed ? "out of gas" : null;
}

function isFailedAction({ transaction: { to, selector }, receipt }: Mined, { contracts }: Watch): boolean {
  return !receipt.success && to !== null && contracts.get(to)?.actions.has(selector) === true;
}

interface Proof {
  readonly frame: Frame | undefined;
  readonly revert: RootRevert | undefined;
  readonly watch: Watch;
}

function seenOf({ transaction, receipt, index }: Mined, { frame, revert, watch }: Proof): TransactionSeen {
  const { hash, from, to, selector, isSigned } = transaction;
  const logs = receipt.logs.filter((log) => isConfigLog(log, watch));
  const input = watch.setters.has(setterKey(to, selector)) ? { input: transaction.input } : {};
  const told = revert === undefined ? {} : { revert };
  return {
    hash,
    index,
    from,
    to,
    selector,
    success: receipt.success,
    logs,
    trace: frame ?? null,
    ...told,
    ...input,
    ...(!isSigned && { unsigned: true }),
  };
}

function isConfigLog({ address, topics }: { readonly address: string; readonly topics: readonly string[] }, { events }: Watch): boolean {
  return events.has(eventKey(address, topics[0] ?? ""));
}

interface Bound {
  readonly pool: ProverOptions["pool"];
  readonly block: RawBlock;
  readonly provider: string;
}

/**
 * A node finds a call trace by the transaction's hash alone, and a reorg may mine the same transaction again: the trace is this block's
 * only if the node that gave it still has the block on its chain.
 */
async function assertCanonical({ pool, block, provider }: Bound, signal: AbortSignal): Promise<void> {
  const params = [`0x${block.number.toString(16)}`, false];
  const read = (result: unknown) => parseBlock(result)?.hash;
  const { result: hash } = await pool.ask({ method: "eth_getBlockByNumber", params, provider, aside: true, read }, signal);
  if (hash !== block.hash) throw answerFault("unknown", "the chain moved while a block was read");
}
