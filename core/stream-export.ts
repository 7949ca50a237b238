import type { Clock } from "#core/clock.ts";
import type { Ledger, StreamCommit } from "#core/ledger/ledger.ts";
import type { Delivery, OtlpClient } from "#core/otlp.ts";
import { encodePoint, type MetricPoint } from "#core/otlp-proto.ts";
import { refusedLetters } from "#core/refused.ts";
import { retry } from "#core/retry.ts";
import type { Attributes, GaugePoint } from "#core/signal.ts";
import type { State } from "#core/state.ts";
import type { StreamTotals } from "#core/stream-totals.ts";

/** What the export works with. */
export interface StreamExportOptions {
  readonly ledger: Ledger;
  readonly state: State;
  readonly totals: StreamTotals;
  readonly otlp: OtlpClient;
  readonly resource: Attributes;
  readonly clock: Clock;
  /** How often totals are repeated when nothing new comes. */
  readonly intervalMs: number;
  /** The number of the last commit. */
  readonly committed: () => number;
  /** The gauges now, the position gauge at `commit` among them. */
  readonly gauges: (commit: number) => readonly GaugePoint[];
}

/** The last export that the Collector acknowledged. */
export interface LastExport {
  /** Its time stamp, Unix milliseconds. */
  readonly atMs: number;
  /** The commit whose totals it carried. */
  readonly commit: number;
}

/** A running export. */
export interface StreamExport {
  readonly run: (abort: AbortSignal) => Promise<void>;
  /** Undefined before the first acknowledged one of this ledger. */
  readonly last: () => LastExport | undefined;
  /** True once the totals of this start were acknowledged. */
  readonly ready: () => boolean;
}

/** Where the last acknowledged values stand in the state: a collection of series, and the export they belong to. */
export const SHOWN = "offing.shown";
/** Where the values stand that were last about to be sent: a collection of series, none of them behind what was acknowledged. */
export const INTENDED = "offing.intended";
export const LAST_EXPORT = { collection: "offing.stream", key: "export" } as const;

/** The least time between two exports while much is going on. */
const GAP_MS = 500;
const BACKOFF = { firstMs: 100, capMs: 5_000 };

/**
 * Shows the committed totals to the Collector whenever they moved, and at each interval.
 *
 * What is about to be sent is recorded first: the first export after a start repeats those values under a new time, so that `increase()`
 * sees the step that follows, and no counter falls when a process died before it learnt that they were taken. What was acknowledged is
 * recorded as well, so that `reconcile` knows what Prometheus must hold at which moment.
 */
export function createStreamExport(options: StreamExportOptions): StreamExport {
  const { state, clock } = options;
  const stored = state.get(LAST_EXPORT.collection, LAST_EXPORT.key) as LastExport | undefined;
  const began = !state.entries(INTENDED)[Symbol.iterator]().next().done;
  const life: Life = { last: stored, ready: false, stale: stored !== undefined || began };
  return {
    last: () => life.last,
    ready: () => life.ready,
    run: async (abort) => {
      while (!abort.aborted) {
        const sinceMs = clock.nowMs() - (life.last?.atMs ?? 0);
        const moved = life.last?.commit !== options.committed();
        if (!life.ready || moved || sinceMs >= options.intervalMs || sinceMs < 0) await show(options, life, abort);
        await clock.sleep(Math.min(GAP_MS, options.intervalMs), abort);
      }
    },
  };
}

interface Life {
  last: LastExport | undefined;
  ready: boolean;
  /** The last acknowledged values must be repeated before new ones. */
  stale: boolean;
}

async function show(options: StreamExportOptions, life: Life, abort: AbortSignal): Promise<void> {
  const { totals, clock } = options;
  while (life.stale) {
    const { late } = await deliver(options, { points: totals.shownPoints(stamp(options, life)), abort });
    life.stale = late;
  }
  const atMs = stamp(options, life);
  // Read together, before anything is awaited: the values and the number of their commit.
  const commit = options.committed();
  const { points, moved, acknowledge } = totals.export(atMs);
  const gauges = options.gauges(commit).map((gauge) => ({ ...gauge, atMs }));
  const recordAs = (collection: string) => moved.map(({ key, value }) => ({ collection, key, value }));
  const record = async (written: StreamCommit) =>
    await retry(() => options.ledger.stream.commit(written), { clock, signal: abort, backoff: BACKOFF });
  if (moved.length > 0) await record({ changes: recordAs(INTENDED), totals: [] });
  const { delivery, late } = await deliver(options, { points: [...points, ...gauges], abort });
  life.last = { atMs, commit };
  life.stale = late;
  acknowledge();
  const deadLetters = refusedLetters("metrics", options.resource, delivery);
  await record({ changes: [...recordAs(SHOWN), { ...LAST_EXPORT, value: { atMs, commit } }], totals: [], deadLetters });
  life.ready = true;
}

/** Sends until taken; what was taken only after an outage carries an old time stamp and is said once more. */
async function deliver(
  { ledger, otlp, resource, clock, intervalMs }: StreamExportOptions,
  { points, abort }: { points: readonly MetricPoint[]; abort: AbortSignal },
): Promise<{ readonly delivery: Delivery; readonly late: boolean }> {
  await ledger.assertWriter();
  const startedMs = clock.nowMs();
  const items = points.map(encodePoint);
  const delivery = await otlp.send({ signal: "metrics", resource, items, abort, patience: "wait" });
  return { delivery, late: delivery.retries > 0 && clock.nowMs() - startedMs >= intervalMs };
}

/** Later than every stamp before, also when the clock steps back. */
function stamp({ clock }: StreamExportOptions, { last }: Life): number {
  return Math.max(clock.nowMs(), (last?.atMs ?? 0) + 2);
}
