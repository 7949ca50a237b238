import { ledgerCursor } from "#contract/generated/shared.ts";
import type { Clock } from "#core/clock.ts";
import type { Json } from "#core/fact.ts";
import { type HttpServer, startHttp } from "#core/http.ts";
import type { Ledger, RecordTables } from "#core/ledger/ledger.ts";
import { openLedger } from "#core/ledger/open.ts";
import { errorFields, onChange } from "#core/log.ts";
import { countDeadLetter, exportProcessMetrics } from "#core/process-metrics.ts";
import { type RunOptions, wireOtlp } from "#core/run.ts";
import { runTogether, type Together } from "#core/run-together.ts";
import type { State } from "#core/state.ts";
import type { StreamEmitter } from "#core/stream.ts";
import { createStreamExport, INTENDED, SHOWN, type StreamExport } from "#core/stream-export.ts";
import { COMMIT_KEY, readStream } from "#core/stream-loop.ts";
import { StreamTotals } from "#core/stream-totals.ts";

/** As for an emitter of facts, with a stream's emitter. `resource` is the watched one's; its `service.instance.id` is the ledger's id. */
export interface RunStreamOptions<O> extends Omit<RunOptions<never, never>, "emitter"> {
  readonly emitter: StreamEmitter<O>;
}

/** A ledger that keeps no facts has no tables of the emitter's own. */
export const NO_RECORDS: RecordTables<never> = { migrations: [], appendOnly: [], rows: () => [], reference: [] };

/** How long a stopping emitter waits for the Collector; the rest is read again after the next start. */
const DRAIN_MS = 5_000;
const STILL_MS = 60_000;

/**
 * Runs one emitter of a stream: source to Collector, position and totals to the ledger, and its own health, until `abort` or a fault that
 * no retry mends.
 *
 * @throws LEDGER_LOCKED, LEDGER_LOST, LEDGER_MISMATCH, PORT_TAKEN
 */
export async function runStream<O>(options: RunStreamOptions<O>, abort: AbortSignal): Promise<void> {
  const { emitter, clock, log } = options;
  const { domain } = emitter;
  const ledger = await openLedger({ location: options.location, domain, mode: "write", records: NO_RECORDS, nowMs: clock.nowMs });
  try {
    const parts = await prepare(options, ledger);
    const server = await wireHttp(options, parts);
    log.info("running", { domain, ledger: ledger.id, http: server.url });
    options.onListening?.({ url: server.url, ledgerId: ledger.id });
    try {
      await runParts(options, { ...parts, abort });
    } finally {
      await server.close();
    }
  } finally {
    await ledger.close();
  }
}

/** What the parts of a running emitter know of each other. */
interface Life {
  turnedMs: number | undefined;
  /** Number of the last sealed group, and of the last commit. */
  sealed: number;
  committed: number;
  /** Since when something sealed waits for its commit. */
  waitingSinceMs: number | undefined;
}

interface Parts {
  readonly ledger: Ledger;
  readonly state: State;
  readonly totals: StreamTotals;
  readonly life: Life;
  readonly showing: StreamExport;
}

async function prepare<O>(options: RunStreamOptions<O>, ledger: Ledger): Promise<Parts> {
  const { emitter, clock } = options;
  const state = await ledger.state();
  // The loop writes the number with each commit.
  const committed = (state.get(COMMIT_KEY.collection, COMMIT_KEY.key) as number | undefined) ?? 0;
  const life: Life = { turnedMs: undefined, sealed: committed, committed, waitingSinceMs: undefined };
  const totals = new StreamTotals(emitter.metrics, await ledger.stream.totals(), {
    shown: state.entries(SHOWN),
    intended: state.entries(INTENDED),
  });
  totals.bear(emitter.zeros, clock.nowMs());
  const showing = createStreamExport({
    ledger,
    state,
    totals,
    otlp: wireOtlp(options, "metrics"),
    resource: { ...options.resource, "service.instance.id": ledger.id },
    clock,
    intervalMs: options.collector.intervalMs,
    committed: () => life.committed,
    gauges: (commit) => [...emitter.gauges(state), ledgerCursor.at({}, commit)],
  });
  return { ledger, state, totals, life, showing };
}

