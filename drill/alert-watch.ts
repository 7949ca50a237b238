import { setTimeout as sleep } from "node:timers/promises";
import { readHistory } from "#core/alerts/history.ts";
import { openLedger } from "#core/ledger/open.ts";
import { setUpAlerts } from "../commands/alerts-setup.ts";

/** Which alerts are meant. */
export interface AlertSubject {
  readonly alert: string;
  /** Of any job when left out. */
  readonly job?: string | undefined;
}

/** Where an alert can be seen; the history is the configuration of `offing run alerts`. */
export interface AlertPlaces {
  readonly prometheus: string;
  readonly alertmanager: string;
  readonly history: string;
}

/** What is known of an alert at one moment. */
export interface AlertSight {
  readonly state: "inactive" | "pending" | "firing";
  /** Since when its condition holds, Unix milliseconds. */
  readonly activeAtMs: number | undefined;
}

const TIMEOUT_MS = 5_000;
const POLL_MS = 250;

/**
 * What is pending or fires in Prometheus; undefined while it does not answer.
 *
 * @see https://prometheus.io/docs/prometheus/latest/querying/api/#alerts
 */
export async function activeAlerts(prometheus: string): Promise<readonly Active[] | undefined> {
  const answer = (await ask(`${prometheus}/api/v1/alerts`)) as { readonly data: { readonly alerts: readonly Active[] } } | undefined;
  return answer?.data.alerts;
}

/** How an alert stands in Prometheus, the worst of its series; undefined while Prometheus does not answer. */
export async function inPrometheus(
  subject: AlertSubject,
  { prometheus }: Pick<AlertPlaces, "prometheus">,
): Promise<AlertSight | undefined> {
  const active = await activeAlerts(prometheus);
  return active && sightOf(active.filter(({ labels }) => isMeant(labels, subject)));
}

/** An alert as Prometheus lists it. */
export interface Active {
  readonly labels: Readonly<Record<string, string>>;
  readonly state: "pending" | "firing";
  readonly activeAt: string;
}

/** The worst of some series of one alert. */
export function sightOf(active: readonly Pick<Active, "state" | "activeAt">[]): AlertSight {
  const firing = active.filter(({ state }) => state === "firing");
  const worst = firing.length > 0 ? firing : active;
  const since = worst.map(({ activeAt }) => Date.parse(activeAt));
  return { state: worst[0]?.state ?? "inactive", activeAtMs: since.length === 0 ? undefined : Math.min(...since) };
}

/**
 * Whether Alertmanager holds an alert, told to somebody or not; undefined while it does not answer.
 *
 * @see https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
 */
export async function atAlertmanager(
  subject: AlertSubject,
  { alertmanager }: Pick<AlertPlaces, "alertmanager">,
): Promise<boolean | undefined> {
  const answer = (await ask(`${alertmanager}/api/v2/alerts`)) as readonly Pick<Active, "labels">[] | undefined;
  return answer?.some(({ labels }) => isMeant(labels, subject));
}

/** How often the history's table says since a moment that an alert began, and that it ended. */
export async function inHistory(
  { alert, job }: AlertSubject,
  { history, sinceMs }: { readonly history: string; readonly sinceMs: number },
): Promise<{ readonly firing: number; readonly resolved: number }> {
  const { run, emitter } = setUpAlerts({ config: history, set: [] });
  const ledger = await openLedger({
    location: run.location,
    domain: emitter.domain,
    mode: "read",
    records: emitter.records,
    nowMs: Date.now,
  });
  try {
    const { transitions } = await readHistory(ledger, { sinceMs, untilMs: Date.now() + 1_000 });
    const meant = transitions.filter((row) => row.alertname === alert && isAbout(row.job ?? undefined, job));
    const count = (wanted: string): number => meant.filter(({ status }) => status === wanted).length;
    return { firing: count("firing"), resolved: count("resolved") };
  } finally {
    await ledger.close();
  }
}

/** How a wait is bounded. */
export interface Patience {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Asks until the answer holds; false when the time is over. @throws the signal's reason when it aborts */
export async function until(holds: () => Promise<boolean>, { timeoutMs, signal }: Patience): Promise<boolean> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    signal.throwIfAborted();
    if (await holds()) return true;
    if (performance.now() > deadlineMs) return false;
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}

function isMeant(labels: Readonly<Record<string, string>>, { alert, job }: AlertSubject): boolean {
  return labels["alertname"] === alert && isAbout(labels["job"], job);
}

/** An alert without a job is about everybody's. */
function isAbout(own: string | undefined, wanted: string | undefined): boolean {
  return own === undefined || wanted === undefined || own === wanted;
}

/** A part that a drill has stopped does not answer, and is asked again. */
async function ask(url: string): Promise<unknown> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return response.ok ? await response.json() : undefined;
  } catch {
    return undefined;
  }
}
