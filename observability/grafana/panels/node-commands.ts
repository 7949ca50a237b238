import { commandSpan, logEvent, nodeCommand, nodeCommandDuration } from "#contract/generated/node.ts";
import { nodeLines, nodeSeries, nodeTraces, WINDOW } from "./node-series.ts";
import { quantile, rate, ratio, sumBy, type Vector } from "./promql.ts";
import { show } from "./query.ts";
import { logs, type PlaceablePanel, stat, timeseries, traces } from "./toolkit.ts";

const { series, histogram } = nodeSeries;

/** Each command's share of failures; what NodeCommandsFailing reads. */
export function commandFailures(): PlaceablePanel {
  const by = ["job", "instance", "command"] as const;
  const failed = sumBy(rate(series(nodeCommand, { status: "failed" }), WINDOW), by);
  return timeseries({
    key: "node-command-failures",
    title: "Command error ratio",
    description: "Which command fails, and how much of it: failed of all that ended, over five minutes. Nothing while none ends.",
    alert: "NodeCommandsFailing",
    queries: [show(ratio(failed, sumBy(rate(series(nodeCommand), WINDOW), by)), "{{instance}} {{command}}")],
  });
}

/** How fast the objective of 99 % is used up; what NodeCommandBudgetBurning reads. */
export function commandBudget(): PlaceablePanel {
  const by = ["job", "instance"] as const;
  const failed = sumBy(rate(series(nodeCommand, { status: "failed" }), "1h"), by);
  return stat({
    key: "node-command-budget",
    title: "Failures of the last hour",
    description:
      "Whether the objective holds that 99 of 100 commands end well: the share that failed within an hour. At 0.144 a month's allowance is gone in two days.",
    alert: "NodeCommandBudgetBurning",
    queries: [show(ratio(failed, sumBy(rate(series(nodeCommand), "1h"), by)), "{{job}} {{instance}}")],
  });
}

/** The seed's throughput and latency. */
export function commandCourse(): PlaceablePanel[] {
  const latency = (share: number): Vector<"job" | "instance" | "command"> =>
    quantile(share, { buckets: histogram(nodeCommandDuration, "bucket"), unit: "s", range: WINDOW, by: ["job", "instance", "command"] });
  return [
    timeseries({
      key: "node-command-throughput",
      title: "Command throughput",
      description: "What the node is asked to do: commands that end a second, by command and how they end.",
      queries: [show(sumBy(rate(series(nodeCommand), WINDOW), ["command", "status"]), "{{command}} {{status}}")],
    }),
    timeseries({
      key: "node-command-latency",
      title: "Command latency, p99",
      description: "How long the slowest of a hundred commands takes. It has the alert; p95 stands beside it.",
      alert: "NodeCommandsSlow",
      queries: [show(latency(0.99), "p99 {{instance}} {{command}}")],
    }),
    timeseries({
      key: "node-command-latency-95",
      title: "Command latency, p95",
      description: "How long commands take but for the slowest twentieth: what most callers meet.",
      queries: [show(latency(0.95), "p95 {{instance}} {{command}}")],
    }),
  ];
}

/** The single cases behind the numbers. */
export function commandEvidence(): PlaceablePanel[][] {
  return [
    [
      logs({
        key: "node-log",
        title: "The node's log",
        description: "The lines of the chosen nodes. Open one: `trace_id` leads to the trace it was written in.",
        logs: nodeLines.lines([logEvent]),
      }),
    ],
    [
      traces({
        key: "node-failed-commands",
        title: "Commands that failed of late",
        description: "One trace a command or operation. Open one to see at which stage, query or peer it went wrong.",
        traces: nodeTraces.traces([commandSpan], { status: "failed" }),
      }),
    ],
  ];
}
