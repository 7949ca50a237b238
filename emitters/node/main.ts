import { LOG_LINES, LOSSES, logGaps, logLines, logLost, logOddities, ODDITIES } from "#contract/generated/node.ts";
import type { StreamEmitter } from "#core/stream.ts";
import type { NodeConfig } from "./config.ts";
import { createInterpret } from "./interpret.ts";
import { gauges } from "./measures.ts";
import type { NodeObservation } from "./observation.ts";
import { METRICS, zerosOf } from "./signals.ts";
import { nodeSource, type SourceDeps } from "./source.ts";

/** The node emitter of a configuration, ready for `runStream`. */
export function nodeEmitter(config: NodeConfig, deps: SourceDeps): StreamEmitter<NodeObservation> {
  const { source, onCommitted } = nodeSource(config, deps);
  return {
    domain: "node",
    source,
    onCommitted,
    interpret: createInterpret(config),
    gauges,
    zeros: [
      ...zerosOf(config.names),
      ...LOG_LINES.map((log_line) => logLines.add({ log_line }, 0)),
      ...ODDITIES.map((oddity) => logOddities.add({ oddity }, 0)),
      ...LOSSES.flatMap((loss) => [logGaps.add({ loss }, 0), logLost.add({ loss }, 0)]),
    ],
    metrics: [...METRICS, logLines, logOddities, logGaps, logLost],
  };
}
