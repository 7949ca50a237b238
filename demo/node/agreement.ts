import { queryPrometheus } from "#core/backends.ts";
import type { StackEndpoints } from "../../stack/state.ts";
import { spanTrees } from "./span-trees.ts";

/** What one telling says of one series or tree, beside the other. */
export interface Compared {
  readonly what: string;
  readonly library: number | undefined;
  readonly log: number | undefined;
}

/** Whether the two tellings of one node agree. */
export interface Agreement {
  readonly series: readonly Compared[];
  /** Undefined where a Tempo keeps the spans: it answers by id, not with everything. */
  readonly trees: readonly Compared[] | undefined;
}

/** The service names of the two tellings. */
export const LIBRARY_JOB = "example-node";
export const LOG_JOB = "example-node-log";

/** Compares every count, and every gauge that does not tell a time, and every span tree. */
export async function compareTellings({ prometheus, tracesFile }: StackEndpoints): Promise<Agreement> {
  const [library, log] = await Promise.all([seriesOf(prometheus, LIBRARY_JOB), seriesOf(prometheus, LOG_JOB)]);
  return {
    series: paired(library, log),
    trees: tracesFile === null ? undefined : paired(counted(spanTrees(tracesFile, LIBRARY_JOB)), counted(spanTrees(tracesFile, LOG_JOB))),
  };
}

/** Whether every line is the same on both sides, and there are any. */
export function agrees({ series, trees }: Agreement): boolean {
  const same = (lines: readonly Compared[]): boolean => lines.length > 0 && lines.every(({ library, log }) => library === log);
  return same(series) && (trees === undefined || same(trees));
}

/** Lengths differ between two runs of anything, so only how many there were is compared. */
const QUERY = '{__name__=~"node_.+|offing_node_peers",__name__!~".+_(bucket|sum)|node_sync_last_success_unix",job="JOB"}';
const STANDING = new Set(["__name__", "job", "instance", "service_name", "deployment_environment_name", "offing_network"]);

async function seriesOf(prometheus: string, job: string): Promise<ReadonlyMap<string, number>> {
  const samples = await queryPrometheus(prometheus, QUERY.replace("JOB", job));
  return new Map(
    samples.map(({ labels, value }) => {
      const own = Object.entries(labels).filter(([key]) => !STANDING.has(key));
      return [
        `${labels["__name__"]} ${own
          .map(([key, text]) => `${key}=${text}`)
          .sort()
          .join(" ")}`.trim(),
        value,
      ];
    }),
  );
}

function counted(texts: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}

function paired(library: ReadonlyMap<string, number>, log: ReadonlyMap<string, number>): readonly Compared[] {
  return [...new Set([...library.keys(), ...log.keys()])].sort().map((what) => ({ what, library: library.get(what), log: log.get(what) }));
}
