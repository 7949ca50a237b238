import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Total } from "./ledger.ts";
import { DATABASES, type TestDatabase } from "./testing/databases.ts";
import { commitOf, openSample, sampleFacts } from "./testing/sample.ts";

const COUNTER: Total = { metric: "offing.sample.rows", labels: '{"label":"ä ␀"}', value: 3, buckets: null, bornAtMs: 999 };
const HISTOGRAM: Total = { metric: "offing.sample.size", labels: "{}", value: 0.1 + 0.2, buckets: [1, 0, 2 ** 40], bornAtMs: 1_000 };

describe.each(DATABASES)("the projection on $name", ({ start }) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await start();
  }, 60_000);
  afterAll(async () => await database.stop());

  test("there is none before the first", async () => {
    await using ledger = await openSample(database.place());
    expect(await ledger.projection.load()).toBeUndefined();
    await expect(ledger.projection.intend({ toSeq: 1, atMs: 1 })).rejects.toMatchObject({ code: "LEDGER_REFUSED" });
    const early = ledger.projection.settle({ cursorSeq: 1, totals: [COUNTER], deadLetters: [] });
    await expect(early).rejects.toMatchObject({ code: "LEDGER_REFUSED" });
    expect(await ledger.select("SELECT count(*) AS value FROM totals", 0)).toEqual([{ value: 0 }]);
  });

  test("what was settled comes back, changed totals replace the old ones", async () => {
    const place = database.place();
    {
      await using ledger = await openSample(place);
      await ledger.append(commitOf(...sampleFacts(1, 9)));
      const started = await ledger.projection.restart({ digest: "one", cursorSeq: 0, totals: [COUNTER] });
      expect(started).toEqual({ generation: 1, digest: "one", cursorSeq: 0, pending: null, totals: [COUNTER] });
      await ledger.projection.intend({ toSeq: 5, atMs: 1_234 });
      await ledger.projection.settle({ cursorSeq: 5, totals: [{ ...COUNTER, value: 8 }, HISTOGRAM], deadLetters: [] });
    }
    await using again = await openSample(place);
    const settled = { generation: 1, digest: "one", cursorSeq: 5, pending: null, totals: [{ ...COUNTER, value: 8 }, HISTOGRAM] };
    expect(await again.projection.load()).toEqual(settled);
    await using reader = await openSample(place, "read");
    expect(await reader.projection.load()).toEqual(settled);
  });

  test("an intention outlives a crash until it is settled", async () => {
    const place = database.place();
    {
      await using ledger = await openSample(place);
      await ledger.projection.restart({ digest: "one", cursorSeq: 0, totals: [COUNTER] });
      await ledger.projection.intend({ toSeq: 7, atMs: 1_234 });
    }
    await using again = await openSample(place);
    const pending = { toSeq: 7, atMs: 1_234 };
    expect(await again.projection.load()).toEqual({ generation: 1, digest: "one", cursorSeq: 0, pending, totals: [COUNTER] });
    await again.projection.settle({ cursorSeq: 7, totals: [], deadLetters: [] });
    expect(await again.projection.load()).toEqual({ generation: 1, digest: "one", cursorSeq: 7, pending: null, totals: [COUNTER] });
  });

  test("what settles one export may intend the next", async () => {
    await using ledger = await openSample(database.place());
    await ledger.projection.restart({ digest: "one", cursorSeq: 0, totals: [COUNTER] });
    await ledger.projection.intend({ toSeq: 7, atMs: 1_234 });
    await ledger.projection.settle({ cursorSeq: 7, totals: [], deadLetters: [], next: { toSeq: 9, atMs: 1_240 } });
    expect(await ledger.projection.load()).toMatchObject({ cursorSeq: 7, pending: { toSeq: 9, atMs: 1_240 } });
  });

  test("a new generation replaces everything, also an intention", async () => {
    await using ledger = await openSample(database.place());
    await ledger.projection.restart({ digest: "one", cursorSeq: 4, totals: [COUNTER, HISTOGRAM] });
    await ledger.projection.intend({ toSeq: 7, atMs: 1_234 });
    await ledger.projection.restart({ digest: "two", cursorSeq: 2, totals: [{ ...HISTOGRAM, value: 1 }] });
    const fresh = { generation: 2, digest: "two", cursorSeq: 2, pending: null, totals: [{ ...HISTOGRAM, value: 1 }] };
    expect(await ledger.projection.load()).toEqual(fresh);
  });

  test("the cursor never moves back, and what tries to leaves nothing", async () => {
    await using ledger = await openSample(database.place());
    await ledger.projection.restart({ digest: "one", cursorSeq: 4, totals: [COUNTER] });
    const deadLetters = [{ origin: "projector", reason: "test", item: null }] as const;
    const back = ledger.projection.settle({ cursorSeq: 3, totals: [{ ...COUNTER, value: 1 }], deadLetters });
    await expect(back).rejects.toMatchObject({ code: "LEDGER_REFUSED" });
    await expect(ledger.projection.intend({ toSeq: 3, atMs: 1 })).rejects.toMatchObject({ code: "LEDGER_REFUSED" });
    expect(await ledger.projection.load()).toMatchObject({ cursorSeq: 4, pending: null, totals: [COUNTER] });
    expect(await ledger.select("SELECT count(*) AS value FROM dead_letters", 0)).toEqual([{ value: 0 }]);
    await ledger.projection.settle({ cursorSeq: 4, totals: [], deadLetters });
    expect(await ledger.select("SELECT count(*) AS value FROM dead_letters", 0)).toEqual([{ value: 1 }]);
  });

  test("load sees one moment while totals move", async () => {
    const place = database.place();
    await using ledger = await openSample(place);
    await using reader = await openSample(place, "read");
    await ledger.projection.restart({ digest: "one", cursorSeq: 0, totals: [{ ...COUNTER, value: 0 }] });
    const settling = (async () => {
      for (let seq = 1; seq <= 60; seq += 1) {
        await ledger.projection.settle({ cursorSeq: seq, totals: [{ ...COUNTER, value: seq }], deadLetters: [] });
      }
    })();
    const seen = new Set<number>();
    while (!seen.has(60)) {
      const projection = await reader.projection.load();
      expect(projection?.totals[0]?.value).toBe(projection?.cursorSeq);
      seen.add(projection?.cursorSeq ?? 0);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await settling;
  });
});
