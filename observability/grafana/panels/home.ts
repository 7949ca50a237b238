import { buildInfo, configInfo } from "#contract/generated/shared.ts";
import { historyNow, recentTransitions } from "./alerts.ts";
import { ALERTS_JOB, firing } from "./alerts-series.ts";
import { CHAIN_JOB } from "./chain-series.ts";
import { diskLine } from "./home-disk.ts";
import { emitterLine } from "./home-emitter.ts";
import { nodeLine } from "./home-node.ts";
import { deliveryLine, lossCourseLine, lossLine, queueLine } from "./home-pipeline.ts";
import { dashboard, type Row } from "./layout.ts";
import type { Dashboard } from "./model.ts";
import { selectorOf, sumBy } from "./promql.ts";
import { show } from "./query.ts";
import { bars, type PlaceablePanel, text } from "./toolkit.ts";

/** The uid of the dashboard that Grafana opens with. */
export const HOME_UID = "offing-home";
/** Every emitter's job, and none of the stack's own. */
const JOBS = /offing-.+/;

/** One row for each emitter; a new emitter adds its line here. */
const EMITTER_ROWS: readonly Row[] = [
  { title: "Chain", lines: [emitterLine({ job: CHAIN_JOB, name: "Chain", uid: CHAIN_JOB })] },
  { title: "Nodes", lines: [nodeLine()] },
  { title: "Alert history", lines: [emitterLine({ job: ALERTS_JOB, name: "Alert history", uid: ALERTS_JOB })] },
];

/** The first page: what fires, how each emitter is, and whether the pipeline between them and the backends is sound. */
export function homeDashboard(): Dashboard {
  return dashboard({
    uid: HOME_UID,
    title: "Offing",
    description: "What fires now and what fired lately, one row for each emitter, and the health of the way to Prometheus, Loki and Tempo.",
    tags: ["offing"],
    job: JOBS,
    rows: [
      { title: "What fires", lines: [[firingNow(), recentTransitions()], historyNow()] },
      ...EMITTER_ROWS,
      { title: "The pipeline", lines: [lossLine(), lossCourseLine(), queueLine(), deliveryLine(JOBS)] },
      { title: "The disk", lines: [diskLine(JOBS)] },
      { title: "What runs", lines: [[versions(), configurations()]] },
      { title: "About", lines: [[about()]] },
    ],
  });
}

function firingNow(): PlaceablePanel {
  return bars({
    key: "alerts-firing",
    title: "Firing now",
    description: "What Prometheus finds wrong at this moment, by alert and severity; each name is that of a runbook in docs/runbooks.",
    noData: "nothing fires",
    height: 10,
    queries: [show(sumBy(firing(), ["alertname", "severity", "domain"]), "{{alertname}} {{severity}} {{domain}}")],
  });
}

function versions(): PlaceablePanel {
  return bars({
    key: "versions",
    title: "Versions running",
    description: "Which version each emitter runs. Two for one job means a deploy that is not finished.",
    queries: [show(sumBy(selectorOf({ job: JOBS }).series(buildInfo), ["job", "version"]), "{{job}} {{version}}")],
  });
}

function configurations(): PlaceablePanel {
  return bars({
    key: "configurations",
    title: "Configurations in force",
    description: "The digest of the configuration each emitter runs with, to tell whether two hosts run with the same one.",
    queries: [
      show(
        sumBy(selectorOf({ job: JOBS }).series(configInfo), ["job", "instance", "config_digest"]),
        "{{job}} {{instance}} {{config_digest}}",
      ),
    ],
  });
}

function about(): PlaceablePanel {
  const markdown = [
    "**no data** is not zero: nothing was told. Look at the age at the head of each row first: when it is red, its row shows what was true then.",
    "",
    "- Each emitter's dashboard: the *Offing* menu above, with the same time range.",
    "- Is the whole way sound? `./offing doctor` sends one canary through every hop and names the first broken one.",
    "- Are the numbers right? `./offing reconcile` compares them with the ledger.",
    "- Marks on the time axis: blue is a version that began to report, green a configuration, yellow a drill.",
  ].join("\n");
  return text({
    key: "home-about",
    title: "About this page",
    description: "How to read it, and where to go from here.",
    height: 6,
    markdown,
  });
}
