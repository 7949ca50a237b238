import { queryPrometheus } from "#core/backends.ts";
import { OffingError } from "#core/errors.ts";
import { until } from "./alert-watch.ts";

const SEEN_MS = 60_000;

/**
 * Waits until Prometheus gives something for a query: only what was there can be found missing.
 *
 * @throws DEMO_FAILED when it does not within a minute
 */
export async function untilSeen(prometheus: string, query: string): Promise<void> {
  // While Prometheus starts, it refuses.
  const isSeen = async (): Promise<boolean> => (await queryPrometheus(prometheus, query).catch(() => [])).length > 0;
  if (await until(isSeen, { timeoutMs: SEEN_MS, signal: new AbortController().signal })) return;
  throw new OffingError("DEMO_FAILED", { message: "what a drill is to disturb does not report", context: { query } });
}
