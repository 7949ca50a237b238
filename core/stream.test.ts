import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Ledger, LedgerLocation } from "#core/ledger/ledger.ts";
import { openLedger } from "#core/ledger/open.ts";
import { createLog } from "#core/log.ts";
import { createMeter } from "#core/meter.ts";
import { NO_RECORDS, runStream } from "#core/run-stream.ts";
import { counter, histogram } from "#core/signal.ts";
import type { StreamEmitter } from "#core/stream.ts";
import { LAST_EXPORT, SHOWN } from "#core/stream-export.ts";
import { hastyClock } from "#core/testing/hasty-clock.ts";
import { type OtlpReceiver, startOtlpReceiver } from "#core/testing/otlp-receiver.ts";
import { DATABASES, type TestDatabase } from "./ledger/testing/databases.ts";

const about = { unit: "{number}", brief: "Numbers.", resource: "ledger", prometheus: "n", labels: [], closed: {} } as const;
const numbers = counter<Record<string, never>>({ ...about, name: "test.numbers", instrument: "counter" });
const sizes = histogram<Record<string, never>>({ ...about, name: "test.sizes", instrument: "histogram", buckets: [10, 100] });

/** A stream of the numbers below `count`: it remembers in its state where it stands, and each number is a span, a count and a size. */
function countTo(count: number, onCommitted: (at: number) => void = () => {}): StreamEmitter<number> {
  return {
    domain: "numbers",
    source: async function* ({ state }, signal) {
      for (let at = Number(state.get("numbers", "at") ?? 0); at < count && !signal.aborted; at += 1)
        yield [{ feed: "numbers", observation: at }];
    },
    interpret: (state, number, out) => {
      state.set("numbers", "at", number + 1);
      out.series(numbers, {}, 1_000).add(1);
      out.series(sizes, {}, 1_000).add(number);
      const id = String(number + 1).padStart(16, "0");
      const place = { traceId: id.padStart(32, "0"), spanId: id, startMs: number, endMs: number };
      out.span({ type: "span", name: "number", kind: "internal", ...place, attributes: {} });
    },
    onCommitted: (changes) => {
      const moved = changes.find(({ collection }) => collection === "numbers");
      if (moved !== undefined) onCommitted(Number(moved.value));
    },
    gauges: () => [],
    zeros: [numbers.add({}, 0)],
    metrics: [numbers, sizes],
  };
}

