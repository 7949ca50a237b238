import { logGaps, logLines, logLost, logOddities, logOpen, logUnread } from "#contract/generated/node.ts";
import type { Row } from "./layout.ts";
import { nodeSeries, WINDOW } from "./node-series.ts";
import { increase, rate, ratio, sumBy } from "./promql.ts";
import { show } from "./query.ts";
import { type PlaceablePanel, timeseries } from "./toolkit.ts";

const { series } = nodeSeries;
const NODE = ["job", "instance"] as const;

/** For nodes that are read by their log: whether it is read in time, in full, and as what it is. */
export function logRows(): Row[] {
  return [
    { title: "Is its log read? (empty for a node with the library)", lines: [alerting()] },
    { title: "Reading the log", collapsed: true, lines: [lines(), course()] },
  ];
}

function alerting(): PlaceablePanel[] {
  const unreadable = sumBy(rate(series(logLines, { log_line: ["not_json", "too_long"] }), WINDOW), NODE);
  return [
    timeseries({
      key: "node-log-unreadable",
      title: "Lines that are no record",
      description: "How much of the log is no JSON or too long to be read: it is passed on as text and counts as nothing.",
      alert: "NodeLogUnreadable",
      queries: [show(ratio(unreadable, sumBy(rate(series(logLines), WINDOW), NODE)), "{{job}} {{instance}}")],
    }),
    timeseries({
      key: "node-log-unmapped",
      title: "Lines that count as nothing, within a quarter of an hour",
      description: "Lines that tell of no activity. That is most of any log; with no others beside them the mapping does not fit.",
      alert: "NodeLogUnmapped",
      queries: [show(sumBy(increase(series(logLines, { log_line: { not: "activity" } }), "15m"), NODE), "{{job}} {{instance}}")],
    }),
    timeseries({
      key: "node-log-gaps",
      title: "Parts of the log lost within an hour",
      description: "How often a part of the log was gone before it was read.",
      alert: "NodeLogLost",
      queries: [show(sumBy(increase(series(logGaps), "1h"), [...NODE, "loss"]), "{{instance}} {{loss}}")],
    }),
  ];
}

function lines(): PlaceablePanel[] {
  return [
    timeseries({
      key: "node-log-lines",
      title: "Lines read",
      description: "Lines a second by what they were; `activity` are those that count.",
      queries: [show(sumBy(rate(series(logLines), WINDOW), ["log_line"]), "{{log_line}}")],
    }),
    timeseries({
      key: "node-log-lost",
      title: "Bytes lost within an hour",
      description: "What is known to have rotated or been cut away before it was read; at least so much.",
      queries: [show(sumBy(increase(series(logLost), "1h"), ["loss"]), "{{loss}}")],
    }),
    timeseries({
      key: "node-log-unread",
      title: "Not yet read",
      description: "Bytes written and not yet read. It grows while the Collector is away, and shrinks afterwards.",
      queries: [show(series(logUnread), "{{instance}}")],
    }),
  ];
}

function course(): PlaceablePanel[] {
  return [
    timeseries({
      key: "node-log-odd",
      title: "Oddities within an hour",
      description: "What was odd in the log and was read all the same.",
      queries: [show(sumBy(increase(series(logOddities), "1h"), ["oddity"]), "{{oddity}}")],
    }),
    timeseries({
      key: "node-log-open",
      title: "Activities begun and not ended",
      description: "What the log says has begun and not that it ended.",
      queries: [show(series(logOpen), "{{instance}}")],
    }),
  ];
}
