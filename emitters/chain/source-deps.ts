import type { Clock } from "#core/clock.ts";
import type { Log } from "#core/log.ts";
import type { Meter } from "#core/meter.ts";

/** What the source shares with the rest of the process. */
export interface SourceDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
}
