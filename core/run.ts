import { ledgerCursor } from "#contract/generated/shared.ts";
import type { Clock } from "#core/clock.ts";
import type { Emitter } from "#core/emitter.ts";
import type { Fact, Json } from "#core/fact.ts";
import { type HttpServer, startHttp } from "#core/http.ts";
import { ingest } from "#core/ingest.ts";
import type { Ledger, LedgerLocation } from "#core/ledger/ledger.ts";
import { openLedger } from "#core/ledger/open.ts";
import { errorFields, type Log, onChange } from "#core/log.ts";
import type { Meter } from "#core/meter.ts";
import { createOtlpClient, type DeliveryEvent, type OtlpClient, type OtlpOptions } from "#core/otlp.ts";
import { countDeadLetter, countDelivery, exportProcessMetrics } from "#core/process-metrics.ts";
import { createProjector, type Projector } from "#core/projector.ts";
import { runTogether } from "#core/run-together.ts";
import type { Attributes, GaugePoint } from "#core/signal.ts";
import type { State } from "#core/state.ts";

/** Everything an emitter needs to run, once its configuration is read. */
export interface RunOptions<O, F extends Fact> {
  readonly emitter: Emitter<O, F>;
  readonly location: LedgerLocation;
  readonly collector: Omit<OtlpOptions, "clock" | "onDelivery"> & { readonly intervalMs: number };
  readonly http: { readonly host: string; readonly port: number; readonly token?: string };
  /** Attributes of everything this emitter sends, such as service.name and deployment.environment.name. */
  readonly resource: Attributes;
  /** host-role: `service.instance.id` of the process's own metrics. */
  readonly slot: string;
  readonly version: string;
  /** Tells one configuration from another: see `configDigest`. */
  readonly configDigest?: string;
  readonly meter: Meter;
  readonly clock: Clock;
  readonly log: Log;
  /** Told once, when the ledger is open and the HTTP server listens. */
  readonly onListening?: (info: { readonly url: string; readonly ledgerId: string }) => void;
}

/** How long a stopping emitter waits for the Collector to take what is in the ledger; the rest is sent after the next start. */
const DRAIN_MS = 5_000;
/** A loop that has not turned for so long is dead: its source yields a tick every few seconds. */
const STILL_MS = 60_000;
const SIZES_MS = 30_000;

/**
 * Runs one emitter: source to ledger, ledger to Collector, and its own health, until `abort` or a fault that no retry mends.
 *
 * @throws LEDGER_LOCKED, LEDGER_LOST, LEDGER_MISMATCH, PORT_TAKEN, SOURCE_CHAIN_MISMATCH
 */
export async function run<O, F extends Fact>(options: RunOptions<O, F>, abort: AbortSignal): Promise<void> {
  const { emitter, clock, log } = options;
  const { domain, records } = emitter;
  const ledger = await openLedger<F>({ location: options.location, domain, mode: "write", records, nowMs: clock.nowMs });
  try {
    const state = await ledger.state();
    const life = new Life(await ledger.head());
    const projector = wireProjector(options, { ledger, state, life });
    const server = await wireHttp(options, { ledger, state, life, projector });
    log.info("running", { domain, ledger: ledger.id, http: server.url });
    options.onListening?.({ url: server.url, ledgerId: ledger.id });
    try {
      await runParts(options, { ledger, state, life, projector, abort });
    } finally {
      await server.close();
    }
  } finally {
    await ledger.close();
  }
}

/** What the parts of a running emitter know of each other. */
class Life {
  heartbeatMs: number | undefined;
  headSeq: number;
  /** Gauges of the last committed state. */
  gauges: readonly GaugePoint[] = [];
  /** True between a commit and the next interpretation: only then the state is what the ledger says. */
  settled = true;

  constructor(headSeq: number) {
    this.headSeq = headSeq;
  }
}

interface Parts {
  readonly ledger: Ledger;
  readonly state: State;
  readonly life: Life;
  readonly projector: Projector;
}

async function runParts<O, F extends Fact>(options: RunOptions<O, F>, parts: Parts & { readonly abort: AbortSignal }): Promise<void> {
  const { life, projector, abort } = parts;
  const processLife = { heartbeatMs: () => life.heartbeatMs, progress: projector.progress, headSeq: () => life.headSeq };
  await runTogether(
    {
      read: ({ stopReading }) => ingest(loopOptions(options, parts), stopReading),
      beside: [(stop) => projector.run(stop), (stop) => exportProcessMetrics(options, processLife, stop)],
      drain: async (stop) => {
        const deadlineMs = options.clock.nowMs() + DRAIN_MS;
        while (!stop.aborted && projector.progress().cursorSeq < life.headSeq && options.clock.nowMs() < deadlineMs) {
          projector.wake();
          await options.clock.sleep(50, stop);
        }
      },
    },
    abort,
  );
}

