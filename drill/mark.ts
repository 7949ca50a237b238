import { hostname } from "node:os";
import { type DrillPhase, drillEvent } from "#contract/generated/shared.ts";
import { createOtlpClient } from "#core/otlp.ts";
import { encodeLog } from "#core/otlp-proto.ts";
import { DRILL_JOB, type DrillPlan } from "../observability/drill/catalogue.ts";

/** Where a mark is sent. */
export interface MarkOptions {
  readonly collector: string;
  readonly phase: DrillPhase;
  readonly signal: AbortSignal;
}

/**
 * Leaves one log record that a drill began or ended, which every dashboard shows as an annotation. It is all that a drill ever writes.
 *
 * @throws COLLECTOR_UNREACHABLE when the signal aborts before the Collector took it
 */
export async function mark({ name, target }: DrillPlan, { collector, phase, signal }: MarkOptions): Promise<void> {
  const client = createOtlpClient({ url: collector, headers: {}, timeoutMs: 5_000 });
  const log = drillEvent.log(
    { body: `drill ${name} ${phase}` },
    { "offing.drill.name": name, "offing.drill.phase": phase, "offing.drill.target": target },
  );
  await client.send({
    signal: "logs",
    resource: { "service.name": DRILL_JOB, "service.instance.id": `${hostname()}-drill` },
    items: [encodeLog(log, { writtenAtMs: Date.now(), seq: 0 })],
    abort: signal,
    patience: "wait",
  });
}
