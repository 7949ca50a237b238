import type { Clock } from "#core/clock.ts";
import type { Emitter } from "#core/emitter.ts";
import type { Log } from "#core/log.ts";
import type { Meter } from "#core/meter.ts";
import type { AlertsConfig } from "./config.ts";
import type { AlertTransitionFact } from "./facts.ts";
import { createIntake } from "./intake.ts";
import { createInterpret } from "./interpret.ts";
import type { AlertObservation } from "./observation.ts";
import { RECORDS } from "./records.ts";
import { gauges, METRICS, PROJECTION, signals, ZEROS } from "./signals.ts";
import { alertSource } from "./source.ts";

/** The alert history of a configuration, ready for `run`: an emitter like every other whose world is Alertmanager. */
export function alertsEmitter(
  config: AlertsConfig,
  deps: { readonly clock: Clock; readonly log: Log; readonly meter: Meter },
): Emitter<AlertObservation, AlertTransitionFact> {
  const intake = createIntake(deps);
  return {
    domain: "alerts",
    projection: PROJECTION,
    source: alertSource({ ...config, intake, ...deps }),
    intake,
    interpret: createInterpret(config),
    signals,
    gauges,
    zeros: ZEROS,
    metrics: METRICS,
    records: RECORDS,
  };
}