describe.each(DATABASES)("a stream's ledger on $name", ({ start }) => {
  let database: TestDatabase;
  let receiver: OtlpReceiver;
  beforeAll(async () => {
    database = await start();
  }, 60_000);
  afterAll(async () => await database.stop());
  beforeEach(async () => {
    receiver = await startOtlpReceiver();
  });
  afterEach(async () => await receiver.close());

  const run = (location: LedgerLocation, emitter: StreamEmitter<number>, abort = new AbortController().signal) => {
    const log = createLog({ level: "error", write: () => {} });
    const collector = { url: receiver.url, headers: {}, timeoutMs: 5_000, intervalMs: 100 };
    const common = { http: { host: "127.0.0.1", port: 0 }, resource: {}, slot: "t", version: "0", meter: createMeter() };
    return runStream({ emitter, location, collector, ...common, clock: hastyClock, log }, abort);
  };
  const withLedger = async <T>(location: LedgerLocation, work: (ledger: Ledger) => Promise<T>): Promise<T> => {
    const ledger = await openLedger({ location, domain: "numbers", mode: "write", records: NO_RECORDS, nowMs: Date.now });
    try {
      return await work(ledger);
    } finally {
      await ledger.close();
    }
  };
  const stored = async (location: LedgerLocation) =>
    await withLedger(location, async (ledger) => {
      const totals = Object.fromEntries((await ledger.stream.totals()).map((total) => [total.metric, total]));
      return { at: (await ledger.state()).get("numbers", "at"), count: totals["test.numbers"]?.value, sizes: totals["test.sizes"] };
    });

  test("position and totals are one commit, and a restart goes on from it", async () => {
    const location = database.place();
    await run(location, countTo(30));
    await run(location, countTo(300));
    expect(await stored(location)).toMatchObject({ at: 300, count: 300, sizes: { value: (299 * 300) / 2, buckets: [11, 90, 199] } });
    expect(new Set(pointsOf(receiver).map(({ start }) => start)).size, "a series is born once").toBe(1);
    const values = pointsOf(receiver).map(({ value }) => value);
    expect(values).toEqual(values.toSorted((a, b) => a - b));
    // The second start first repeats what was acknowledged last.
    expect(values.filter((value) => value === 30).length).toBeGreaterThan(1);
    expect(values.at(-1)).toBe(300);
  });

  test("killed between the Collector's answer and its record, it repeats what was sent, and no counter falls", async () => {
    const location = database.place();
    await run(location, countTo(5));
    const acknowledged = await withLedger(location, async (ledger) => {
      const state = await ledger.state();
      const shown = [...state.entries(SHOWN)].map(([key, value]) => ({ collection: SHOWN, key, value }));
      return [...shown, { ...LAST_EXPORT, value: state.get(LAST_EXPORT.collection, LAST_EXPORT.key) }];
    });
    await run(location, countTo(50));
    // As if the process had died before the second run's acknowledgements were recorded.
    await withLedger(location, (ledger) => ledger.stream.commit({ changes: acknowledged, totals: [] }));
    const before = pointsOf(receiver).length;
    await run(location, countTo(60));
    const values = pointsOf(receiver).map(({ value }) => value);
    expect(values[before]).toBe(50);
    expect(values).toEqual(values.toSorted((a, b) => a - b));
  });

  test("while the Collector is away nothing is committed; told to stop, it reads the same again later", async () => {
    const location = database.place();
    await run(location, countTo(5));
    receiver.answer = ({ path }) => ({ status: path === "/v1/traces" ? 503 : 200 });
    const stop = new AbortController();
    const running = run(location, countTo(10), stop.signal);
    const traces = () => receiver.requests.filter(({ path }) => path === "/v1/traces").length;
    await expect.poll(traces, { timeout: 20_000, interval: 20 }).toBeGreaterThan(1);
    stop.abort();
    await running;
    expect(await stored(location)).toMatchObject({ at: 5, count: 5 });
    receiver.answer = () => ({ status: 200 });
    await run(location, countTo(10));
    expect(await stored(location)).toMatchObject({ at: 10, count: 10 });
  }, 30_000);

  test("what the Collector refuses for good is kept with its reason, and the rest goes on", async () => {
    const location = database.place();
    const isBad = ({ path, text }: { path: string; text: string }) => path === "/v1/traces" && text.includes('"0000000000000003"');
    receiver.answer = (request) => (isBad(request) ? { status: 400, body: { message: "no such span" } } : { status: 200 });
    await run(location, countTo(8));
    expect(await stored(location)).toMatchObject({ at: 8, count: 8 });
    const raw = await database.raw(location);
    const letters = await raw.run("SELECT reason, item FROM dead_letters");
    await raw.close();
    expect(letters.map(({ reason }) => reason)).toEqual(["collector_refused"]);
    expect(JSON.stringify(letters[0])).toContain("0000000000000003");
  });

  test("a second writer is refused while the first one lives", async () => {
    const location = database.place();
    const stop = new AbortController();
    let committed = 0;
    const running = run(location, endless(countTo(1_000_000_000, (at) => (committed = at))), stop.signal);
    await expect.poll(() => committed, { timeout: 20_000, interval: 20 }).toBeGreaterThan(0);
    await expect(run(location, countTo(1))).rejects.toMatchObject({ code: "LEDGER_LOCKED" });
    stop.abort();
    await running;
    expect((await stored(location)).count).toBe((await stored(location)).at);
  });
});

/** Gives way between its observations, and now and then says that there is nothing more for the moment. */
function endless(emitter: StreamEmitter<number>): StreamEmitter<number> {
  return {
    ...emitter,
    source: async function* (resume, signal) {
      for await (const batch of emitter.source(resume, signal)) {
        yield batch;
        yield [];
        await hastyClock.sleep(10, signal);
      }
    },
  };
}

/** The acknowledged points of the counter, by time. */
function pointsOf(receiver: OtlpReceiver): { readonly start: string; readonly value: number }[] {
  const bodies = receiver.requests.filter(({ path }) => path === "/v1/metrics").map(({ body }) => body as MetricsBody);
  return bodies
    .flatMap(({ resourceMetrics }) => resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics)))
    .filter(({ name }) => name === "test.numbers")
    .flatMap(({ sum }) => sum?.dataPoints ?? [])
    .sort((a, b) => Number(BigInt(a.timeUnixNano) - BigInt(b.timeUnixNano)))
    .map(({ startTimeUnixNano: start, asInt }) => ({ start, value: Number(asInt) }));
}

interface MetricsBody {
  readonly resourceMetrics: readonly {
    readonly scopeMetrics: readonly {
      readonly metrics: readonly {
        readonly name: string;
        readonly sum?: { readonly dataPoints: readonly { timeUnixNano: string; startTimeUnixNano: string; asInt: string }[] };
      }[];
    }[];
  }[];
}
