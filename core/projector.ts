import type { Clock } from "#core/clock.ts";
import { type BatchReader, createBatchReader, type EncodedBatch } from "#core/encoded-batch.ts";
import type { Fact, StoredFact } from "#core/fact.ts";
import type { DeadLetter, Ledger, Total } from "#core/ledger/ledger.ts";
import type { Delivery, OtlpClient } from "#core/otlp.ts";
import { countOf } from "#core/otlp-pieces.ts";
import { encodePoint, type MetricPoint, type OtlpPiece, type OtlpSignal } from "#core/otlp-proto.ts";
import { refusedLetters } from "#core/refused.ts";
import { retry } from "#core/retry.ts";
import type { Attributes, GaugePoint, Increment, MetricDefinition, Signal } from "#core/signal.ts";
import { Tally } from "#core/tally.ts";
import { foldDigest, Totals } from "#core/totals.ts";

/** What the projector is made of. */
export interface ProjectorOptions<F extends Fact> {
  readonly ledger: Ledger;
  readonly otlp: OtlpClient;
  readonly clock: Clock;
  /** Of the ledger's metrics, spans and logs; `service.instance.id` is the ledger's id. */
  readonly resource: Attributes;
  readonly domain: string;
  readonly projection: number;
  readonly metrics: readonly MetricDefinition[];
  readonly zeros: readonly Increment[];
  readonly signals: (stored: StoredFact<F>) => readonly Signal[];
  /** The gauges of the last committed state, and the cursor gauge at `seq`. */
  readonly gauges: (seq: number) => readonly GaugePoint[];
  /** How often totals are exported when nothing new comes. */
  readonly intervalMs: number;
  /** Most facts one export carries. */
  readonly batchSize?: number;
  readonly onUnknownLabel?: () => void;
}

/** How far the projector is. */
export interface Progress {
  /** The last acknowledged fact. */
  readonly cursorSeq: number;
  /** When the oldest fact that waits was written, Unix milliseconds; undefined when none is known to wait. */
  readonly waitingSinceMs: number | undefined;
  /** True once the totals of this start were acknowledged. */
  readonly ready: boolean;
}

/** A running projector. */
export interface Projector {
  /** Follows the ledger until aborted. */
  readonly run: (abort: AbortSignal) => Promise<void>;
  /** Says that the ledger may have grown. */
  readonly wake: () => void;
  readonly progress: () => Progress;
}

const BATCH_SIZE = 2_000;
const LEDGER_BACKOFF = { firstMs: 100, capMs: 5_000 };

/**
 * Follows the ledger and exports what it says: spans and logs of each fact once it is there, totals at the cursor.
 *
 * Before anything is sent, the ledger records to where and with which time stamp (`intend`); after acknowledgement it records the totals
 * (`settle`). A process that dies in between sends the very same points again, so that no counter ever falls. The first export after a
 * start or an outage repeats the last acknowledged totals, so that `increase()` sees the step that follows. With a backlog, the next batch
 * is read and encoded while the Collector works on this one, and the commit that settles this one intends the next.
 */
export function createProjector<F extends Fact>(options: ProjectorOptions<F>): Projector {
  const bell = createBell();
  let session: Session | undefined;
  return {
    wake: bell.ring,
    progress: () => ({
      cursorSeq: session?.cursorSeq ?? 0,
      waitingSinceMs: session?.waitingSinceMs,
      ready: session !== undefined && session.exportedAtMs > 0,
    }),
    run: async (abort) => {
      session = await openSession(options, abort);
      try {
        while (!abort.aborted) await step(options, session, { bell, abort });
      } finally {
        // What was read ahead may still be reading: the ledger is about to be closed.
        await session.ahead?.catch(() => undefined);
      }
    },
  };
}

