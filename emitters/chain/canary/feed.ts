import type { Clock } from "#core/clock.ts";
import { OffingError } from "#core/errors.ts";
import { errorFields, type Log, onChange } from "#core/log.ts";
import { Reverted } from "#core/rpc/endpoint.ts";
import type { Seen } from "#core/source.ts";
import type { ReadonlyState } from "#core/state.ts";
import { tipOf } from "../memory.ts";
import type { ChainPool } from "../methods.ts";
import type { CanaryResult, ChainObservation } from "../observation.ts";
import type { CanaryCall, CanaryConfig } from "./config.ts";

/** What a canary needs. */
export interface CanaryOptions {
  readonly canary: CanaryConfig;
  readonly pool: ChainPool;
  readonly state: ReadonlyState;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Makes the feed that simulates each configured call at the newest block, once in its interval and once a block at most; pulled while the
 * head rests. Nothing is sent, and nothing of what the call would change stays.
 *
 * A call that gets no answer is left out: its age tells.
 */
export function createCanary({
  canary,
  pool,
  state,
  clock,
  log,
}: CanaryOptions): (signal: AbortSignal) => AsyncGenerator<readonly Seen<ChainObservation>[], void> {
  const { calls, intervalMs } = canary;
  const say = onChange(log, "canary");
  let lastMs = Number.NEGATIVE_INFINITY;
  let lastHash = "";
  return async function* (signal) {
    const tip = tipOf(state);
    const atMs = clock.nowMs();
    if (calls.length === 0 || tip === undefined || tip.hash === lastHash || atMs - lastMs < intervalMs) return;
    const { number, hash, timeMs } = tip;
    lastMs = atMs;
    lastHash = hash;
    const answers = await Promise.all(calls.map((call) => answerOf(pool, { call, hash, say }, signal)));
    const results = answers.filter((answer) => answer !== undefined);
    if (results.length === calls.length) say(undefined);
    if (results.length > 0) yield [{ feed: "canary", observation: { type: "canary", atMs, number, hash, timeMs, results } }];
  };
}

interface Asked {
  readonly call: CanaryCall;
  readonly hash: string;
  readonly say: ReturnType<typeof onChange>;
}

async function answerOf(pool: ChainPool, { call, hash, say }: Asked, signal: AbortSignal): Promise<CanaryResult | undefined> {
  const { contract, action, from, to, data, value, overrides } = call;
  const params = [{ from, to, data, value }, { blockHash: hash }, overrides];
  try {
    const { result } = await pool.ask({ method: "eth_call", params, mayRevert: true, aside: true }, signal);
    return { contract, action, reverted: result instanceof Reverted ? result.data : null };
  } catch (error) {
    if (signal.aborted || !(error instanceof OffingError) || error.retry === "never") throw error;
    say("a call cannot be simulated at the head", { action, ...errorFields(error) });
    return undefined;
  }
}
