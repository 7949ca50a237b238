import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { canaries, canaryEvent, canarySpan } from "#contract/generated/stack.ts";
import { OffingError } from "#core/errors.ts";
import { createOtlpClient } from "#core/otlp.ts";
import { encodeLog, encodePoint, encodeSpan, type OtlpPiece, type OtlpSignal } from "#core/otlp-proto.ts";
import type { Finding } from "./report.ts";

/** The job of the canary's series and the service of its line and span. */
export const DOCTOR_JOB = "offing-doctor";

/** One canary: a span, a log record, and a point whose exemplar names the span. All carry the same id. */
export interface Canary {
  /** 32 hexadecimal digits: trace id and canary id. */
  readonly id: string;
  readonly instance: string;
  readonly atMs: number;
}

/** Counts the canaries of this process, as its counter must. */
export interface Aviary {
  readonly startMs: number;
  count: number;
}

/** Sends one canary and gives it with what the Collector said. */
export async function sendCanary(collector: string, aviary: Aviary): Promise<{ readonly canary: Canary; readonly accepted: Finding }> {
  const canary: Canary = { id: randomBytes(16).toString("hex"), instance: `${hostname()}-doctor`, atMs: Date.now() };
  aviary.count += 1;
  return { canary, accepted: await deliver(collector, canary, itemsOf(canary, aviary)) };
}

function itemsOf({ id, atMs }: Canary, { startMs, count }: Aviary): Readonly<Record<OtlpSignal, OtlpPiece>> {
  const place = { traceId: id, spanId: id.slice(0, 16) };
  const attributes = { "offing.stack.canary.id": id };
  const { metric, labels, value } = canaries.add({}, count);
  const exemplar = { ...place, value: 1, atMs, factId: id };
  return {
    metrics: encodePoint({ metric, labels, startMs, atMs, value, exemplar }),
    logs: encodeLog(canaryEvent.log({ ...place, body: "canary of offing doctor" }, attributes), { writtenAtMs: atMs, seq: 0 }),
    traces: encodeSpan(canarySpan.span({ ...place, startMs: atMs, endMs: atMs + 1 }, attributes)),
  };
}

async function deliver(collector: string, canary: Canary, items: Readonly<Record<OtlpSignal, OtlpPiece>>): Promise<Finding> {
  const check = "accepted by the Collector";
  const client = createOtlpClient({ url: collector, headers: {}, timeoutMs: 10_000 });
  const resource = { "service.name": DOCTOR_JOB, "service.instance.id": canary.instance };
  const abort = new AbortController().signal;
  try {
    for (const signal of ["metrics", "logs", "traces"] as const) {
      const { acknowledged, dead } = await client.send({ signal, resource, items: [items[signal]], abort, patience: "once" });
      if (acknowledged === 1) continue;
      const mend = "Hold the Collector's configuration against collector/otel-config.yaml.";
      return { check, verdict: "broken", detail: `it refuses ${signal}: ${dead[0]?.reason ?? "a partial success"}`, mend };
    }
    return { check, verdict: "ok", detail: `metrics, logs and traces at ${new URL(collector).origin}` };
  } catch (error) {
    const detail = error instanceof OffingError ? error.message : String(error);
    const mend = "Start it with `./offing up`; if it runs, its log says why it does not answer or refuses.";
    return { check, verdict: "broken", detail: `${detail} (${new URL(collector).origin})`, mend };
  }
}
