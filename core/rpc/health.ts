import type { Fence } from "#contract/generated/shared.ts";
import type { Backoff } from "#core/retry.ts";

/** What is known of how an endpoint fares; all times in Unix milliseconds. */
export interface Health {
  /** Faults since the last answer that could be used. */
  readonly failuresInARow: number;
  /** Not asked before. */
  readonly restUntilMs: number;
  readonly hardFence: { readonly fence: Extract<Fence, "wrong_chain" | "finalized_backwards">; readonly untilMs: number } | undefined;
  readonly latencyMs: number | undefined;
  readonly errorRatio: number;
  readonly wellSinceMs: number | undefined;
  readonly head: number | undefined;
  /** Below the best head that was asked for at the same time. */
  readonly lagBlocks: number | undefined;
  readonly finalized: number | undefined;
}

/** Before anything was asked. */
export const UNTRIED: Health = {
  failuresInARow: 0,
  restUntilMs: 0,
  hardFence: undefined,
  latencyMs: undefined,
  errorRatio: 0,
  wellSinceMs: undefined,
  head: undefined,
  lagBlocks: undefined,
  finalized: undefined,
};

/** So many faults in a row open the circuit. */
const STRIKES = 5;
const REST: Backoff = { firstMs: 500, capMs: 30_000 };
const LONGEST_REST_MS = 5 * 60_000;
/** An endpoint whose finality went backwards, or that served another chain, is looked at again after so long. */
export const FENCE_MS = 60_000;
const WEIGHT = 0.2;

/** After an answer that could be used. */
export function afterAnswer(health: Health, { latencyMs, nowMs }: { readonly latencyMs: number; readonly nowMs: number }): Health {
  return {
    ...health,
    failuresInARow: 0,
    restUntilMs: 0,
    latencyMs: health.latencyMs === undefined ? latencyMs : health.latencyMs * (1 - WEIGHT) + latencyMs * WEIGHT,
    errorRatio: health.errorRatio * (1 - WEIGHT),
    wellSinceMs: health.wellSinceMs ?? nowMs,
  };
}

/** A fault and what the endpoint asked for. */
export interface Blow {
  readonly nowMs: number;
  /** It cannot be reached, or is overloaded: what else it is asked would fare no better. */
  readonly isAway: boolean;
  readonly retryAfterMs: number | undefined;
}

/**
 * After a fault: several in a row of an endpoint that is away let it rest, longer each time, and it always rests for as long as it asks.
 */
export function afterFault(health: Health, { nowMs, isAway, retryAfterMs }: Blow): Health {
  // What was on its way when the circuit opened says nothing new.
  const counts = isAway && health.restUntilMs <= nowMs;
  const failuresInARow = counts ? health.failuresInARow + 1 : health.failuresInARow;
  const opened = counts && failuresInARow >= STRIKES;
  const restMs = opened ? Math.min(REST.capMs, REST.firstMs * 2 ** Math.min(failuresInARow - STRIKES, 20)) : 0;
  const askedMs = Math.min(LONGEST_REST_MS, retryAfterMs ?? 0);
  return {
    ...health,
    failuresInARow,
    restUntilMs: Math.max(health.restUntilMs, nowMs + Math.max(restMs, askedMs)),
    errorRatio: health.errorRatio * (1 - WEIGHT) + WEIGHT,
    wellSinceMs: undefined,
  };
}

/** The fence that holds now, the hardest first. */
export function fenceOf(health: Health, { nowMs, isBehind }: { readonly nowMs: number; readonly isBehind: boolean }): Fence | null {
  if (health.hardFence !== undefined && health.hardFence.untilMs > nowMs) return health.hardFence.fence;
  if (health.restUntilMs > nowMs) return "resting";
  return isBehind ? "behind" : null;
}

/** How long an endpoint asks to be left alone: seconds, or a date. @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after */
export function parseRetryAfter(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  const seconds = /^\d+$/.test(text.trim()) ? Number(text) : (Date.parse(text) - nowMs) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds * 1000) : undefined;
}
