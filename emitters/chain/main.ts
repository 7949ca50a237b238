import type { Emitter } from "#core/emitter.ts";
import type { ChainConfig } from "./config.ts";
import type { ChainFact } from "./facts.ts";
import { createGauges } from "./gauges.ts";
import { createInterpret } from "./interpret.ts";
import { widened } from "./labels.ts";
import type { ChainObservation } from "./observation.ts";
import { recordTables } from "./records.ts";
import { METRICS, PROJECTION, signals, zerosOf } from "./signals.ts";
import { chainSource } from "./source.ts";
import type { SourceDeps } from "./source-deps.ts";
import { watchOf } from "./watch.ts";

/** The chain emitter of a configuration, ready for `run`. */
export function chainEmitter(config: ChainConfig, deps: SourceDeps): Emitter<ChainObservation, ChainFact> {
  const labels = widened(METRICS, config);
  return {
    domain: "chain",
    projection: PROJECTION,
    source: chainSource(config, deps),
    interpret: createInterpret(watchOf(config)),
    signals: (stored) => signals(stored).map(labels.signal),
    gauges: createGauges(config),
    zeros: zerosOf(config).map(labels.zero),
    metrics: labels.metrics,
    records: recordTables(config),
  };
}