function loopOptions<O, F extends Fact>(
  options: RunOptions<O, F>,
  { ledger, state, life, projector }: Parts,
): Parameters<typeof ingest<O, F>>[0] {
  const { emitter, clock, log, meter } = options;
  return {
    emitter: {
      source: emitter.source,
      interpret: (present, observation) => {
        life.settled = false;
        return emitter.interpret(present, observation);
      },
    },
    ledger,
    state,
    clock,
    log,
    onCommit: (stored) => {
      life.heartbeatMs = clock.nowMs();
      life.settled = true;
      life.headSeq = stored.at(-1)?.seq ?? life.headSeq;
      if (stored.length > 0) projector.wake();
    },
    onDeadLetter: (letter) => countDeadLetter(meter, letter),
  };
}

function wireProjector<O, F extends Fact>(options: RunOptions<O, F>, { ledger, state, life }: Omit<Parts, "projector">): Projector {
  const { emitter, clock, meter } = options;
  return createProjector<F>({
    ledger,
    otlp: wireOtlp(options, "projector"),
    clock,
    resource: { ...options.resource, "service.instance.id": ledger.id },
    domain: emitter.domain,
    projection: emitter.projection,
    metrics: emitter.metrics,
    zeros: emitter.zeros,
    signals: emitter.signals,
    gauges: (seq) => [...gaugesNow(emitter, { state, life }), ledgerCursor.at({}, seq)],
    intervalMs: options.collector.intervalMs,
    onUnknownLabel: () => countDeadLetter(meter, { origin: "projector", reason: "invalid_label" }),
  });
}

/** The gauges of what the ledger says; while a batch is interpreted those of the last commit. */
function gaugesNow<O, F extends Fact>(emitter: Emitter<O, F>, { state, life }: Pick<Parts, "state" | "life">): readonly GaugePoint[] {
  if (life.settled) life.gauges = emitter.gauges(state);
  return life.gauges;
}

/** The way to the Collector that counts what it does and says once when it cannot; for a stream as well. */
export function wireOtlp(
  { collector, clock, log, meter }: Pick<RunOptions<never, never>, "collector" | "clock" | "log" | "meter">,
  name: string,
): OtlpClient {
  const say = onChange(log, `${name} to Collector`);
  return createOtlpClient({
    ...collector,
    clock,
    onDelivery: (event: DeliveryEvent) => {
      countDelivery(meter, event);
      if (event.delivery === "retried") say(event.error?.message ?? "unreachable", errorFields(event.error));
      if (event.delivery === "acknowledged") say(undefined);
      if (event.delivery === "dead_lettered") log.error("the Collector refuses an item for good", errorFields(event.error));
    },
  });
}

/** Asks again only when the last answer is older than `ms`: counting a large table takes its time. */
function keptFor<T>(ms: number, clock: Clock, ask: () => Promise<T>): () => Promise<T> {
  let kept: { readonly atMs: number; readonly value: T } | undefined;
  return async () => {
    if (kept === undefined || clock.nowMs() - kept.atMs >= ms) kept = { atMs: clock.nowMs(), value: await ask() };
    return kept.value;
  };
}

async function wireHttp<O, F extends Fact>(options: RunOptions<O, F>, { ledger, state, life, projector }: Parts): Promise<HttpServer> {
  const { clock, version, emitter } = options;
  const startMs = clock.nowMs();
  const sizes = keptFor(SIZES_MS, clock, () => ledger.sizes());
  const unhealthy = (): string[] =>
    clock.nowMs() - (life.heartbeatMs ?? startMs) > STILL_MS ? ["the loop has not turned for a minute: the source does not answer"] : [];
  return await startHttp({
    ...options.http,
    ...(emitter.intake !== undefined && { intake: emitter.intake }),
    unhealthy,
    unready: () => [
      ...unhealthy(),
      ...(life.heartbeatMs === undefined ? ["nothing was observed yet"] : []),
      ...(projector.progress().ready ? [] : ["the Collector has not acknowledged anything yet"]),
    ],
    state: async (): Promise<Json> => ({
      domain: emitter.domain,
      version,
      ledger: { id: ledger.id, head: life.headSeq, ...(await sizes()) },
      projector: { cursor: projector.progress().cursorSeq, lag: Math.max(0, life.headSeq - projector.progress().cursorSeq) },
      heartbeat: life.heartbeatMs === undefined ? null : new Date(life.heartbeatMs).toISOString(),
      cursors: Object.fromEntries(await ledger.cursors()),
      gauges: gaugesNow(emitter, { state, life }).map(({ metric, labels, value }) => ({ name: metric.prometheus, labels, value })),
    }),
    fact: (id) => ledger.fact(id),
  });
}
