import { setTimeout as sleep } from "node:timers/promises";
import { ledgerCursor } from "#contract/generated/shared.ts";
import { systemClock } from "#core/clock.ts";
import type { Fact } from "#core/fact.ts";
import { openLedger } from "#core/ledger/open.ts";
import { createOtlpClient } from "#core/otlp.ts";
import { createProjector } from "#core/projector.ts";
import { type Feed, recordsOf } from "../commits.ts";
import { servePart } from "../part.ts";
import { projectionOf } from "../projection.ts";
import { ownCpuSeconds, peakRssMiB } from "../usage.ts";

/** Which ledger to project, and where to. */
export interface ProjectOrder {
  readonly path: string;
  readonly feed: Feed;
  readonly url: string;
}

/** What was acknowledged until the cursor stood at the head, and what it took. */
export interface ProjectAnswer {
  readonly spans: number;
  readonly records: number;
  readonly points: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly rssMiB: number;
}

await servePart<ProjectOrder, ProjectAnswer>(async ({ path, feed, url }) => {
  const ledger = await openLedger({
    location: { sqlite: path },
    domain: "bench",
    mode: "write",
    records: recordsOf(feed),
    nowMs: Date.now,
  });
  const acknowledged = { traces: 0, logs: 0, metrics: 0 };
  const otlp = createOtlpClient({
    url,
    headers: {},
    timeoutMs: 30_000,
    onDelivery: ({ signal, delivery, count, error }) => {
      if (delivery === "acknowledged") acknowledged[signal] += count;
      else process.stderr.write(`${signal} ${delivery}: ${count} ${error?.message ?? ""}\n`);
    },
  });
  const projector = createProjector<Fact>({
    ledger,
    otlp,
    clock: systemClock,
    resource: { "service.name": "offing-bench", "service.namespace": "offing", "service.instance.id": ledger.id },
    domain: "bench",
    ...projectionOf(feed),
    gauges: (seq) => [ledgerCursor.at({}, seq)],
    intervalMs: 5_000,
  });
  const head = await ledger.head();
  const stop = new AbortController();
  const cpu = process.cpuUsage();
  const beganMs = performance.now();
  const running = projector.run(stop.signal);
  while (projector.progress().cursorSeq < head) await Promise.race([running, sleep(5)]);
  const seconds = (performance.now() - beganMs) / 1000;
  const cpuSeconds = ownCpuSeconds(cpu);
  stop.abort();
  await running.catch(() => undefined);
  await ledger.close();
  const { traces: spans, logs: records, metrics: points } = acknowledged;
  return { spans, records, points, seconds, cpuSeconds, rssMiB: peakRssMiB() };
});
