import { setTimeout as sleep } from "node:timers/promises";
import { queryPrometheus } from "#core/backends.ts";

/** What has arrived in the backends so far, per reason code. */
export interface Arrivals {
  readonly prometheus: Readonly<Record<string, number>>;
  readonly loki: Readonly<Record<string, number>>;
}

/** Where to look, and what to call when something changed. */
export interface WatchOptions {
  readonly prometheus: string;
  readonly loki: string;
  readonly ledgerId: string;
  readonly onChange: (arrivals: Arrivals, before: Arrivals) => void;
}

const POLL_MS = 1_000;

/** Asks both backends once a second until aborted and tells what changed; a backend that does not answer is asked again. */
export async function watchArrivals(options: WatchOptions, signal: AbortSignal): Promise<void> {
  let before: Arrivals = { prometheus: {}, loki: {} };
  while (!signal.aborted) {
    try {
      const now = await arrivals(options);
      if (JSON.stringify(now) !== JSON.stringify(before)) options.onChange(now, before);
      before = now;
    } catch {
      // Reconcile says at the end what is missing; here the next look is soon.
    }
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function arrivals({ prometheus, loki, ledgerId }: WatchOptions): Promise<Arrivals> {
  const instance = `{instance=${JSON.stringify(ledgerId)}}`;
  const by = "sum by (reason_code)";
  const net = `${by} (oracle_required_failures_total${instance}) + ${by} (oracle_required_failures_late_total${instance}) - ${by} (oracle_required_failures_retracted_total${instance})`;
  const samples = await queryPrometheus(prometheus, net);
  const url = new URL("/loki/api/v1/query", loki);
  url.searchParams.set(
    "query",
    `${by} (count_over_time({service_instance_id=${JSON.stringify(ledgerId)}} | event_name="offing.chain.operation" | reason_code != "" [1h]))`,
  );
  const body = (await (await fetch(url)).json()) as { data: { result: { metric: Record<string, string>; value: [number, string] }[] } };
  return {
    prometheus: tally(samples.map(({ labels, value }) => [labels["reason_code"] ?? "", value])),
    loki: tally(body.data.result.map(({ metric, value }) => [metric["reason_code"] ?? "", Number(value[1])])),
  };
}

function tally(entries: readonly (readonly [string, number])[]): Readonly<Record<string, number>> {
  return Object.fromEntries(entries.filter(([, value]) => value !== 0).sort(([a], [b]) => (a < b ? -1 : 1)));
}
