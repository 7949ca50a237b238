import type { Json } from "#core/fact.ts";

/** Alertmanager reported one alert by webhook; as it came, so that what cannot be read is kept. */
export interface ReportedSeen {
  readonly type: "reported";
  readonly alert: Json;
  readonly atMs: number;
}

/** Alertmanager was asked and listed every alert that fires, silenced and inhibited ones too. */
export interface PolledSeen {
  readonly type: "polled";
  readonly alerts: readonly Json[];
  /** When this Alertmanager started, Unix milliseconds: it forgets alerts when it stops. */
  readonly upSinceMs: number;
  readonly atMs: number;
}

/** Time passed and Alertmanager did not answer. */
export interface TickSeen {
  readonly type: "tick";
  readonly atMs: number;
}

/** Everything the source of the alert history sees. */
export type AlertObservation = ReportedSeen | PolledSeen | TickSeen;
