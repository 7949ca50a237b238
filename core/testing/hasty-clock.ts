import { type Clock, systemClock } from "#core/clock.ts";

/** Waits a tenth as long as it is told to, so that a back-off of seconds is lived through in a moment. */
export const hastyClock: Clock = {
  nowMs: systemClock.nowMs,
  sleep: (durationMs, signal) => systemClock.sleep(durationMs / 10, signal),
};
