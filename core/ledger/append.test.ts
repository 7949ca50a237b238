import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Json } from "#core/fact.ts";
import { DATABASES, type TestDatabase } from "./testing/databases.ts";
import { commitOf, LARGEST_AMOUNT, openSample, sampleFact, sampleFacts } from "./testing/sample.ts";

describe.each(DATABASES)("append on $name", ({ start }) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await start();
  }, 60_000);
  afterAll(async () => await database.stop());

  test("writes facts in order, gapless, with the time of writing", async () => {
    await using ledger = await openSample(database.place());
    const first = await ledger.append(commitOf(...sampleFacts(1, 300)));
    const second = await ledger.append(commitOf(...sampleFacts(301, 302)));
    expect(first.map(({ seq }) => seq)).toEqual(Array.from({ length: 300 }, (_, index) => index + 1));
    expect(second.map(({ seq }) => seq)).toEqual([301, 302]);
    expect(second[0]?.writtenAtMs).toBeGreaterThan(first[0]?.writtenAtMs ?? 0);
    expect(await ledger.head()).toBe(302);
    expect(await ledger.read(0, 1_000)).toEqual([...first, ...second]);
    expect((await ledger.read(150, 3)).map(({ seq }) => seq)).toEqual([151, 152, 153]);
    expect(await ledger.fact("fact:302")).toEqual(second[1]);
    expect(await ledger.fact("fact:303")).toBeUndefined();
  });

  test("leaves out what is there already, also twice within one batch, and returns only the new", async () => {
    await using ledger = await openSample(database.place());
    await ledger.append(commitOf(...sampleFacts(1, 3)));
    const again = sampleFact("fact:2", { note: "another body" });
    const stored = await ledger.append(
      commitOf(again, sampleFact("fact:4"), sampleFact("fact:4", { note: "second" }), sampleFact("fact:5")),
    );
    expect(stored.map(({ seq, fact }) => [seq, fact.id])).toEqual([
      [4, "fact:4"],
      [5, "fact:5"],
    ]);
    expect((await ledger.fact("fact:2"))?.fact).toEqual(sampleFact("fact:2"));
    expect((await ledger.fact("fact:4"))?.fact).toEqual(sampleFact("fact:4"));
    expect(await ledger.select("SELECT count(*) AS value FROM samples WHERE seq <= :cursor", 5)).toEqual([{ value: 5 }]);
    expect(await ledger.append(commitOf(...sampleFacts(1, 5)))).toEqual([]);
    expect((await ledger.append(commitOf(sampleFact("fact:6"))))[0]?.seq).toBe(6);
  });

  test("a batch that fails anywhere leaves nothing, and the next one takes its seqs", async () => {
    await using ledger = await openSample(database.place());
    const state = { collection: "runs", key: "a", value: 1 };
    await ledger.append({ facts: sampleFacts(1, 2), changes: [state], cursors: new Map([["live", 1]]) });
    const refused = ledger.append({
      facts: [...sampleFacts(3, 400), sampleFact("fact:401", { note: "refuse" })],
      changes: [{ ...state, value: 2 }],
      cursors: new Map([["live", 2]]),
      deadLetters: [{ origin: "interpret", reason: "test", item: null }],
    });
    await expect(refused).rejects.toMatchObject({
      code: "LEDGER_REFUSED",
      cause: { message: expect.stringContaining("the rule of this emitter") },
    });
    expect(await ledger.head()).toBe(2);
    expect((await ledger.state()).get("runs", "a")).toBe(1);
    expect(await ledger.cursors()).toEqual(new Map([["live", 1]]));
    expect(await ledger.select("SELECT count(*) AS value FROM dead_letters", 0)).toEqual([{ value: 0 }]);
    expect(await ledger.select("SELECT max(seq) AS value FROM samples", 0)).toEqual([{ value: 2 }]);
    expect((await ledger.append(commitOf(sampleFact("fact:3"))))[0]?.seq).toBe(3);
  });

  test("state, cursors and facts come back after a restart", async () => {
    const place = database.place();
    const value: Json = { list: [1, "two", null, { deep: LARGEST_AMOUNT }], text: "ä\u0000\ud800" };
    {
      await using ledger = await openSample(place);
      const changes = [
        { collection: "runs", key: "kept", value },
        { collection: "runs", key: "gone", value: 1 },
        { collection: "other", key: "odd \u0000 \u2400 \ud800 key", value: false },
        ...Array.from({ length: 2_500 }, (_, index) => ({ collection: "many", key: `k${index}`, value: index })),
      ];
      await ledger.append({ facts: [], changes, cursors: new Map<string, Json>([["live", { block: 7 }]]) });
      const twice = [
        { collection: "runs", key: "gone", value: 3 },
        { collection: "runs", key: "gone", value: undefined },
        { collection: "runs", key: "never", value: undefined },
      ];
      await ledger.append({ facts: [], changes: twice, cursors: new Map<string, Json>([["back\u0000fill", [1, 2]]]) });
    }
    await using again = await openSample(place);
    const state = await again.state();
    expect([...state.entries("runs")]).toEqual([["kept", value]]);
    expect([...state.entries("other")]).toEqual([["odd \u0000 \u2400 \ud800 key", false]]);
    expect(new Map(state.entries("many")).size).toBe(2_500);
    expect(state.changes()).toEqual([]);
    expect(await again.cursors()).toEqual(
      new Map<string, Json>([
        ["back\u0000fill", [1, 2]],
        ["live", { block: 7 }],
      ]),
    );
  });

  test("large amounts, all of Unicode, NUL and half characters survive in a fact byte for byte", async () => {
    await using ledger = await openSample(database.place());
    const note = `quote ' " \\ \\u0000 \u0000 ␀ 🦑 \ud83e ${"\u0001\u001f\u007f"} 漢`;
    const id = "odd:\u0000:␀:\ud83e:🦑";
    const fact = sampleFact(id, { note, amount: LARGEST_AMOUNT, label: "100000000000000000000" });
    await ledger.append(commitOf(fact));
    expect((await ledger.fact(id))?.fact).toEqual(fact);
    expect(await ledger.append(commitOf(fact))).toEqual([]);
    // In a column of its own what no text column holds is written out, where a reader sees it.
    expect(await ledger.select("SELECT fact_id, note, amount, label FROM samples", 0)).toEqual([
      {
        fact_id: "odd:␀0000:␀2400:␀d83e:🦑",
        note: `quote ' " \\ \\u0000 ␀0000 ␀2400 🦑 ␀d83e ${"\u0001\u001f\u007f"} 漢`,
        amount: LARGEST_AMOUNT,
        label: "100000000000000000000",
      },
    ]);
  });

  test("dead letters are numbered on, whoever writes them", async () => {
    await using ledger = await openSample(database.place());
    const letter = { origin: "source", reason: "bad_answer", item: { raw: "\u0000" } } as const;
    await ledger.append({ facts: [], changes: [], cursors: new Map(), deadLetters: [letter, letter] });
    await ledger.projection.restart({ digest: "d", cursorSeq: 0, totals: [] });
    await ledger.projection.settle({ cursorSeq: 0, totals: [], deadLetters: [{ ...letter, origin: "projector" }] });
    expect(await ledger.select("SELECT seq, origin, reason, item FROM dead_letters ORDER BY seq", 0)).toEqual([
      { seq: 1, origin: "source", reason: "bad_answer", item: '{"raw":"\\u0000"}' },
      { seq: 2, origin: "source", reason: "bad_answer", item: '{"raw":"\\u0000"}' },
      { seq: 3, origin: "projector", reason: "bad_answer", item: '{"raw":"\\u0000"}' },
    ]);
  });

  test("appends that are asked for at once are written one after the other", async () => {
    await using ledger = await openSample(database.place());
    const batches = Array.from({ length: 20 }, (_, index) => sampleFacts(index * 5 + 1, index * 5 + 10));
    const stored = (await Promise.all(batches.map((facts) => ledger.append(commitOf(...facts))))).flat();
    expect(stored.map(({ seq }) => seq).sort((a, b) => a - b)).toEqual(Array.from({ length: 105 }, (_, index) => index + 1));
    expect(await ledger.read(0, 200)).toEqual(stored.toSorted((a, b) => a.seq - b.seq));
  });

  test("timers run while batch follows batch", async () => {
    await using ledger = await openSample(database.place());
    let ticks = 0;
    const timer = setInterval(() => {
      ticks += 1;
    }, 1);
    for (let batch = 0; batch < 20; batch += 1) await ledger.append(commitOf(sampleFact(`fact:${batch}`)));
    const whileSmall = ticks;
    await ledger.append(commitOf(...sampleFacts(100, 20_000)));
    clearInterval(timer);
    expect(whileSmall).toBeGreaterThan(0);
    // One batch of this size takes far longer than the 8 ms for which the loop may be held.
    expect(ticks - whileSmall).toBeGreaterThan(3);
  });

  test("a value that a column cannot hold is refused, not stored as something else", async () => {
    await using ledger = await openSample(database.place());
    const amount = Number.NaN as unknown as string;
    await expect(ledger.append(commitOf(sampleFact("fact:1", { amount })))).rejects.toMatchObject({ code: "LEDGER_REFUSED" });
    await expect(ledger.append(commitOf(sampleFact("fact:1", { timeMs: 1.5 })))).rejects.toMatchObject({ code: "LEDGER_REFUSED" });
    const date = new Date(0) as unknown as string;
    await expect(ledger.append(commitOf(sampleFact("fact:1", { amount: date })))).rejects.toMatchObject({ code: "LEDGER_REFUSED" });
    expect(await ledger.head()).toBe(0);
  });

  test("a column of booleans comes back as booleans", async () => {
    await using ledger = await openSample(database.place());
    await ledger.append(commitOf(sampleFact("fact:1", { flagged: true }), sampleFact("fact:2")));
    expect(await ledger.select("SELECT seq, flagged FROM samples WHERE flagged OR seq = :cursor ORDER BY seq", 2)).toEqual([
      { seq: 1, flagged: true },
      { seq: 2, flagged: false },
    ]);
    expect(await ledger.select("SELECT code, grave FROM sample_codes ORDER BY code", 0)).toEqual([
      { code: "GRAVE", grave: true },
      { code: "LIGHT", grave: false },
    ]);
  });
});