/** Exports what is next in the ledger, or waits for it. */
async function step<F extends Fact>(
  options: ProjectorOptions<F>,
  session: Session,
  { bell, abort }: { readonly bell: Bell; readonly abort: AbortSignal },
): Promise<void> {
  const batch = await (session.ahead ?? readAhead(options, session, session.cursorSeq));
  session.ahead = undefined;
  session.waitingSinceMs = batch.oldestMs;
  if (batch.facts === 0) {
    if (options.clock.nowMs() - session.exportedAtMs >= options.intervalMs) await repeatTotals(options, session, abort);
    await bell.wait(options.intervalMs, options.clock, abort);
    return;
  }
  if (session.stale) await repeatTotals(options, session, abort);
  const intendedAtMs = session.intendedAtMs;
  session.intendedAtMs = undefined;
  await project(options, session, { batch, abort, atMs: intendedAtMs ?? stamp(options, session), intended: intendedAtMs !== undefined });
}

interface Session {
  readonly totals: Totals;
  readonly reader: BatchReader;
  cursorSeq: number;
  /** Time stamp of the last exported points; each export has a later one. */
  exportedAtMs: number;
  /** After a start or an outage: the totals are repeated before anything new. */
  stale: boolean;
  waitingSinceMs: number | undefined;
  /** The batch after the one that is being sent, read and encoded while the Collector works on that one. */
  ahead?: Promise<EncodedBatch> | undefined;
  /** The time stamp with which the ledger already knows of that batch. */
  intendedAtMs?: number | undefined;
}

async function openSession<F extends Fact>(options: ProjectorOptions<F>, abort: AbortSignal): Promise<Session> {
  const { ledger, clock, domain, metrics, zeros } = options;
  const digest = foldDigest(domain, options.projection, metrics);
  const stored = await ledger.projection.load();
  const fresh = { reader: readerOf(options, abort), exportedAtMs: 0, stale: true, waitingSinceMs: undefined };
  if (stored === undefined || stored.digest !== digest) {
    const cursorSeq = stored?.cursorSeq ?? 0;
    const totals = await refold(options, { upTo: cursorSeq, previous: stored?.totals ?? [], atMs: clock.nowMs() });
    await ledger.projection.restart({ digest, cursorSeq, totals });
    return { ...fresh, totals: new Totals(metrics, totals), cursorSeq };
  }
  const session: Session = { ...fresh, totals: new Totals(metrics, stored.totals), cursorSeq: stored.cursorSeq };
  if (stored.pending !== null) {
    const { toSeq, atMs } = stored.pending;
    const batch = await session.reader.exactly(stored.cursorSeq, toSeq);
    await project(options, session, { batch, atMs, abort, intended: true, resumed: true });
  }
  session.totals.bear(zeros, stamp(options, session));
  return session;
}

/**
 * Folds every fact up to the cursor again, silently: spans and logs were delivered long ago. A series that stays keeps its birth, unless
 * its total is now lower: then it is another counter and is born anew.
 */
async function refold<F extends Fact>(
  options: ProjectorOptions<F>,
  { upTo, previous, atMs }: { upTo: number; previous: readonly Total[]; atMs: number },
): Promise<readonly Total[]> {
  const kept = previous.map((total) => ({ ...total, value: 0, buckets: total.buckets?.map(() => 0) ?? null }));
  const totals = new Totals(options.metrics, kept);
  totals.bear(options.zeros, atMs);
  let rows: readonly StoredFact<F>[] = [];
  for (let seq = 0; seq < upTo; seq = rows.at(-1)?.seq ?? upTo) {
    rows = await readFacts(options, seq, BATCH_SIZE);
    const tally = new Tally();
    for (const stored of rows) if (stored.seq <= upTo) tally.count(options.signals(stored), stored.fact, () => options.onUnknownLabel?.());
    totals.fold(tally, atMs);
  }
  const before = new Map(previous.map((total) => [`${total.metric}${total.labels}`, total.value]));
  const rowsWentAway = (await options.ledger.pruned()).length > 0;
  return totals.all().map((total) => {
    const known = before.get(`${total.metric}${total.labels}`) ?? 0;
    if (total.value >= known) return total;
    // What pruned facts once counted stands in the earlier totals only.
    return rowsWentAway ? { ...total, value: known } : { ...total, bornAtMs: atMs - 1 };
  });
}

