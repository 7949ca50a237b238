import { dirname, resolve } from "node:path";
import { type Clock, systemClock } from "#core/clock.ts";
import { type Config, configDigest, ledgerLocation, loadConfig, revealCollector } from "#core/config.ts";
import { type Log, stderrLog } from "#core/log.ts";
import { createMeter } from "#core/meter.ts";
import type { RunStreamOptions } from "#core/run-stream.ts";
import { nodeSchemaIn } from "../emitters/node/config.ts";
import { nodeEmitter } from "../emitters/node/main.ts";
import type { NodeObservation } from "../emitters/node/observation.ts";
import { type ConfigOptions, versionOf } from "./chain-setup.ts";
import { slotOf } from "./slot.ts";

/** The node emitter, ready to be run, with the configuration it came from. */
export interface NodeSetup {
  readonly config: Config<{ node: ReturnType<typeof nodeSchemaIn> }>;
  readonly run: RunStreamOptions<NodeObservation>;
}

/**
 * Reads the configuration and puts the node emitter together; nothing is opened or read yet.
 *
 * @throws CONFIG_NOT_FOUND, CONFIG_INVALID
 */
export function setUpNode({ config: path, set }: ConfigOptions, log: Log = stderrLog, clock: Clock = systemClock): NodeSetup {
  const folder = dirname(resolve(path));
  const config = loadConfig({ path, set, sections: { node: nodeSchemaIn(folder) } });
  for (const warning of config.warnings) log.warn(warning);
  const { node, ledger, collector, http, environment } = config;
  const version = versionOf();
  const spoolFolder = "sqlite" in ledger ? `${ledger.sqlite}-spool` : resolve(folder, "data/node-spool");
  const run: NodeSetup["run"] = {
    emitter: nodeEmitter(node, { clock, log, stdin: process.stdin, spoolFolder }),
    location: ledgerLocation(ledger),
    collector: revealCollector(collector),
    http: { host: http.host, port: http.port, ...(http.token && { token: http.token.reveal() }) },
    resource: { "service.name": node.serviceName, "deployment.environment.name": environment },
    slot: slotOf("node", collector),
    version,
    configDigest: configDigest(config),
    meter: createMeter(),
    clock,
    log,
  };
  return { config, run };
}
