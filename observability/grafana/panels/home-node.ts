import { nodeCommand, peers, startTimestamp, telemetryDropped } from "#contract/generated/node.ts";
import type { DataLink } from "./model.ts";
import { sinceLastSync } from "./node-overview.ts";
import { increase, sampleAge, selectorOf, sumBy } from "./promql.ts";
import { show } from "./query.ts";
import { type PlaceablePanel, stat } from "./toolkit.ts";

const select = selectorOf({ job: /.+/ });
const links: readonly DataLink[] = [{ title: "Nodes in full", url: `/d/node-overview?\${__url_time_range}`, targetBlank: false }];

/** All nodes on the home dashboard: alive, level with the chain, not alone, and telling everything. */
export function nodeLine(): PlaceablePanel[] {
  const { series } = select;
  return [
    stat({
      key: "home-node-age",
      title: "Node: last report",
      description: "Whether this row is of now: seconds since each node's metrics last arrived, looked for within an hour.",
      alert: "NodeSilent",
      links,
      queries: [show(sampleAge(series(startTimestamp)), "{{job}} {{instance}}")],
    }),
    stat({
      key: "home-node-sync",
      title: "Node: since the last successful sync",
      description: "Whether each node keeps level with the chain.",
      alert: "NodeSyncNoProgress",
      links,
      queries: [show(sinceLastSync(select), "{{job}} {{instance}}")],
    }),
    stat({
      key: "home-node-failed",
      title: "Node: commands failed within the hour",
      description: "How many commands ended with an error.",
      links,
      queries: [show(sumBy(increase(series(nodeCommand, { status: "failed" }), "1h"), ["job", "instance"]), "{{job}} {{instance}}")],
    }),
    stat({
      key: "home-node-peers",
      title: "Node: peers",
      description: "How many peers each node is connected to. At 0 it can neither publish nor sync.",
      links,
      queries: [show(series(peers), "{{job}} {{instance}}")],
    }),
    stat({
      key: "home-node-dropped",
      title: "Node: telemetry dropped within the hour",
      description: "What the library or the log emitter gave up, so that the node was never slowed. Its counts are then too low.",
      links,
      queries: [show(sumBy(increase(series(telemetryDropped), "1h"), ["job", "instance"]), "{{job}} {{instance}}")],
    }),
  ];
}
