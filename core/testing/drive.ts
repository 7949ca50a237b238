import { ledgerCursor } from "#contract/generated/shared.ts";
import { systemClock } from "#core/clock.ts";
import type { Emitter } from "#core/emitter.ts";
import type { Fact } from "#core/fact.ts";
import { ingest } from "#core/ingest.ts";
import type { Ledger } from "#core/ledger/ledger.ts";
import { createLog } from "#core/log.ts";
import { createOtlpClient, type OtlpClient } from "#core/otlp.ts";
import { createProjector } from "#core/projector.ts";

const quiet = createLog({ level: "error", write: (line) => process.stderr.write(line) });

/** Writes everything that the emitter's source yields into the ledger; nothing is projected. */
export async function ingestAll<O, F extends Fact>(emitter: Emitter<O, F>, ledger: Ledger): Promise<void> {
  const state = await ledger.state();
  const options = { emitter, ledger, state, clock: systemClock, log: quiet, onCommit: () => {}, onDeadLetter: () => {} };
  await ingest(options, new AbortController().signal);
}

/** Where and how to project. */
export interface ProjectAllOptions {
  readonly collector: string;
  /** Meddles with what is sent. */
  readonly through?: (otlp: OtlpClient) => OtlpClient;
  readonly intervalMs?: number;
  readonly batchSize?: number;
}

/** Projects until the cursor is at the head, with the parts an emitter uses. */
export async function projectAll<O, F extends Fact>(emitter: Emitter<O, F>, ledger: Ledger, options: ProjectAllOptions): Promise<void> {
  const otlp = createOtlpClient({ url: options.collector, headers: {}, timeoutMs: 10_000 });
  const projector = createProjector({
    ...emitter,
    ledger,
    otlp: options.through?.(otlp) ?? otlp,
    clock: systemClock,
    resource: { "service.name": `offing-${emitter.domain}`, "service.instance.id": ledger.id },
    gauges: (seq) => [ledgerCursor.at({}, seq)],
    intervalMs: options.intervalMs ?? 200,
    ...(options.batchSize !== undefined && { batchSize: options.batchSize }),
  });
  const stop = new AbortController();
  let failure: unknown;
  const running = projector.run(stop.signal).catch((error: unknown) => {
    failure = error;
  });
  const head = await ledger.head();
  while (projector.progress().cursorSeq < head && failure === undefined) await systemClock.sleep(20);
  if (failure !== undefined) throw failure;
  stop.abort();
  await running;
}
