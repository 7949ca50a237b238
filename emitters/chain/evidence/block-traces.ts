import type { Clock } from "#core/clock.ts";
import { OffingError } from "#core/errors.ts";
import { errorFields, type Log, onChange } from "#core/log.ts";
import { isAway } from "#core/rpc/endpoint.ts";
import type { RpcConfig } from "../config.ts";
import type { ChainPool } from "../methods.ts";
import type { Frame } from "../observation.ts";
import { parseBlockTraces } from "./call-tracer.ts";
import { parseFlatTraces } from "./flat-traces.ts";
import type { Sight } from "./frame-parts.ts";
import { agrees, gasAgrees, type Mined, type MinedBlock } from "./mined.ts";
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

/**
 * Makes a function that gives the root frames of all transactions of a block in their order, or undefined when they are not to be had.
 *
 * Flat traces are asked for first: they are smaller, and nodes have them indexed. Every root is held against its receipt; a block of which
 * one contradicts is asked for once more and then done without. A node that does not answer at all is waited for, by throwing, unless it is
 * this one block that it dies of.
 */
export function createBlockTracer(
  options: TraceOptions,
): (mined: MinedBlock, signal: AbortSignal) => Promise<readonly Frame[] | undefined> {
  const { pool, rpc, log } = options;
  const say = onChange(log, "block traces");
  const giveUp = createPatience();
  return async (block, signal) => {
    if (rpc.trace !== "auto" || !block.mined.some(callsSomething)) return undefined;
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

/** Says whether a transaction did more than hand over money. */
export function callsSomething({ transaction, receipt }: Mined): boolean {
  return transaction.to === null || transaction.selector !== "0x" || receipt.gasUsed !== TRANSFER_GAS;
}

async function flatFrames({ pool, watch }: TraceOptions, { block, mined }: MinedBlock, signal: AbortSignal): Promise<readonly Frame[]> {
  const read = (result: unknown) => parseFlatTraces(result, watch);
  const request = { method: "trace_block", params: [`0x${block.number.toString(16)}`], aside: true, read } as const;
  const { result: roots } = await pool.ask(request, signal);
  const own = roots?.every((root, index) => {
    const one = mined[index];
    // They are asked for by height, so their own word for the block is what binds them to it.
    return root.blockHash === block.hash && root.transactionHash === one?.transaction.hash && agrees(root.frame, one);
  });
  if (roots?.length === mined.length && own === true) return roots.map(({ frame }) => frame);
  throw pool.reject("trace_mismatch", "the traces of a block contradict its receipts");
}

async function callFrames(
  { pool, rpc, watch }: TraceOptions,
  { block, mined }: MinedBlock,
  signal: AbortSignal,
): Promise<readonly Frame[]> {
  const params = [block.hash, { tracer: "callTracer", timeout: `${rpc.timeoutMs}ms` }];
  const read = (result: unknown) => parseBlockTraces(result, watch);
  const { result: roots } = await pool.ask({ method: "debug_traceBlockByHash", params, aside: true, read }, signal);
  const own = roots.every((root, index) => {
    const one = mined[index];
    if (root === undefined || one === undefined || !agrees(root.frame, one) || !gasAgrees(root.gasUsed, one)) return false;
    return root.transactionHash === undefined || root.transactionHash === one.transaction.hash;
  });
  if (own && roots.length === mined.length) return roots.flatMap((root) => root?.frame ?? []);
  throw pool.reject("trace_mismatch", "the traces of a block contradict its receipts");
}
