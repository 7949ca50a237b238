import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ledgerOver } from "./kysely-ledger.ts";
import type { LedgerLocation } from "./ledger.ts";
import { connect, openLedger } from "./open.ts";
import { DATABASES, type TestDatabase } from "./testing/databases.ts";
import { commitOf, sampleFact, sampleFacts, sampleOptions } from "./testing/sample.ts";

const databases = new Map<string, TestDatabase>();
beforeAll(async () => {
  for (const { name, start } of DATABASES) databases.set(name, await start());
}, 60_000);
afterAll(async () => {
  for (const database of databases.values()) await database.stop();
});

test("a full SQLite file: a clear error, nothing half written, and it goes on when there is room", async () => {
  const place = placeIn("sqlite");
  const engine = await connect(place, "write");
  const { location: _, ...options } = sampleOptions(place);
  const ledger = await ledgerOver(engine, options);
  await ledger.append({ ...commitOf(...sampleFacts(1, 10)), cursors: new Map([["live", 10]]) });
  const [used] = (await sql<{ page_count: number }>`PRAGMA page_count`.execute(engine.db)).rows;
  await sql.raw(`PRAGMA max_page_count = ${(used?.page_count ?? 0) + 20}`).execute(engine.db);

  const big = { ...commitOf(...sampleFacts(11, 5_000)), cursors: new Map([["live", 5_000]]) };
  for (let attempt = 0; attempt < 3; attempt += 1) {
    await expect(ledger.append(big)).rejects.toMatchObject({ code: "LEDGER_FULL", retry: "later", cause: { errcode: 13 } });
    expect(await ledger.head()).toBe(10);
    expect(await ledger.cursors()).toEqual(new Map([["live", 10]]));
    expect(await ledger.select("SELECT count(*) AS value FROM sample_log", 0)).toEqual([{ value: 10 }]);
  }
  // What still fits is written although something larger was refused.
  expect((await ledger.append(commitOf(sampleFact("small"))))[0]?.seq).toBe(11);

  await sql.raw("PRAGMA max_page_count = 1000000").execute(engine.db);
  const stored = await ledger.append(big);
  expect(stored.map(({ seq }) => seq)).toEqual(Array.from({ length: 4_990 }, (_unused, index) => index + 12));
  expect((await sql<{ integrity_check: string }>`PRAGMA integrity_check`.execute(engine.db)).rows).toEqual([{ integrity_check: "ok" }]);
  await ledger.close();
});

test("a full PostgreSQL: the same error by the server's own code, and it goes on when there is room", async () => {
  const place = placeIn("postgres");
  const ledger = await openLedger(sampleOptions(place));
  await ledger.append(commitOf(sampleFact("fact:1")));
  const raw = await databases.get("postgres")?.raw(place);
  // Filling a server's disk is not for a test; raising its error inside the server takes the same way through driver and ledger.
  await raw?.run(`CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$;
    CREATE TRIGGER full_disk BEFORE INSERT ON facts FOR EACH ROW EXECUTE FUNCTION full_disk()`);
  await expect(ledger.append(commitOf(sampleFact("fact:2")))).rejects.toMatchObject({
    code: "LEDGER_FULL",
    retry: "later",
    cause: { code: "53100" },
  });
  expect(await ledger.head()).toBe(1);
  await raw?.run("DROP TRIGGER full_disk ON facts");
  expect((await ledger.append(commitOf(sampleFact("fact:2"))))[0]?.seq).toBe(2);
  await raw?.close();
  await ledger.close();
});

test("a PostgreSQL that drops its connections is unreachable for a moment, not lost", async () => {
  const place = placeIn("postgres");
  const ledger = await openLedger(sampleOptions(place));
  await ledger.append(commitOf(sampleFact("fact:1")));
  const raw = await databases.get("postgres")?.raw(place);
  await raw?.run("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'offing'");
  const outcomes: unknown[] = [];
  for (let attempt = 0; attempt < 5 && outcomes.at(-1) !== "written"; attempt += 1) {
    outcomes.push(
      await ledger.append(commitOf(sampleFact("fact:2"))).then(
        () => "written",
        ({ code }) => code,
      ),
    );
  }
  expect(outcomes.at(-1)).toBe("written");
  expect(outcomes.filter((outcome) => outcome !== "written" && outcome !== "LEDGER_UNREACHABLE")).toEqual([]);
  // The lock was taken again with the connection: another writer still waits outside.
  await expect(openLedger(sampleOptions(place))).rejects.toMatchObject({ code: "LEDGER_LOCKED" });
  expect(await ledger.head()).toBe(2);
  await raw?.close();
  await ledger.close();
});

function placeIn(name: string): LedgerLocation {
  const place = databases.get(name)?.place();
  if (place === undefined) throw new Error(`${name} did not start`);
  return place;
}
