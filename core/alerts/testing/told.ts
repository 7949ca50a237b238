import type { PolledSeen, ReportedSeen } from "#core/alerts/observation.ts";
import type { Json } from "#core/fact.ts";

/** 2026-11-24 08:00 UTC, a Tuesday. */
export const T0: number = Date.parse("2026-11-24T08:00:00Z");

/** An alert in the words of Alertmanager; times are seconds after `T0`. */
export interface Told {
  readonly id?: number;
  readonly name?: string;
  readonly severity?: string;
  readonly from: number;
  readonly to?: number;
}

/** One alert of a webhook, seen at `at`. */
export function reported(at: number, told: Told): ReportedSeen {
  return { type: "reported", alert: { ...alertOf(told), status: told.to === undefined ? "firing" : "resolved" }, atMs: T0 + at * 1000 };
}

/** An answer of Alertmanager at `at`, up since `up`; the Watchdog is in it unless said otherwise. */
export function polled(
  at: number,
  list: readonly Told[],
  { up = -86_400, watchdog = true }: { readonly up?: number; readonly watchdog?: boolean } = {},
): PolledSeen {
  const all = watchdog ? [...list, { id: 99, name: "OffingWatchdog", severity: "none", from: -86_400 }] : list;
  const alerts = all.map((told) => ({ ...alertOf(told), status: { state: "active", inhibitedBy: [], silencedBy: [] } }));
  return { type: "polled", alerts, upSinceMs: T0 + up * 1000, atMs: T0 + at * 1000 };
}

function alertOf({ id = 1, name = "ChainPsmBlocked", severity = "critical", from, to }: Told): Readonly<Record<string, Json>> {
  return {
    fingerprint: id.toString(16).padStart(16, "0"),
    labels: { alertname: name, severity, domain: "chain", job: "offing-chain", instance: `ledger-${id}` },
    annotations: { summary: `${name} is bad.`, runbook_url: "docs/runbooks/x.md" },
    startsAt: new Date(T0 + from * 1000).toISOString(),
    endsAt: to === undefined ? "0001-01-01T00:00:00Z" : new Date(T0 + to * 1000).toISOString(),
    generatorURL: "http://127.0.0.1:9090/graph",
  };
}
