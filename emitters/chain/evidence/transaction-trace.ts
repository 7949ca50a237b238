import type { Clock } from "#core/clock.ts";
import { OffingError } from "#core/errors.ts";
import { errorFields, onChange } from "#core/log.ts";
import { backoffMs } from "#core/retry.ts";
import { isAway } from "#core/rpc/endpoint.ts";
import type { Frame } from "../observation.ts";
import type { TraceOptions } from "./block-traces.ts";
import { parseCallTrace } from "./call-tracer.ts";
import { parseFlatTraces } from "./flat-traces.ts";
import { agrees, gasAgrees, type Mined } from "./mined.ts";
import { createPatience } from "./patience.ts";

/** A call trace and the endpoint that gave it, when only the transaction's hash binds it to its block. */
export interface Traced {
  readonly frame: Frame;
  readonly unbound: string | undefined;
}

/** A transaction and the block it must be of. */
export interface TraceWanted {
  readonly mined: Mined;
  readonly blockHash: string;
}

const ATTEMPTS = 3;
const BACKOFF = { firstMs: 100, capMs: 1_000 };
const NONE =
  "no endpoint has debug_traceTransaction or trace_transaction: swallowed reverts and calls through other contracts are not seen";
const LOST = "a transaction has no usable trace: its reason and what it called are not known";

/** The call tracer first: it always tells what a frame reverted with. */
const METHODS = ["debug_traceTransaction", "trace_transaction"] as const;

/**
 * Makes a function that traces one transaction, or gives undefined when that is not to be had.
 *
 * A trace that contradicts the receipt is asked for again and then done without, and so is one that the node refuses: an old block's state
 * is gone for good. A node that does not answer at all is waited for, by throwing, unless it is this one transaction that it dies of.
 */
export function createTransactionTracer(options: TraceOptions): (wanted: TraceWanted, signal: AbortSignal) => Promise<Traced | undefined> {
  const { pool, rpc, clock, log } = options;
  const say = onChange(log, "call traces");
  const giveUp = createPatience();
  return async (wanted, signal) => {
    if (rpc.trace === "off") return undefined;
    const { hash } = wanted.mined.transaction;
    let last: unknown;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const method = await firstSupported(pool, signal);
      if (method === undefined) {
        say(NONE);
        return undefined;
      }
      try {
        const traced = await traceOnce(options, { ...wanted, method }, signal);
        say(undefined);
        giveUp.forget(hash);
        return traced;
      } catch (error) {
        if (signal.aborted || !(error instanceof OffingError) || error.retry === "never") throw error;
        last = error;
        if (attempt < ATTEMPTS) await pause(clock, attempt, signal);
      }
    }
    if (isAway(last) && !giveUp.strike(hash)) throw last;
    giveUp.forget(hash);
    say(LOST, errorFields(last));
    return undefined;
  };
}

type Method = (typeof METHODS)[number];

async function firstSupported(pool: TraceOptions["pool"], signal: AbortSignal): Promise<Method | undefined> {
  for (const method of METHODS) if (await pool.supports(method, signal)) return method;
  return undefined;
}

async function traceOnce(
  { pool, rpc, watch }: TraceOptions,
  { mined, blockHash, method }: TraceWanted & { readonly method: Method },
  signal: AbortSignal,
): Promise<Traced> {
  const { hash } = mined.transaction;
  if (method === "trace_transaction") {
    const read = (result: unknown) => parseFlatTraces(result, watch) ?? [];
    const [root, ...others] = (await pool.ask({ method, params: [hash], aside: true, read }, signal)).result;
    const own = root?.transactionHash === hash && root.blockHash === blockHash && others.length === 0;
    if (own && agrees(root.frame, mined)) return { frame: root.frame, unbound: undefined };
  } else {
    const params = [hash, { tracer: "callTracer", timeout: `${rpc.timeoutMs}ms` }];
    const read = (result: unknown) => parseCallTrace(result, watch);
    const { result: root, provider } = await pool.ask({ method, params, aside: true, read }, signal);
    if (root !== undefined && agrees(root.frame, mined) && gasAgrees(root.gasUsed, mined)) return { frame: root.frame, unbound: provider };
  }
  throw pool.reject("trace_mismatch", "a call trace contradicts its receipt");
}

async function pause(clock: Clock, attempt: number, signal: AbortSignal): Promise<void> {
  await clock.sleep(backoffMs(attempt, BACKOFF), signal);
  signal.throwIfAborted();
}
