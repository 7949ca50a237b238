import { systemClock } from "#core/clock.ts";
import { ingest } from "#core/ingest.ts";
import type { Ledger } from "#core/ledger/ledger.ts";
import { openLedger } from "#core/ledger/open.ts";
import { createLog } from "#core/log.ts";
import { createOtlpClient, type OtlpClient } from "#core/otlp.ts";
import { createProjector } from "#core/projector.ts";
import { countingEmitter } from "./counting-emitter.ts";

/** The moments at which a crash test ends this process with SIGKILL; the parent does it where none is named. */
export type CrashPhase = "before-commit" | "after-commit" | "after-acknowledgement" | "none";

/** What the parent passes as JSON in the first argument. */
export interface CrashOrder {
  readonly sqlite: string;
  readonly collector: string;
  readonly count: number;
  /** Facts of one commit. */
  readonly batchSize: number;
  readonly phase: CrashPhase;
  /** How many times the moment passes before the one that kills. */
  readonly skip: number;
}

/** Dies the hard way: no handler runs, nothing is flushed. */
function die(): never {
  process.kill(process.pid, "SIGKILL");
  for (;;);
}

/** The ledger, dying around its commits. */
function mortal(ledger: Ledger, { phase, skip }: CrashOrder): Ledger {
  let left = skip;
  return Object.assign(Object.create(ledger) as Ledger, {
    append: async (commit: Parameters<Ledger["append"]>[0]) => {
      const now = left-- === 0;
      if (now && phase === "before-commit") die();
      const stored = await ledger.append(commit);
      if (now && phase === "after-commit") die();
      return stored;
    },
  });
}

/** The way to the Collector, dying between its acknowledgement and the ledger's knowledge of it. */
function mortalOtlp(otlp: OtlpClient, { phase, skip }: CrashOrder): OtlpClient {
  let left = skip;
  return {
    send: async (shipment) => {
      const delivery = await otlp.send(shipment);
      if (phase === "after-acknowledgement" && shipment.signal === "metrics" && left-- === 0) die();
      return delivery;
    },
  };
}

async function main(): Promise<void> {
  const order = JSON.parse(process.argv[2] ?? "") as CrashOrder;
  const emitter = countingEmitter({ count: order.count, batchSize: order.batchSize, pauseMs: 1 });
  const { records, domain } = emitter;
  const opened = await openLedger({ location: { sqlite: order.sqlite }, domain, mode: "write", records, nowMs: Date.now });
  const ledger = mortal(opened, order);
  const otlp = mortalOtlp(createOtlpClient({ url: order.collector, headers: {}, timeoutMs: 5_000 }), order);
  const projector = createProjector({
    ...emitter,
    ledger,
    otlp,
    clock: systemClock,
    resource: { "service.instance.id": opened.id },
    gauges: () => [],
    intervalMs: 50,
    batchSize: 40,
  });
  const stop = new AbortController();
  const projecting = projector.run(stop.signal);
  const log = createLog({ level: "error", write: (line) => process.stderr.write(line) });
  const state = await opened.state();
  await ingest({ emitter, ledger, state, clock: systemClock, log, onCommit: projector.wake, onDeadLetter: () => {} }, stop.signal);
  while (projector.progress().cursorSeq < (await opened.head())) await systemClock.sleep(10);
  stop.abort();
  await projecting.catch(() => undefined);
  await opened.close();
}

await main();
