import { alertsSchema } from "#core/alerts/config.ts";
import type { AlertTransitionFact } from "#core/alerts/facts.ts";
import { alertsEmitter } from "#core/alerts/main.ts";
import type { AlertObservation } from "#core/alerts/observation.ts";
import { type Clock, systemClock } from "#core/clock.ts";
import { type Config, configDigest, ledgerLocation, loadConfig, revealCollector } from "#core/config.ts";
import type { Emitter } from "#core/emitter.ts";
import { type Log, stderrLog } from "#core/log.ts";
import { createMeter } from "#core/meter.ts";
import type { RunOptions } from "#core/run.ts";
import { type ConfigOptions, versionOf } from "./chain-setup.ts";
import { slotOf } from "./slot.ts";

/** The alert history, ready to be run, with the configuration it came from. */
export interface AlertsSetup {
  readonly config: Config<{ alerts: typeof alertsSchema }>;
  readonly emitter: Emitter<AlertObservation, AlertTransitionFact>;
  readonly run: RunOptions<AlertObservation, AlertTransitionFact>;
}

/**
 * Reads the configuration and puts the alert history together; nothing is opened or asked yet.
 *
 * @throws CONFIG_NOT_FOUND, CONFIG_INVALID
 */
export function setUpAlerts({ config: path, set }: ConfigOptions, log: Log = stderrLog, clock: Clock = systemClock): AlertsSetup {
  const config = loadConfig({ path, set, sections: { alerts: alertsSchema } });
  for (const warning of config.warnings) log.warn(warning);
  const meter = createMeter();
  const emitter = alertsEmitter(config.alerts, { meter, clock, log });
  const version = versionOf();
  const run: AlertsSetup["run"] = {
    emitter,
    location: ledgerLocation(config.ledger),
    collector: revealCollector(config.collector),
    http: { host: config.http.host, port: config.http.port, ...(config.http.token && { token: config.http.token.reveal() }) },
    resource: { "service.name": "offing-alerts", "service.version": version, "deployment.environment.name": config.environment },
    slot: slotOf("alerts", config.collector),
    version,
    configDigest: configDigest(config),
    meter,
    clock,
    log,
  };
  return { config, emitter, run };
}
