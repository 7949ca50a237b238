import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Ledger, PruneOrder } from "./ledger.ts";
import { DATABASES, type TestDatabase } from "./testing/databases.ts";
import { commitOf, openSample, SAMPLE_SELECT, sampleFact, sampleFacts } from "./testing/sample.ts";

const METRIC = "offing.sample.rows";

describe.each(DATABASES)("prune on $name", ({ start }) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await start();
  }, 60_000);
  afterAll(async () => await database.stop());

  test("takes the range, keeps what the SELECT counts less, and sums it up", async () => {
    await using ledger = await filled(database);
    const before = await counted(ledger);
    expect(await ledger.prune(order(1, 2_500))).toBe(2_500);
    expect(await ledger.select("SELECT min(seq) AS value FROM sample_log", 0)).toEqual([{ value: 2_502 }]);
    // Every third of 1..2500 is a `b`; fact 2, an `a`, was taken back, so it counted no more.
    expect(await ledger.pruned()).toEqual([
      { metric: METRIC, labels: '{"label":"a"}', count: 1_666 },
      { metric: METRIC, labels: '{"label":"b"}', count: 833 },
    ]);
    expect(withPruned(await counted(ledger), await ledger.pruned())).toEqual(before);
    expect(await ledger.prune(order(2_501, 2_600))).toBe(99);
    expect(withPruned(await counted(ledger), await ledger.pruned())).toEqual(before);
    expect((await ledger.read(0, 1)).map(({ seq }) => seq)).toEqual([1]);
  });

  test("a prune cut short is finished by the next call, and the counts are those of the whole", async () => {
    const place = database.place();
    await using ledger = await filled(database, place);
    const before = await counted(ledger);
    const raw = await database.raw(place);
    await cutShort(raw.run, ledger);
    // The batch before the crash is gone, the closure is not there, and more was appended meanwhile.
    await raw.run("DELETE FROM sample_log WHERE seq BETWEEN 1 AND 1000");
    await raw.close();
    await ledger.append(commitOf(sampleFact("after the crash", { label: "a" })));
    expect(await ledger.prune(order(1, 2_500))).toBe(2_500);
    expect(await ledger.pruned()).toEqual([
      { metric: METRIC, labels: '{"label":"a"}', count: 1_666 },
      { metric: METRIC, labels: '{"label":"b"}', count: 833 },
    ]);
    expect(withPruned(await counted(ledger, 3_001), await ledger.pruned())).toEqual(before);
    expect(await ledger.select("SELECT count(*) AS value FROM prune_records", 0)).toEqual([{ value: 1 }]);
  });

  test("another order finishes the open one first", async () => {
    const place = database.place();
    await using ledger = await filled(database, place);
    const before = await counted(ledger);
    const raw = await database.raw(place);
    await cutShort(raw.run, ledger);
    await raw.run("DELETE FROM sample_log WHERE seq BETWEEN 1 AND 1000");
    expect(await ledger.prune(order(2_502, 3_000))).toBe(499);
    expect(withPruned(await counted(ledger), await ledger.pruned())).toEqual(before);
    expect(await ledger.select("SELECT record, row_count FROM prune_closures ORDER BY record", 0)).toEqual([
      { record: 1, row_count: 2_500 },
      { record: 2, row_count: 499 },
    ]);
    await raw.close();
  });

  test("the next seq does not come back when the newest facts went", async () => {
    const place = database.place();
    {
      await using ledger = await openSample(place);
      await ledger.append(commitOf(...sampleFacts(1, 10)));
      await ledger.projection.restart({ digest: "d", cursorSeq: 10, totals: [] });
      expect(await ledger.prune({ ...order(1, 10), table: "facts" })).toBe(10);
      expect(await ledger.head()).toBe(10);
    }
    await using again = await openSample(place);
    expect(await again.read(0, 10)).toEqual([]);
    expect((await again.append(commitOf(sampleFact("fact:11"))))[0]?.seq).toBe(11);
  });

  test("dead letters go by their own numbers", async () => {
    await using ledger = await openSample(database.place());
    const letter = { origin: "source", reason: "test", item: null } as const;
    await ledger.append({ ...commitOf(), deadLetters: [letter, letter, letter] });
    expect(await ledger.prune({ ...order(1, 2), table: "dead_letters", selects: {} })).toBe(2);
    await expect(ledger.prune({ ...order(3, 4), table: "dead_letters", selects: {} })).rejects.toMatchObject({ code: "LEDGER_REFUSED" });
  });

  test.each([
    ["a table that only grows", { table: "sample_codes" }],
    ["a table of the ledger itself", { table: "state" }],
    ["a table that is not there", { table: "nothing" }],
    ["what is not written", { toSeq: 3_002 }],
    ["a range from 0", { fromSeq: 0 }],
    ["an empty range", { fromSeq: 9, toSeq: 8 }],
  ])("refuses %s and records nothing", async (_, wrong) => {
    await using ledger = await filled(database);
    await expect(ledger.prune({ ...order(1, 10), ...wrong })).rejects.toMatchObject({ code: "LEDGER_REFUSED" });
    expect(await ledger.select("SELECT count(*) AS value FROM prune_records", 0)).toEqual([{ value: 0 }]);
  });

  test("refuses what the projector has not counted", async () => {
    await using ledger = await openSample(database.place());
    await ledger.append(commitOf(...sampleFacts(1, 10)));
    await expect(ledger.prune(order(1, 5))).rejects.toMatchObject({ code: "LEDGER_REFUSED" });
    await ledger.projection.restart({ digest: "d", cursorSeq: 4, totals: [] });
    await expect(ledger.prune(order(1, 5))).rejects.toMatchObject({ code: "LEDGER_REFUSED" });
    expect(await ledger.prune(order(1, 4))).toBe(4);
  });
});