/** Exports the totals as they were acknowledged, with a new time stamp: nothing moves, so nothing is recorded first. */
async function repeatTotals<F extends Fact>(options: ProjectorOptions<F>, session: Session, abort: AbortSignal): Promise<void> {
  for (;;) {
    await options.ledger.assertWriter();
    const atMs = stamp(options, session);
    const startedMs = options.clock.nowMs();
    const delivery = await send(options, { signal: "metrics", items: metricItems(options, { ...session, atMs }), abort });
    session.exportedAtMs = atMs;
    const settled = {
      cursorSeq: session.cursorSeq,
      totals: session.totals.changes(),
      deadLetters: refusedLetters("metrics", options.resource, delivery),
    };
    if (settled.totals.length > 0 || settled.deadLetters.length > 0) {
      await patiently(options, abort, () => options.ledger.projection.settle(settled));
    }
    session.totals.settle();
    session.stale = false;
    // What was delivered only after an outage carries an old time stamp: say it once more, now.
    if (delivery.retries === 0 || options.clock.nowMs() - startedMs < options.intervalMs) return;
  }
}

interface Work {
  readonly batch: EncodedBatch;
  readonly atMs: number;
  readonly abort: AbortSignal;
  /** The intention already stands in the ledger. */
  readonly intended: boolean;
  /** It was another process's, which died. */
  readonly resumed?: boolean;
}

async function project<F extends Fact>(options: ProjectorOptions<F>, session: Session, work: Work): Promise<void> {
  const { batch, atMs, abort } = work;
  const { toSeq = session.cursorSeq } = batch;
  await options.ledger.assertWriter();
  if (!work.intended) await patiently(options, abort, () => options.ledger.projection.intend({ toSeq, atMs }));
  session.totals.fold(batch.tally, atMs);
  // Only with a backlog: at the head, what comes meanwhile would be split over more exports than needed.
  if (batch.more) session.ahead = readAhead(options, session, toSeq);
  const startedMs = options.clock.nowMs();
  const sent = await sendAll(options, session, { ...work, toSeq });
  session.exportedAtMs = atMs;
  session.stale ||= sent.retries > 0 && options.clock.nowMs() - startedMs >= options.intervalMs;
  const next = await nextIntention(options, session, abort);
  const done = { cursorSeq: toSeq, totals: session.totals.changes(), deadLetters: sent.deadLetters, ...(next && { next }) };
  await patiently(options, abort, () => options.ledger.projection.settle(done));
  session.totals.settle();
  session.cursorSeq = toSeq;
  session.intendedAtMs = next?.atMs;
}

/** Sends spans and log records, then the totals that count them. */
async function sendAll<F extends Fact>(
  options: ProjectorOptions<F>,
  { totals }: Session,
  { batch, atMs, toSeq, abort, resumed }: Work & { readonly toSeq: number },
): Promise<{ readonly retries: number; readonly deadLetters: readonly DeadLetter[] }> {
  const { resource } = options;
  const [traced, logged] = await Promise.all([
    send(options, { signal: "traces", items: [batch.spans], abort }),
    send(options, { signal: "logs", items: [batch.logs], abort }),
  ]);
  // The wait for spans and logs may have been long: only a writer that still is one may move the totals.
  await options.ledger.assertWriter();
  // Gauges speak of now; under the time stamp of an earlier try they would contradict what was sent then.
  const points = resumed === true ? totals.points(atMs).map(encodePoint) : metricItems(options, { totals, cursorSeq: toSeq, atMs });
  const counted = await send(options, { signal: "metrics", items: points, abort });
  const letters = [["traces", traced] as const, ["logs", logged] as const, ["metrics", counted] as const];
  return {
    retries: traced.retries + logged.retries + counted.retries,
    deadLetters: letters.flatMap(([signal, delivery]) => refusedLetters(signal, resource, delivery)),
  };
}

