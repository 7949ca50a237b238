import type { Clock } from "#core/clock.ts";
import { OffingError } from "#core/errors.ts";

/** How long to wait between tries. */
export interface Backoff {
  readonly firstMs: number;
  readonly capMs: number;
}

/** The wait before try number `attempt` (from 1): doubled each time up to the cap, half of it random so that many callers spread out. */
export function backoffMs(attempt: number, { firstMs, capMs }: Backoff): number {
  const fullMs = Math.min(capMs, firstMs * 2 ** Math.min(attempt - 1, 30));
  return fullMs / 2 + (Math.random() * fullMs) / 2;
}

/** What `retry` needs besides the work. */
export interface RetryOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly backoff: Backoff;
  /** Called before each wait. */
  readonly onRetry?: (error: unknown, attempt: number) => void;
}

/**
 * Does `work` until it succeeds, as long as its errors say that a retry can help.
 *
 * @throws the last error when it says `retry: "never"`, is no OffingError, or when `signal` aborts
 */
export async function retry<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const mayHelp = error instanceof OffingError && error.retry === "later";
      if (!mayHelp || options.signal.aborted) throw error;
      options.onRetry?.(error, attempt);
      await options.clock.sleep(backoffMs(attempt, options.backoff), options.signal);
      if (options.signal.aborted) throw error;
    }
  }
}
