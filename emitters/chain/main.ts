import type { Emitter } from "#core/emitter.ts";
import type { ChainConfig } from "./config.ts";
import type { ChainFact } from "./facts.ts";
import { createGauges } from "./gauges.ts";
import { createInterpret } from "./interpret.ts";
import type { ChainObservation } from "./observation.ts";
import { recordTables } from "./records.ts";
import { METRICS, PROJECTION, signals, zerosOf } from "./signals.ts";
import { chainSource, type SourceDeps } from "./source.ts";
import { watchOf } from "./watch.ts";

/** The chain emitter of a configuration, ready for `run`. */
export function chainEmitter(config: ChainConfig, deps: SourceDeps): Emitter<ChainObservation, ChainFact> {
  return {
    domain: "chain",
    projection: PROJECTION,
    source: chainSource(config, deps),
    interpret: createInterpret(watchOf(config)),
    signals,
    gauges: createGauges(config),
    zeros: zerosOf(config),
    metrics: METRICS,
    records: recordTables(config),
  };
}
