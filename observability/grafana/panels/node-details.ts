import { otelcolSpansDuration } from "#contract/generated/collector.ts";
import {
  networkSpan,
  nodeNetworkRequestDuration,
  nodeNetworkRequests,
  nodeOperation,
  nodeOperationDuration,
  nodeRepositoryQueryDuration,
  nodeSyncKcProcessed,
  nodeSyncQueueDepth,
  nodeSyncStageDuration,
  nodeTaskNextDelay,
  nodeTripleStoreQueryDuration,
  operationSpan,
  peers,
  repositorySpan,
  syncStageSpan,
  tripleStoreSpan,
} from "#contract/generated/node.ts";
import type { Histogram, Labels } from "#core/signal.ts";
import type { Dashboard } from "./model.ts";
import { syncHeartbeat } from "./node-overview.ts";
import { nodeAge, nodeDashboard, nodeSeries, nodeTraces, WINDOW } from "./node-series.ts";
import { increaseWithBirth, maxBy, quantile, rate, ratio, sumBy, type Vector } from "./promql.ts";
import { show } from "./query.ts";
import { type PlaceablePanel, timeseries, traces } from "./toolkit.ts";

const { series, histogram } = nodeSeries;

/** Operations by kind. @see seed 002, section 10.2 */
export function operationsDashboard(): Dashboard {
  const failed = sumBy(rate(series(nodeOperation, { status: "failed" }), WINDOW), ["kind"]);
  return nodeDashboard({
    uid: "node-operations",
    title: "Node: operations",
    description: "What becomes of operations, across processes and messages: how many, how they end, and how long they take.",
    rows: [
      {
        title: "Operations",
        lines: [
          [
            timeseries({
              key: "node-operation-rate",
              title: "Operations that end",
              description: "How much is done: operations that end a second, by kind and status.",
              queries: [show(sumBy(rate(series(nodeOperation), WINDOW), ["kind", "status"]), "{{kind}} {{status}}")],
            }),
            timeseries({
              key: "node-operation-failures",
              title: "Operation error ratio",
              description: "Which kind fails: failed of all that ended, over five minutes.",
              queries: [show(ratio(failed, sumBy(rate(series(nodeOperation), WINDOW), ["kind"])), "{{kind}}")],
            }),
          ],
          latencies("node-operation-latency", nodeOperationDuration, "kind"),
        ],
      },
      {
        title: "Traces",
        lines: [[spanDurations()], [latest("node-operation-traces", "Operations of late", nodeTraces.traces([operationSpan]))]],
      },
    ],
  });
}

/** The sync pipeline from its queue to its last stage. */
export function syncPipelineDashboard(): Dashboard {
  return nodeDashboard({
    uid: "node-sync-pipeline",
    title: "Node: sync pipeline",
    description: "Whether the node keeps level with the chain, and which stage holds it up.",
    rows: [
      { title: "Is it level?", lines: [[syncHeartbeat(), nodeAge("the sync")]] },
      {
        title: "Backlog",
        lines: [
          [
            timeseries({
              key: "node-sync-queue",
              title: "Waiting for each stage",
              description: "What waits before a stage. The stage behind a growing queue is the bottleneck.",
              alert: "NodeSyncBacklog",
              queries: [show(series(nodeSyncQueueDepth), "{{instance}} {{stage}}")],
            }),
            timeseries({
              key: "node-sync-processed",
              title: "Knowledge collections processed",
              description: "What each stage did, a second, by result. Retries without `processed` beside them are a stage that stands.",
              queries: [show(sumBy(rate(series(nodeSyncKcProcessed), WINDOW), ["stage", "result"]), "{{stage}} {{result}}")],
            }),
          ],
        ],
      },
      {
        title: "Stages",
        lines: [
          latencies("node-sync-latency", nodeSyncStageDuration, "stage"),
          [
            ended("node-sync-ended", "Batches by how they ended", nodeSyncStageDuration, ["stage", "status"]),
            timeseries({
              key: "node-next-delay",
              title: "Wait before the next run",
              description: "How long each task will wait: a back-off that grows is a task that keeps failing.",
              queries: [show(maxBy(series(nodeTaskNextDelay), ["task"]), "{{task}}")],
            }),
          ],
        ],
      },
      { title: "Traces", lines: [[latest("node-sync-traces", "Batches of late", nodeTraces.traces([syncStageSpan]))]] },
    ],
  });
}

