import { setTimeout as sleepFor } from "node:timers/promises";

/** The only way to the wall clock; `interpret` and `signals` have none. */
export interface Clock {
  /** Unix milliseconds. */
  readonly nowMs: () => number;
  /** Resolves after `durationMs`, or at once when `signal` aborts; never rejects. */
  readonly sleep: (durationMs: number, signal?: AbortSignal) => Promise<void>;
}

/** The machine's clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  sleep: async (durationMs, signal) => {
    try {
      await sleepFor(durationMs, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      // An abort ends the sleep early; the caller looks at its signal.
      if (signal?.aborted !== true) throw error;
    }
  },
};
