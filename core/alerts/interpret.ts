import type { AlertEvidence, AlertState } from "#contract/generated/shared.ts";
import type { Json } from "#core/fact.ts";
import type { ReadonlyState, State } from "#core/state.ts";
import { type Alert, readAlert, severityOf, WATCHDOG } from "./alert.ts";
import type { AlertTransitionFact } from "./facts.ts";
import type { AlertObservation, PolledSeen } from "./observation.ts";

/** An alert that fires, as the history knows it. */
export type OpenAlert = Pick<
  AlertTransitionFact,
  "fingerprint" | "name" | "severity" | "domain" | "startedAtMs" | "labels" | "annotations"
>;

/** What the last answer of Alertmanager said of Alertmanager itself. */
interface Polled {
  readonly atMs: number;
  readonly upSinceMs: number;
}

/** What was told later than this after it happened counts as late. */
const LIVE_HORIZON_MS = 3_600_000;
/** Alertmanager forgets after five days; a report about an older episode does not come any more. */
const REMEMBERED_MS = 7 * 86_400_000;

/**
 * What an observation makes known: each alert's turns from silent to firing and back, each once, whoever told of them and how often.
 *
 * A report is believed. Absence from a list is believed only when the Watchdog is in the list, so that rules are evaluated, and
 * Alertmanager has been up for `settleMs`, within which Prometheus sends everything again: an alert is never cleared by silence.
 */
export function createInterpret({ settleMs }: { readonly settleMs: number }) {
  return (state: State, observation: AlertObservation): readonly AlertTransitionFact[] => {
    if (lastReport(state) === undefined) state.set("alertmanager", "reported", observation.atMs);
    switch (observation.type) {
      case "reported":
        return reported(state, readAlert(observation.alert), observation.atMs);
      case "polled":
        return polled(state, observation, settleMs);
      case "tick":
        return [];
      default:
        return observation satisfies never;
    }
  };
}

/** Every alert that fires now, as the history knows it. */
export function openAlerts(state: ReadonlyState): readonly OpenAlert[] {
  return [...state.entries("open")].map(([, open]) => open as unknown as OpenAlert);
}

/** The last answer of Alertmanager, if there ever was one. */
export function lastPoll(state: ReadonlyState): Polled | undefined {
  return state.get("alertmanager", "last") as unknown as Polled | undefined;
}

/** When Alertmanager last reported by webhook, or since when it has not; the Watchdog makes it report every minute. */
export function lastReport(state: ReadonlyState): number | undefined {
  return state.get("alertmanager", "reported") as number | undefined;
}

function reported(state: State, alert: Alert, atMs: number): readonly AlertTransitionFact[] {
  state.set("alertmanager", "reported", atMs);
  if (nameOf(alert) === WATCHDOG) return [];
  const { fingerprint, startsAtMs, endsAtMs } = alert;
  const told = { evidence: "reported", seenAtMs: atMs } as const;
  const open = openOf(state, fingerprint);
  // An old report that comes again, or after the end of its episode is known.
  if (open === undefined && startsAtMs <= Number(state.get("closed", fingerprint) ?? -1)) return [];
  const facts: AlertTransitionFact[] = [];
  if (open === undefined) facts.push(begin(state, alert, { ...told, atMs: startsAtMs }));
  if (endsAtMs !== null && endsAtMs >= (open?.startedAtMs ?? startsAtMs))
    facts.push(...end(state, fingerprint, { ...told, atMs: endsAtMs }));
  return facts;
}

function polled(state: State, { alerts, upSinceMs, atMs }: PolledSeen, settleMs: number): readonly AlertTransitionFact[] {
  const read = alerts.map(readAlert);
  const before = lastPoll(state);
  const told = { evidence: "polled", seenAtMs: atMs } as const;
  const facts: AlertTransitionFact[] = [];
  const evaluates = read.some((alert) => nameOf(alert) === WATCHDOG);
  if (evaluates && atMs - upSinceMs >= settleMs) {
    const present = new Set(read.map(({ fingerprint }) => fingerprint));
    for (const { fingerprint } of openAlerts(state))
      if (!present.has(fingerprint)) facts.push(...end(state, fingerprint, { ...told, atMs }));
  }
  for (const alert of read.filter((one) => nameOf(one) !== WATCHDOG).sort(byStart)) {
    const { fingerprint, startsAtMs } = alert;
    const open = openOf(state, fingerprint);
    // One Alertmanager keeps the earliest start of an episode; a later one means that it ended in between.
    const again = open !== undefined && startsAtMs > open.startedAtMs && before?.upSinceMs === upSinceMs;
    if (again) facts.push(...end(state, fingerprint, { ...told, atMs: startsAtMs }));
    if (open === undefined || again) {
      const closedAtMs = Number(state.get("closed", fingerprint) ?? -1);
      facts.push(begin(state, alert, { ...told, atMs: again || startsAtMs > closedAtMs ? startsAtMs : atMs }));
    }
  }
  state.set("alertmanager", "last", { atMs, upSinceMs });
  forget(state, atMs);
  return facts;
}

/** How and when a transition is known. */
interface Telling {
  readonly evidence: AlertEvidence;
  /** When it happened. */
  readonly atMs: number;
  readonly seenAtMs: number;
}

function begin(state: State, alert: Alert, telling: Telling): AlertTransitionFact {
  const { fingerprint, labels, annotations } = alert;
  const open: OpenAlert = {
    fingerprint,
    name: nameOf(alert),
    severity: severityOf(alert),
    domain: labels["domain"] ?? "",
    startedAtMs: telling.atMs,
    labels,
    annotations,
  };
  state.set("open", fingerprint, open as unknown as Json);
  state.delete("closed", fingerprint);
  return transition(open, "firing", telling);
}

function end(state: State, fingerprint: string, telling: Telling): readonly AlertTransitionFact[] {
  const open = openOf(state, fingerprint);
  if (open === undefined) return [];
  state.delete("open", fingerprint);
  state.set("closed", fingerprint, telling.atMs);
  return [transition(open, "resolved", telling)];
}

function transition(open: OpenAlert, status: AlertState, { evidence, atMs, seenAtMs }: Telling): AlertTransitionFact {
  const id = `alert:${String(atMs).padStart(13, "0")}:${open.fingerprint}:${status}`;
  return { kind: "alert_transition", id, timeMs: atMs, late: seenAtMs - atMs > LIVE_HORIZON_MS, status, evidence, ...open };
}

function openOf(state: ReadonlyState, fingerprint: string): OpenAlert | undefined {
  return state.get("open", fingerprint) as unknown as OpenAlert | undefined;
}

function forget(state: State, atMs: number): void {
  for (const [fingerprint, endedAtMs] of [...state.entries("closed")]) {
    if (atMs - Number(endedAtMs) > REMEMBERED_MS) state.delete("closed", fingerprint);
  }
}

function nameOf({ labels }: Pick<Alert, "labels">): string {
  return labels["alertname"] ?? "";
}

function byStart(a: Alert, b: Alert): number {
  return a.startsAtMs - b.startsAtMs || (a.fingerprint < b.fingerprint ? -1 : 1);
}
