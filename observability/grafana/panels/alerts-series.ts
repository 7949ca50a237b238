import type { Vector } from "./promql.ts";

/** The `service.name` under which the alert history reports transitions. */
export const ALERTS_JOB = "offing-alerts";
/** Labels of Prometheus's own series of alerts, as our rules set them. */
export type AlertLabel = "alertname" | "severity" | "domain" | "job" | "instance";

/** The alerts that fire now; the Watchdog always does and says nothing here. @param domain - the word of one rule file */
export function firing(domain?: string): Vector<AlertLabel> {
  const own = domain === undefined ? "" : `,domain="${domain}"`;
  return {
    promql: `ALERTS{alertstate="firing",alertname!="OffingWatchdog"${own}}`,
    unit: "{alert}",
    labels: ["alertname", "severity", "domain", "job", "instance"],
  };
}
