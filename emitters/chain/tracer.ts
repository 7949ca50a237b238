import type { Clock } from "#core/clock.ts";
import { OffingError } from "#core/errors.ts";
import { errorFields, type Log, onChange } from "#core/log.ts";
import { backoffMs } from "#core/retry.ts";
import { faultOf } from "#core/rpc/endpoint.ts";
import type { RpcConfig } from "./config.ts";
import { parseFrame } from "./frames.ts";
import type { ChainPool } from "./methods.ts";
import type { Frame, TransactionSeen } from "./observation.ts";

/** A call trace and the endpoint that gave it. */
export interface Traced {
  readonly frame: Frame;
  readonly provider: string;
}

/** What a tracer needs. */
export interface TracerOptions {
  readonly pool: ChainPool;
  readonly rpc: Pick<RpcConfig, "trace" | "timeoutMs">;
  readonly clock: Clock;
  readonly log: Log;
}

type Transaction = Omit<TransactionSeen, "trace">;

const METHOD = "debug_traceTransaction";
const ATTEMPTS = 3;
const STRIKES_KEPT = 1_000;
const BACKOFF = { firstMs: 100, capMs: 1_000 };
const NONE = `no endpoint has ${METHOD}: reasons, swallowed reverts and calls through other contracts are not seen`;
const LOST = "a transaction has no usable trace: its reason and what it called are not known";

/**
 * Makes a function that traces one transaction, or gives undefined when that is not to be had.
 *
 * A trace that contradicts the receipt is asked for again and then done without, and so is one that the node refuses: an old block's state
 * is gone for good. A node that does not answer at all is waited for, by throwing, unless it is this one transaction that it dies of.
 */
export function createTracer({
  pool,
  rpc,
  clock,
  log,
}: TracerOptions): (seen: Transaction, signal: AbortSignal) => Promise<Traced | undefined> {
  const say = onChange(log, "call traces");
  const strikes = new Map<string, number>();
  return async (seen, signal) => {
    if (rpc.trace === "off") return undefined;
    let last: unknown;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      if (!(await pool.supports(METHOD, signal))) {
        say(NONE);
        return undefined;
      }
      try {
        const traced = await traceOnce({ pool, seen, timeoutMs: rpc.timeoutMs }, signal);
        say(undefined);
        strikes.delete(seen.hash);
        return traced;
      } catch (error) {
        if (signal.aborted || !(error instanceof OffingError) || error.retry === "never") throw error;
        last = error;
        if (attempt < ATTEMPTS) await clock.sleep(backoffMs(attempt, BACKOFF), signal);
        signal.throwIfAborted();
      }
    }
    const struck = (strikes.get(seen.hash) ?? 0) + 1;
    if (isAway(last) && struck < ATTEMPTS) {
      // Transactions that a reorg took away are never asked for again.
      if (strikes.size >= STRIKES_KEPT) strikes.clear();
      strikes.set(seen.hash, struck);
      throw last;
    }
    strikes.delete(seen.hash);
    say(LOST, errorFields(last));
    return undefined;
  };
}

interface Wanted {
  readonly pool: ChainPool;
  readonly seen: Transaction;
  readonly timeoutMs: number;
}

async function traceOnce({ pool, seen, timeoutMs }: Wanted, signal: AbortSignal): Promise<Traced> {
  const params = [seen.hash, { tracer: "callTracer", timeout: `${timeoutMs}ms` }];
  const { result, provider } = await pool.ask({ method: METHOD, params, aside: true }, signal);
  const frame = parseFrame(result);
  if (frame !== undefined && agrees(frame, seen)) return { frame, provider };
  throw pool.reject("trace_mismatch", "a call trace contradicts its receipt");
}

/** The root frame must be the transaction, and must have ended as the receipt says: some nodes lose or invent errors. */
function agrees(root: Frame, { from, to, selector, success }: Transaction): boolean {
  const created = to === null;
  const same = created ? root.type.startsWith("CREATE") : root.to === to && root.selector === selector;
  return root.from === from && same && (root.error === null) === success;
}

function isAway(error: unknown): boolean {
  return faultOf(error) === "unreachable" || faultOf(error) === "http_status";
}