async function runParts<O>(options: RunStreamOptions<O>, parts: Parts & { readonly abort: AbortSignal }): Promise<void> {
  const { showing, life, abort } = parts;
  let gaveUp = false;
  const read = async ({ stopReading }: Together): Promise<void> => {
    const drained = giveUpAfter(stopReading, options.clock);
    try {
      await readStream(loopOptions(options, { ...parts, giveUp: drained.signal }), stopReading);
    } catch (error) {
      // Being told to stop while the Collector is away is no failure: what was not taken is read again.
      gaveUp = drained.signal.aborted && abort.aborted;
      if (!gaveUp) throw error;
    } finally {
      drained.clear();
    }
  };
  const drain = async (stop: AbortSignal): Promise<void> => {
    const deadlineMs = options.clock.nowMs() + DRAIN_MS;
    while (!gaveUp && !stop.aborted && showing.last()?.commit !== life.committed && options.clock.nowMs() < deadlineMs) {
      await options.clock.sleep(50, stop);
    }
  };
  const processLife = {
    heartbeatMs: () => life.turnedMs,
    progress: () => ({ cursorSeq: life.committed, waitingSinceMs: life.waitingSinceMs, ready: showing.ready() }),
    headSeq: () => life.sealed,
  };
  const beside = [(stop: AbortSignal) => showing.run(stop), (stop: AbortSignal) => exportProcessMetrics(options, processLife, stop)];
  await runTogether({ read, beside, drain }, abort);
}

/** A signal that aborts some seconds after `stopped` does. */
function giveUpAfter(stopped: AbortSignal, clock: Clock): { readonly signal: AbortSignal; readonly clear: () => void } {
  const [given, cleared] = [new AbortController(), new AbortController()];
  const arm = async (): Promise<void> => {
    await clock.sleep(DRAIN_MS, cleared.signal);
    if (!cleared.signal.aborted) given.abort();
  };
  if (stopped.aborted) void arm();
  else stopped.addEventListener("abort", () => void arm(), { once: true, signal: cleared.signal });
  return { signal: given.signal, clear: () => cleared.abort() };
}

function loopOptions<O>(
  options: RunStreamOptions<O>,
  { ledger, state, totals, life, giveUp }: Parts & { giveUp: AbortSignal },
): Parameters<typeof readStream<O>>[0] {
  const { emitter, clock, log, meter } = options;
  const say = onChange(log, "ledger");
  return {
    emitter,
    ledger,
    state,
    totals,
    otlp: wireOtlp(options, "spans and lines"),
    resource: { ...options.resource, "service.instance.id": ledger.id },
    clock,
    commit: life.committed,
    giveUp,
    onTurn: () => {
      life.turnedMs = clock.nowMs();
    },
    onSeal: (commit) => {
      life.sealed = commit;
      life.waitingSinceMs ??= clock.nowMs();
    },
    onCommit: (commit) => {
      life.committed = commit;
      life.waitingSinceMs = commit === life.sealed ? undefined : clock.nowMs();
      say(undefined);
    },
    onRetry: (error) => say(error instanceof Error ? error.message : String(error), errorFields(error)),
    onDeadLetter: (letter) => countDeadLetter(meter, letter),
  };
}

async function wireHttp<O>(options: RunStreamOptions<O>, { ledger, life, state, showing }: Parts): Promise<HttpServer> {
  const { clock, version, emitter } = options;
  const startMs = clock.nowMs();
  const unhealthy = (): string[] =>
    clock.nowMs() - (life.turnedMs ?? startMs) > STILL_MS && life.waitingSinceMs === undefined
      ? ["the loop has not turned for a minute: the source does not answer"]
      : [];
  return await startHttp({
    ...options.http,
    unhealthy,
    unready: () => [...unhealthy(), ...(showing.ready() ? [] : ["the Collector has not acknowledged anything yet"])],
    state: async (): Promise<Json> => ({
      domain: emitter.domain,
      version,
      ledger: { id: ledger.id, head: life.sealed },
      projector: { cursor: life.committed, lag: life.sealed - life.committed },
      heartbeat: life.turnedMs === undefined ? null : new Date(life.turnedMs).toISOString(),
      gauges: emitter.gauges(state).map(({ metric, labels, value }) => ({ name: metric.prometheus, labels, value })),
    }),
    fact: () => Promise.resolve(undefined),
  });
}