/** What the node asks of others and of its stores. */
export function networkAndStorageDashboard(): Dashboard {
  const requests = sumBy(rate(series(nodeNetworkRequests), WINDOW), ["protocol", "outcome"]);
  return nodeDashboard({
    uid: "node-network-and-storage",
    title: "Node: network and storage",
    description: "How peers and chain endpoints answer, and what the repository and the triple store cost.",
    rows: [
      {
        title: "Network",
        lines: [
          [
            timeseries({
              key: "node-requests",
              title: "Requests by outcome",
              description: "What the node asks of peers and chains, a second. `refused` and `timeout` are the other side's trouble.",
              queries: [show(requests, "{{protocol}} {{outcome}}")],
            }),
            timeseries({
              key: "node-peers",
              title: "Peers",
              description: "How many peers the node is connected to.",
              queries: [show(series(peers), "{{instance}}")],
            }),
          ],
          latencies("node-request-latency", nodeNetworkRequestDuration, "protocol"),
        ],
      },
      {
        title: "Repository",
        lines: [
          [ended("node-repository-ended", "Queries by how they ended", nodeRepositoryQueryDuration, ["query", "status"])],
          latencies("node-repository-latency", nodeRepositoryQueryDuration, "query"),
        ],
      },
      {
        title: "Triple store",
        lines: [
          [ended("node-triples-ended", "Triple-store queries by how they ended", nodeTripleStoreQueryDuration, ["type", "status"])],
          latencies("node-triples-latency", nodeTripleStoreQueryDuration, "type"),
        ],
      },
      {
        title: "Traces",
        lines: [
          [latest("node-io-traces", "Requests and queries of late", nodeTraces.traces([networkSpan, repositorySpan, tripleStoreSpan]))],
        ],
      },
    ],
  });
}

/** The median and the 99th percentile side by side. */
function latencies<L extends Labels>(key: string, metric: Histogram<L>, label: Extract<keyof L, string>): PlaceablePanel[] {
  const at = (share: number): Vector<string> =>
    quantile(share, { buckets: histogram(metric, "bucket") as Vector<string>, unit: "s", range: WINDOW, by: [label] });
  const panel = (share: number, name: string): PlaceablePanel =>
    timeseries({
      key: `${key}-${name}`,
      title: `${metric.prometheus.replace(/^node_|_duration_seconds$/gu, "").replaceAll("_", " ")} duration, ${name}`,
      description: name === "p50" ? "How long it usually takes." : "How long the slowest of a hundred takes.",
      queries: [show(at(share), `${name} {{${label}}}` as string)],
    });
  return [panel(0.5, "p50"), panel(0.99, "p99")];
}

/** By the spans themselves, for the traces behind a slow one; how much there was of each the node's own counters say. */
function spanDurations(): PlaceablePanel {
  // A series is born with the first span of its kind, which a rate would not see.
  const grown = increaseWithBirth(histogram(otelcolSpansDuration, "bucket"), "5m");
  const slowest: Vector<"span.name"> = {
    promql: `histogram_quantile(0.99, sum by (le, span_name) (${grown.promql}))`,
    unit: "s",
    labels: ["span.name"],
  };
  return timeseries({
    key: "node-span-durations",
    title: "Spans, p99, with their traces",
    description: "Which kind of work became slow. Each diamond is one span: open it for its trace. Spans that came twice count twice.",
    queries: [show(slowest, "{{span_name}}", { exemplars: true })],
  });
}

/** How often each ended in which way, a second, from a histogram's count. */
function ended<L extends Labels>(
  key: string,
  title: string,
  metric: Histogram<L>,
  by: readonly Extract<keyof L, string>[],
): PlaceablePanel {
  const count = rate(histogram(metric, "count") as Vector<string>, WINDOW);
  return timeseries({
    key,
    title,
    description: "How many ended a second, and how. Failures here stand behind failures of commands and tasks.",
    queries: [show(sumBy(count, by), by.map((label) => `{{${label}}}`).join(" ") as string)],
  });
}

function latest(key: string, title: string, found: ReturnType<typeof nodeTraces.traces>): PlaceablePanel {
  return traces({ key, title, description: "Open one to see where its time went. Tempo searches by arrival.", traces: found });
}
