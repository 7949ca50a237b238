import { checkedTimestamp, open, reportedTimestamp, transitions } from "#contract/generated/alerts.ts";
import { type AlertSeverity, alertTransitionEvent } from "#contract/generated/shared.ts";
import { ALERTS_JOB, firing } from "./alerts-series.ts";
import { dashboard, sectionRows } from "./layout.ts";
import { lineSelectorOf } from "./logql.ts";
import type { Dashboard } from "./model.ts";
import { increase, lastOver, type Selector, secondsSince, selectorOf, sumBy } from "./promql.ts";
import { show } from "./query.ts";
import { figuresAge, sharedPanels } from "./shared.ts";
import { logs, type PlaceablePanel, stat, text, timeseries } from "./toolkit.ts";

const LEDGER_VARIABLE = "ledger";
const SEVERITY_COLORS: Readonly<Record<AlertSeverity, string>> = { critical: "red", warning: "orange", info: "blue", unknown: "gray" };
const { lines } = lineSelectorOf({ job: ALERTS_JOB, recordLabel: "alerts_fact_id" });
const ofAll = selectorOf({ job: ALERTS_JOB });
const ofChosen = selectorOf({ job: ALERTS_JOB, ledgerVariable: LEDGER_VARIABLE });

/** The dashboard of the alert history: what fired and when, how restless the alerts are, and whether the history can be trusted. */
export function alertsDashboard(): Dashboard {
  const shared = sharedPanels(ofChosen);
  return dashboard({
    uid: ALERTS_JOB,
    title: "Alert history",
    description: "What fired and when, how often each severity begins and ends, and whether Alertmanager still tells the history.",
    tags: ["offing", "emitter", "alerts"],
    ledgers: { variable: LEDGER_VARIABLE, query: `label_values(offing_ledger_cursor{job="${ALERTS_JOB}"}, instance)` },
    rows: sectionRows({
      now: [historyNow(ofChosen), [shared.heartbeatAge, shared.waitingAge]],
      red: [[transitionCourse(), openCourse()]],
      backlog: [
        [shared.refused, shared.deadLettered],
        [shared.waiting, shared.faults, figuresAge(ofChosen, "backlog and losses")],
      ],
      evidence: [[recentTransitions()]],
      emitter: [
        [shared.ledgerFacts, shared.cursor, shared.delivered],
        [shared.memory, shared.build, shared.config],
      ],
      about: about(),
    }),
  });
}

/** The history now: does Alertmanager answer, does it report, what is open, and how much began and ended. */
export function historyNow({ series }: Selector = ofAll): PlaceablePanel[] {
  return [
    stat({
      key: "alerts-checked",
      title: "Alert history: Alertmanager answered",
      description: "Whether the history is of now: seconds since Alertmanager last answered it, looked for within a day.",
      queries: [show(secondsSince(lastOver(series(checkedTimestamp), "1d")), "{{instance}}")],
    }),
    stat({
      key: "alerts-reported",
      title: "Alert history: Alertmanager reported",
      description: "Whether its webhooks arrive: seconds since the last one. The Watchdog makes one every minute or two.",
      alert: "OffingAlertHistoryBlind",
      queries: [show(secondsSince(lastOver(series(reportedTimestamp), "1d")), "{{instance}}")],
    }),
    stat({
      key: "alerts-open",
      title: "Alert history: open",
      description:
        "What fires now as Alertmanager told it, by severity. It differs from what Prometheus finds while an alert is on its way.",
      queries: [show(sumBy(series(open), ["offing.alert.severity"]), "{{offing_alert_severity}}")],
    }),
    stat({
      key: "alerts-transitions",
      title: "Alert history: began and ended",
      description:
        "How restless the alerts have been since the history began: exact counts of its ledger. Many that begin and end are a threshold too near to what is normal.",
      queries: [show(sumBy(series(transitions), ["offing.alert.state"]), "{{offing_alert_state}}")],
    }),
  ];
}

/** The transitions themselves, newest first. */
export function recentTransitions(): PlaceablePanel {
  return logs({
    key: "alert-transitions",
    title: "Fired and cleared lately",
    description: "Every alert that began or ended in the range shown, from the alert history: what fired last Tuesday stands here.",
    noData: "nothing fired or cleared that the history was told of",
    logs: lines([alertTransitionEvent]),
  });
}

function transitionCourse(): PlaceablePanel {
  return timeseries({
    key: "alerts-transition-course",
    title: "Began and ended, by severity",
    description: "When alerts were restless: transitions within an hour. Pairs that repeat are a threshold too near to what is normal.",
    queries: [
      show(
        sumBy(increase(ofChosen.series(transitions), "1h"), ["offing.alert.severity", "offing.alert.state"]),
        "{{offing_alert_severity}} {{offing_alert_state}}",
      ),
    ],
  });
}

function openCourse(): PlaceablePanel {
  return timeseries({
    key: "alerts-open-course",
    title: "Firing, as Prometheus finds it",
    description: "How much fired at each moment, by severity. What fires here and is not open in the history has not reached it.",
    noData: "nothing fired",
    colors: SEVERITY_COLORS,
    queries: [show(sumBy(firing(), ["severity"]), "{{severity}}")],
  });
}

function about(): PlaceablePanel {
  const markdown = [
    "Every transition is a fact in a ledger; `./offing alerts history --since 7d` lists them, also those that were silenced or inhibited.",
    "",
    "- *Reported* is what Alertmanager sent, *polled* what the history found by asking: it was down, or the alert is sent to nobody.",
    "- The Watchdog fires always. It is proof of life and no transition.",
    "- Runbooks: `docs/runbooks/` in the repository, one for each alert.",
    "- This dashboard is compiled from `observability/grafana/panels/alerts.ts`; changes made here are lost.",
  ].join("\n");
  return text({
    key: "alerts-about",
    title: "About this dashboard",
    description: "How to read it, and where to go from here.",
    height: 6,
    markdown,
  });
}