/** What comes right after this export, if that is known: not after an outage, when totals are repeated first, nor when told to stop. */
async function nextIntention<F extends Fact>(
  options: ProjectorOptions<F>,
  session: Session,
  abort: AbortSignal,
): Promise<{ readonly toSeq: number; readonly atMs: number } | undefined> {
  // A fault of the reading is told when that batch's turn comes.
  const batch = await session.ahead?.catch(() => undefined);
  if (batch?.toSeq === undefined || session.stale || abort.aborted) return undefined;
  return { toSeq: batch.toSeq, atMs: stamp(options, session) };
}

function metricItems<F extends Fact>(
  options: ProjectorOptions<F>,
  { totals, cursorSeq, atMs }: { totals: Totals; cursorSeq: number; atMs: number },
): OtlpPiece[] {
  const gauges: MetricPoint[] = options.gauges(cursorSeq).map((point) => ({ ...point, atMs }));
  return [...totals.points(atMs), ...gauges].map(encodePoint);
}

async function send<F extends Fact>(
  { otlp, resource }: ProjectorOptions<F>,
  { signal, items, abort }: { signal: OtlpSignal; items: readonly OtlpPiece[]; abort: AbortSignal },
): Promise<Delivery> {
  if (countOf(items) === 0) return { acknowledged: 0, rejected: 0, dead: [], retries: 0 };
  return await otlp.send({ signal, resource, items, abort, patience: "wait" });
}

/** A stamp later than every stamp before, also when the clock steps back a little. */
function stamp<F extends Fact>({ clock }: ProjectorOptions<F>, { exportedAtMs }: Session): number {
  return Math.max(clock.nowMs(), exportedAtMs + 2);
}

function readAhead<F extends Fact>(
  { batchSize = BATCH_SIZE }: ProjectorOptions<F>,
  { reader }: Session,
  afterSeq: number,
): Promise<EncodedBatch> {
  const reading = reader.next(afterSeq, batchSize);
  // Its fault is told when its turn comes; until then nobody waits for it.
  reading.catch(() => undefined);
  return reading;
}

function readerOf<F extends Fact>(options: ProjectorOptions<F>, abort: AbortSignal): BatchReader {
  return createBatchReader<F>({
    read: (afterSeq, limit) => patiently(options, abort, () => readFacts(options, afterSeq, limit)),
    signals: options.signals,
    onUnknownLabel: () => options.onUnknownLabel?.(),
  });
}

/** The ledger gives back what this emitter wrote; its domain was checked when it was opened. */
async function readFacts<F extends Fact>(
  { ledger }: ProjectorOptions<F>,
  afterSeq: number,
  limit: number,
): Promise<readonly StoredFact<F>[]> {
  return (await ledger.read(afterSeq, limit)) as readonly StoredFact<F>[];
}

/** A full or unreachable ledger is waited for; a lost one is not. */
async function patiently<F extends Fact, T>({ clock }: ProjectorOptions<F>, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  return await retry(work, { clock, signal, backoff: LEDGER_BACKOFF });
}

/** A wait that can be cut short. */
interface Bell {
  readonly ring: () => void;
  readonly wait: (ms: number, clock: Clock, abort: AbortSignal) => Promise<void>;
}

function createBell(): Bell {
  let rung = false;
  let wakeUp: (() => void) | undefined;
  return {
    ring: () => {
      rung = true;
      wakeUp?.();
    },
    wait: async (ms, clock, abort) => {
      const nap = new AbortController();
      wakeUp = () => nap.abort();
      if (!rung) await clock.sleep(ms, AbortSignal.any([nap.signal, abort]));
      rung = false;
      wakeUp = undefined;
    },
  };
}
