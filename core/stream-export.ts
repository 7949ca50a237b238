import type { Clock } from "#core/clock.ts";
import type { Ledger } from "#core/ledger/ledger.ts";
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
export const LAST_EXPORT = { collection: "offing.stream", key: "export" } as const;

/** The least time between two exports while much is going on. */
const GAP_MS = 500;
const BACKOFF = { firstMs: 100, capMs: 5_000 };

/**
 * Shows the committed totals to the Collector whenever they moved, and at each interval.
 *
 * What it acknowledged is recorded: the first export after a start or an outage repeats those values under a new time, so that
 * `increase()` sees the step that follows, and `reconcile` knows what Prometheus must hold at which moment.
 */
export function createStreamExport(options: StreamExportOptions): StreamExport {
  const { state, clock } = options;
  const stored = state.get(LAST_EXPORT.collection, LAST_EXPORT.key) as LastExport | undefined;
  const life: Life = { last: stored, ready: false, stale: stored !== undefined };
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
  const { points, acknowledged } = totals.export(atMs);
  const gauges = options.gauges(commit).map((gauge) => ({ ...gauge, atMs }));
  const { delivery, late } = await deliver(options, { points: [...points, ...gauges], abort });
  life.last = { atMs, commit };
  life.stale = late;
  const changes = acknowledged().map(({ key, value }) => ({ collection: SHOWN, key, value }));
  const deadLetters = refusedLetters("metrics", options.resource, delivery);
  const written = { changes: [...changes, { ...LAST_EXPORT, value: { atMs, commit } }], totals: [], deadLetters };
  await retry(() => options.ledger.stream.commit(written), { clock, signal: abort, backoff: BACKOFF });
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
