// Generated from contract/alerts.yaml. DO NOT EDIT: run `./offing contract generate`.

import { ALERT_SEVERITIES, ALERT_STATES, type AlertSeverity, type AlertState } from "#contract/generated/shared.ts";
import { type Counter, type Gauge, type MetricDefinition, counter, gauge } from "#core/signal.ts";

/** Labels of `checkedTimestamp`. */
export type CheckedTimestampLabels = Readonly<Record<string, never>>;
/** When Alertmanager last answered the history, Unix seconds. A gauge in s, `offing_alerts_checked_timestamp_seconds` in Prometheus. */
export const checkedTimestamp: Gauge<CheckedTimestampLabels> = gauge<CheckedTimestampLabels>({
  name: "offing.alerts.checked.timestamp",
  instrument: "gauge",
  unit: "s",
  brief: "When Alertmanager last answered the history, Unix seconds.",
  resource: "ledger",
  prometheus: "offing_alerts_checked_timestamp_seconds",
  labels: [],
  closed: {},
});

/** Labels of `open`. */
export type OpenLabels = {
  readonly "offing.alert.severity": AlertSeverity;
};
/** Alerts that fire now, as the history holds them; absent until Alertmanager has answered once. A gauge in {alert}, `offing_alerts_open` in Prometheus. */
export const open: Gauge<OpenLabels> = gauge<OpenLabels>({
  name: "offing.alerts.open",
  instrument: "gauge",
  unit: "{alert}",
  brief: "Alerts that fire now, as the history holds them; absent until Alertmanager has answered once.",
  resource: "ledger",
  prometheus: "offing_alerts_open",
  labels: ["offing.alert.severity"],
  closed: { "offing.alert.severity": ALERT_SEVERITIES },
});

/** Labels of `reportedTimestamp`. */
export type ReportedTimestampLabels = Readonly<Record<string, never>>;
/** When Alertmanager last reported by webhook, Unix seconds; when the history began to listen as long as it never did. A gauge in s, `offing_alerts_reported_timestamp_seconds` in Prometheus. */
export const reportedTimestamp: Gauge<ReportedTimestampLabels> = gauge<ReportedTimestampLabels>({
  name: "offing.alerts.reported.timestamp",
  instrument: "gauge",
  unit: "s",
  brief: "When Alertmanager last reported by webhook, Unix seconds; when the history began to listen as long as it never did.",
  resource: "ledger",
  prometheus: "offing_alerts_reported_timestamp_seconds",
  labels: [],
  closed: {},
});

/** Labels of `transitions`. */
export type TransitionsLabels = {
  readonly "offing.alert.state": AlertState;
  readonly "offing.alert.severity": AlertSeverity;
};
/** Alerts that began to fire or stopped, as the history holds them. A counter in {transition}, `offing_alerts_transitions_total` in Prometheus. */
export const transitions: Counter<TransitionsLabels> = counter<TransitionsLabels>({
  name: "offing.alerts.transitions",
  instrument: "counter",
  unit: "{transition}",
  brief: "Alerts that began to fire or stopped, as the history holds them.",
  resource: "ledger",
  prometheus: "offing_alerts_transitions_total",
  labels: ["offing.alert.state","offing.alert.severity"],
  closed: { "offing.alert.state": ALERT_STATES, "offing.alert.severity": ALERT_SEVERITIES },
  ledger: { select: "SELECT t.status AS offing_alert_state, t.severity AS offing_alert_severity, count(*) AS value FROM alert_transitions t WHERE t.seq <= :cursor GROUP BY t.status, t.severity" },
});

/** The counters and histograms of contract/alerts.yaml whose totals stand in the ledger. */
export const ALERTS_LEDGER_METRICS: readonly MetricDefinition[] = [transitions];
