import { z } from "zod";
import { type Fault, sourceFaults } from "#contract/generated/shared.ts";
import type { Json } from "#core/fact.ts";
import type { Meter } from "#core/meter.ts";
import { readAlert } from "./alert.ts";
import type { PolledSeen } from "./observation.ts";

const TIMEOUT_MS = 10_000;
const statusShape = z.object({ uptime: z.iso.datetime({ offset: true }) });
const alertsShape = z.array(z.unknown());

/**
 * Asks Alertmanager what fires; null when it does not answer, or not as it should, which is counted.
 *
 * @see https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
 */
export async function poll(
  baseUrl: string,
  { meter, signal }: { readonly meter: Meter; readonly signal: AbortSignal },
): Promise<Omit<PolledSeen, "atMs"> | null> {
  const count = (fault: Fault): null => {
    meter.count(sourceFaults.add({ fault }));
    return null;
  };
  try {
    const [status, list] = await Promise.all([ask(baseUrl, "/api/v2/status", signal), ask(baseUrl, "/api/v2/alerts", signal)]);
    if ("fault" in status) return count(status.fault);
    if ("fault" in list) return count(list.fault);
    const parsed = { status: statusShape.safeParse(status.json), list: alertsShape.safeParse(list.json) };
    if (!parsed.status.success || !parsed.list.success) return count("unknown");
    const alerts = parsed.list.data as readonly Json[];
    const readable = alerts.filter(isReadable);
    for (let unread = readable.length; unread < alerts.length; unread += 1) count("unknown");
    return { type: "polled", alerts: readable, upSinceMs: Date.parse(parsed.status.data.uptime) };
  } catch {
    return signal.aborted ? null : count("unreachable");
  }
}

async function ask(baseUrl: string, path: string, signal: AbortSignal): Promise<{ readonly json: unknown } | { readonly fault: Fault }> {
  const response = await fetch(new URL(path, baseUrl), { signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]) });
  const text = await response.text();
  if (!response.ok) return { fault: "http_status" };
  try {
    return { json: JSON.parse(text) };
  } catch {
    return { fault: "not_json" };
  }
}

function isReadable(alert: Json): boolean {
  try {
    readAlert(alert);
    return true;
  } catch {
    return false;
  }
}
