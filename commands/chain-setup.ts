import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { type Clock, systemClock } from "#core/clock.ts";
import { type Config, configDigest, ledgerLocation, loadConfig, revealCollector } from "#core/config.ts";
import type { Emitter } from "#core/emitter.ts";
import { type Log, stderrLog } from "#core/log.ts";
import { createMeter } from "#core/meter.ts";
import type { RunOptions } from "#core/run.ts";
import { type ChainConfig, chainSchemaIn } from "../emitters/chain/config.ts";
import type { ChainFact } from "../emitters/chain/facts.ts";
import { chainEmitter } from "../emitters/chain/main.ts";
import type { ChainObservation } from "../emitters/chain/observation.ts";
import { slotOf } from "./slot.ts";

/** The options every command with a configuration has. */
export interface ConfigOptions {
  readonly config: string;
  /** `key.path=value` texts set over the file. */
  readonly set: readonly string[];
}

/** The chain emitter, ready to be run, with the configuration it came from. */
export interface ChainSetup {
  readonly config: Config<{ chain: ReturnType<typeof chainSchemaIn> }>;
  readonly emitter: Emitter<ChainObservation, ChainFact>;
  readonly run: RunOptions<ChainObservation, ChainFact>;
}

/**
 * Reads the configuration and puts the chain emitter together; nothing is opened or asked yet.
 *
 * @throws CONFIG_NOT_FOUND, CONFIG_INVALID
 */
export function setUpChain({ config: path, set }: ConfigOptions, log: Log = stderrLog, clock: Clock = systemClock): ChainSetup {
  const config = loadConfig({ path, set, sections: { chain: chainSchemaIn(dirname(resolve(path))) } });
  for (const warning of config.warnings) log.warn(warning);
  const chain: ChainConfig = config.chain;
  const meter = createMeter();
  const emitter = chainEmitter(chain, { meter, clock, log });
  const version = versionOf();
  const run: ChainSetup["run"] = {
    emitter,
    location: ledgerLocation(config.ledger),
    collector: revealCollector(config.collector),
    http: { host: config.http.host, port: config.http.port, ...(config.http.token && { token: config.http.token.reveal() }) },
    resource: {
      "service.name": "offing-chain",
      "service.version": version,
      "deployment.environment.name": config.environment,
      "offing.network": chain.network,
    },
    slot: slotOf("chain", config.collector),
    version,
    configDigest: configDigest(config),
    meter,
    clock,
    log,
  };
  return { config, emitter, run };
}

/** The version of this checkout. */
export function versionOf(): string {
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };
  return version;
}
