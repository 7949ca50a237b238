import type { Clock } from "#core/clock.ts";
import { OffingError } from "#core/errors.ts";
import { errorFields, type Log, onChange } from "#core/log.ts";
import { isAway } from "#core/rpc/endpoint.ts";
import type { RpcConfig } from "../config.ts";
import type { ChainPool } from "../methods.ts";
import type { Frame } from "../observation.ts";
import type { RawBlock } from "../shapes.ts";
import { parseBlockTraces } from "./call-tracer.ts";
import { parseFlatTraces } from "./flat-traces.ts";
import type { Sight } from "./frame-parts.ts";
import { agrees, gasAgrees, type Outlined } from "./mined.ts";
import { createPatience } from "./patience.ts";

/** What asking for traces needs. */
export interface TraceOptions {
  readonly pool: ChainPool;
  readonly rpc: Pick<RpcConfig, "trace" | "timeoutMs">;
  readonly watch: Sight;
  readonly clock: Clock;
  readonly log: Log;
}

const ATTEMPTS = 2;
/** What a transfer of money between accounts costs: nothing was called. */
const TRANSFER_GAS = 21_000n;
const LOST = "a block has no usable traces of all its transactions: single ones are asked for instead";

/** A block and what is known of its transactions, all of them, in their order. */
export interface OutlinedBlock {
  readonly block: RawBlock;
  readonly outlined: readonly Outlined[];
}

/** Whether a block is traced by geth's call tracer: no endpoint has flat traces, and one has these. */
export async function tracesCalls({ pool, rpc }: Pick<TraceOptions, "pool" | "rpc">, signal: AbortSignal): Promise<boolean> {
  if (rpc.trace !== "auto" || (await pool.supports("trace_block", signal))) return false;
  return await pool.supports("debug_traceBlockByHash", signal);
}

/**
 * Makes a function that gives the root frames of all transactions of a block in their order, or undefined when they are not to be had.
 *
 * Flat traces are asked for first: they are smaller, and nodes have them indexed. Every root is held against its receipt; a block of which
 * one contradicts is asked for once more and then done without. A node that does not answer at all is waited for, by throwing, unless it is
 * this one block that it dies of.
 */
export function createBlockTracer(
  options: TraceOptions,
): (block: OutlinedBlock, signal: AbortSignal) => Promise<readonly Frame[] | undefined> {
  const { pool, rpc, log } = options;
  const say = onChange(log, "block traces");
  const giveUp = createPatience();
  return async (block, signal) => {
    if (rpc.trace !== "auto" || !block.outlined.some(callsSomething)) return undefined;
    const { hash } = block.block;
    for (let attempt = 1; ; attempt += 1) {
      // A method may turn out to be missing only when it is used.
      const flat = await pool.supports("trace_block", signal);
      if (!flat && !(await pool.supports("debug_traceBlockByHash", signal))) return undefined;
      try {
        const frames = await (flat ? flatFrames(options, block, signal) : callFrames(options, block, signal));
        say(undefined);
        giveUp.forget(hash);
        return frames;
      } catch (error) {
        if (signal.aborted || !(error instanceof OffingError) || error.retry === "never") throw error;
        if (flat && !(await pool.supports("trace_block", signal))) continue;
        if (attempt < ATTEMPTS) continue;
        if (isAway(error) && !giveUp.strike(hash)) throw error;
        giveUp.forget(hash);
        say(LOST, errorFields(error));
        return undefined;
      }
    }
  };
}

/** Says whether a transaction did more than hand over money, as far as anybody knows. */
export function callsSomething({ transaction, receipt }: Outlined): boolean {
  return transaction.to === null || transaction.selector !== "0x" || receipt.gasUsed !== TRANSFER_GAS;
}

async function flatFrames(
  { pool, watch }: TraceOptions,
  { block, outlined }: OutlinedBlock,
  signal: AbortSignal,
): Promise<readonly Frame[]> {
  const read = (result: unknown) => parseFlatTraces(result, watch);
  const request = { method: "trace_block", params: [`0x${block.number.toString(16)}`], aside: true, read } as const;
  const { result: roots } = await pool.ask(request, signal);
  const own = roots?.every((root, index) => {
    const one = outlined[index];
    // They are asked for by height, so their own word for the block is what binds them to it.
    return root.blockHash === block.hash && root.transactionHash === one?.transaction.hash && agrees(root.frame, one);
  });
  if (roots?.length === outlined.length && own === true) return roots.map(({ frame }) => frame);
  throw pool.reject("trace_mismatch", "the traces of a block contradict its receipts");
}

async function callFrames(
  { pool, rpc, watch }: TraceOptions,
  { block, outlined }: OutlinedBlock,
  signal: AbortSignal,
): Promise<readonly Frame[]> {
  const params = [block.hash, { tracer: "callTracer", timeout: `${rpc.timeoutMs}ms` }];
  const read = (result: unknown) => parseBlockTraces(result, watch);
  const { result: roots } = await pool.ask({ method: "debug_traceBlockByHash", params, aside: true, read }, signal);
  const own = roots.every((root, index) => {
    const one = outlined[index];
    if (root === undefined || one === undefined || !agrees(root.frame, one) || !gasAgrees(root.gasUsed, one)) return false;
    return root.transactionHash === undefined || root.transactionHash === one.transaction.hash;
  });
  if (own && roots.length === outlined.length) return roots.flatMap((root) => root?.frame ?? []);
  throw pool.reject("trace_mismatch", "the traces of a block contradict its receipts");
}
