import { ALERTS_LEDGER_METRICS, checkedTimestamp, open, reportedTimestamp, transitions } from "#contract/generated/alerts.ts";
import { ALERT_SEVERITIES, ALERT_STATES, alertTransitionEvent, facts, SHARED_LEDGER_METRICS } from "#contract/generated/shared.ts";
import type { StoredFact } from "#core/fact.ts";
import type { GaugePoint, Increment, MetricDefinition, Signal } from "#core/signal.ts";
import type { ReadonlyState } from "#core/state.ts";
import type { AlertTransitionFact } from "./facts.ts";
import { lastPoll, lastReport, openAlerts } from "./interpret.ts";

/** Raised whenever `signals` counts differently for the same fact. */
export const PROJECTION = 1;

/** Every metric that `signals` counts. */
export const METRICS: readonly MetricDefinition[] = [...SHARED_LEDGER_METRICS, ...ALERTS_LEDGER_METRICS];

/** Every label tuple there can be. */
export const ZEROS: readonly Increment[] = [
  facts.add({ fact_kind: "alert_transition" }, 0),
  ...ALERT_STATES.flatMap((state) =>
    ALERT_SEVERITIES.map((severity) => transitions.add({ "offing.alert.state": state, "offing.alert.severity": severity }, 0)),
  ),
];

/** One transition: two counts, and a record that a dashboard lists and marks the time axis with. */
export function signals({ fact }: StoredFact<AlertTransitionFact>): readonly Signal[] {
  const { name, status, severity, labels, annotations } = fact;
  const body = `${name} ${status === "firing" ? "fires" : "has resolved"}: ${annotations["summary"] ?? "no summary"}`;
  const firing = severity === "critical" ? "error" : "warn";
  return [
    facts.add({ fact_kind: "alert_transition" }),
    transitions.add({ "offing.alert.state": status, "offing.alert.severity": severity }),
    alertTransitionEvent.log(
      { body, severity: status === "firing" ? firing : "info" },
      {
        "offing.fact.id": fact.id,
        "offing.fact.time": new Date(fact.timeMs).toISOString(),
        "offing.alert.name": name,
        "offing.alert.state": status,
        "offing.alert.severity": severity,
        "offing.alert.domain": fact.domain,
        "offing.alert.fingerprint": fact.fingerprint,
        "offing.alert.started_at": new Date(fact.startedAtMs).toISOString(),
        "offing.alert.evidence": fact.evidence,
        "offing.alert.job": labels["job"],
        "offing.alert.instance": labels["instance"],
      },
    ),
  ];
}

/** When Alertmanager last reported; how many alerts are open, once it has answered, and when it last did. */
export function gauges(state: ReadonlyState): readonly GaugePoint[] {
  const reportedMs = lastReport(state);
  const reported = reportedMs === undefined ? [] : [reportedTimestamp.at({}, reportedMs / 1000)];
  const last = lastPoll(state);
  if (last === undefined) return reported;
  const now = openAlerts(state);
  return [
    ...reported,
    checkedTimestamp.at({}, last.atMs / 1000),
    ...ALERT_SEVERITIES.map((severity) =>
      open.at({ "offing.alert.severity": severity }, now.filter((alert) => alert.severity === severity).length),
    ),
  ];
}