function order(fromSeq: number, toSeq: number): PruneOrder {
  return { table: "sample_log", fromSeq, toSeq, reason: "older than the retention of a test", selects: { [METRIC]: SAMPLE_SELECT } };
}

/** 3,001 facts, all but one with a row: every third is a `b`, and the one at 2,501 takes fact 2 back. */
async function filled(database: TestDatabase, place = database.place()) {
  const ledger = await openSample(place);
  const facts = sampleFacts(1, 3_001).map((fact, index) => {
    if (index + 1 === 2_501) return { ...fact, kind: "retraction" as const, retracts: "fact:2" };
    return (index + 1) % 3 === 0 ? { ...fact, label: "b" } : fact;
  });
  await ledger.append(commitOf(...facts));
  await ledger.projection.restart({ digest: "d", cursorSeq: 3_001, totals: [] });
  return ledger;
}

async function counted(ledger: Ledger, cursorSeq = 3_001): Promise<Readonly<Record<string, number>>> {
  const rows = await ledger.select(SAMPLE_SELECT, cursorSeq);
  return Object.fromEntries(rows.map(({ label, value }) => [JSON.stringify({ label }), Number(value)]));
}

function withPruned(counts: Readonly<Record<string, number>>, pruned: Awaited<ReturnType<Ledger["pruned"]>>) {
  const sums: Record<string, number> = { ...counts };
  for (const { labels, count } of pruned) sums[labels] = (sums[labels] ?? 0) + count;
  return sums;
}

/** Leaves the ledger as a crash right after the prune record would: a failing delete stops the order there. */
async function cutShort(run: (sql: string) => Promise<unknown>, ledger: Ledger): Promise<void> {
  const isSqlite = await run("SELECT sqlite_version()").then(
    () => true,
    () => false,
  );
  await run(
    isSqlite
      ? "CREATE TRIGGER crash BEFORE DELETE ON sample_log BEGIN SELECT RAISE(ABORT, 'crash'); END"
      : `CREATE FUNCTION crash() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'crash'; END $$;
         CREATE TRIGGER crash BEFORE DELETE ON sample_log FOR EACH ROW EXECUTE FUNCTION crash()`,
  );
  await expect(ledger.prune(order(1, 2_500))).rejects.toMatchObject({ code: "LEDGER_REFUSED" });
  await run(isSqlite ? "DROP TRIGGER crash" : "DROP TRIGGER crash ON sample_log");
  expect(await ledger.select("SELECT count(*) AS value FROM prune_records", 0)).toEqual([{ value: 1 }]);
  expect(await ledger.select("SELECT count(*) AS value FROM prune_closures", 0)).toEqual([{ value: 0 }]);
}
