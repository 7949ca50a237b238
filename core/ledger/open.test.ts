import { writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { OffingError } from "#core/errors.ts";
import { openLedger } from "./open.ts";
import { DATABASES, type TestDatabase } from "./testing/databases.ts";
import { commitOf, openSample, sampleFact, sampleOptions, sampleRecords } from "./testing/sample.ts";

describe.each(DATABASES)("opening on $name", ({ name, start }) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await start();
  }, 60_000);
  afterAll(async () => await database.stop());

  test("a second time it keeps the id and changes nothing but the writer", async () => {
    const place = database.place();
    const first = await openLedger(sampleOptions(place));
    await first.close();
    const raw = await database.raw(place);
    const before = await everything(raw.run);
    const again = await openLedger(sampleOptions(place));
    await again.close();
    expect(again.id).toBe(first.id);
    expect(again.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(await everything(raw.run)).toEqual(before);
    expect(await raw.run("SELECT epoch, pid FROM writer")).toMatchObject([{ epoch: name === "sqlite" ? 2 : "2", pid: process.pid }]);
    await raw.close();
  });

  test("two ledgers have two ids", async () => {
    await using one = await openSample(database.place());
    await using other = await openSample(database.place());
    expect(one.id).not.toBe(other.id);
  });

  test("a ledger of another domain is refused to writers and readers", async () => {
    const place = database.place();
    await (await openLedger(sampleOptions(place))).close();
    for (const mode of ["write", "read"] as const) {
      const wrong = openLedger({ ...sampleOptions(place, mode), domain: "other" });
      await expect(wrong).rejects.toMatchObject({ code: "LEDGER_MISMATCH", context: { wanted: "other", present: "sample" } });
    }
  });

  test("a newer ledger is refused to writers and readers", async () => {
    const place = database.place();
    const next = { version: 2, sqlite: ["CREATE TABLE later (a)"], postgres: ["CREATE TABLE later (a integer)"] };
    const records = { ...sampleRecords, migrations: [...sampleRecords.migrations, next] };
    await (await openLedger(sampleOptions(place))).close();
    // A reader of the coming version waits for the writer to bring the tables.
    await expect(openLedger({ ...sampleOptions(place, "read"), records })).rejects.toMatchObject({ code: "LEDGER_MISMATCH" });
    await (await openLedger({ ...sampleOptions(place), records })).close();
    for (const mode of ["write", "read"] as const) {
      const old = openLedger(sampleOptions(place, mode));
      await expect(old).rejects.toMatchObject({ code: "LEDGER_MISMATCH", context: { owner: "sample", present: 2, wanted: 1 } });
    }
    const raw = await database.raw(place);
    await raw.run("INSERT INTO migrations (owner, version, applied_at_ms) VALUES ('ledger', 99, 0)");
    await raw.close();
    await expect(openLedger({ ...sampleOptions(place), records })).rejects.toMatchObject({ code: "LEDGER_MISMATCH" });
  });

  test("a migration that fails leaves nothing of its version, and frees the lock", async () => {
    const place = database.place();
    const statements = ["CREATE TABLE half (a integer)", "CREATE TABLE half (a integer)"];
    const records = {
      ...sampleRecords,
      migrations: [...sampleRecords.migrations, { version: 2, sqlite: statements, postgres: statements }],
    };
    await expect(openLedger({ ...sampleOptions(place), records })).rejects.toMatchObject({ code: "LEDGER_REFUSED" });
    await using ledger = await openSample(place);
    expect(await ledger.select("SELECT max(version) AS value FROM migrations WHERE owner = 'sample'", 0)).toEqual([{ value: 1 }]);
    await expect(ledger.select("SELECT a FROM half", 0)).rejects.toMatchObject({ code: "LEDGER_REFUSED" });
  });

  test("a table that no migration makes cannot be guarded", async () => {
    const records = { ...sampleRecords, appendOnly: ["sample_log", "nowhere"] };
    const wrong = openLedger({ ...sampleOptions(database.place()), records });
    await expect(wrong).rejects.toMatchObject({ code: "LEDGER_REFUSED", context: { table: "nowhere" } });
  });

  test("reference rows are appended once; a changed one stays as it was, a new one comes", async () => {
    const place = database.place();
    await (await openLedger(sampleOptions(place))).close();
    const changed = [
      { table: "sample_codes", key: ["code"], values: { code: "GRAVE", grave: false } },
      { table: "sample_codes", key: ["code"], values: { code: "NEW", grave: true } },
    ];
    const ledger = await openLedger({ ...sampleOptions(place), records: { ...sampleRecords, reference: changed } });
    const codes = await ledger.select("SELECT code, grave FROM sample_codes ORDER BY code", 0);
    await ledger.close();
    expect(codes).toEqual([
      { code: "GRAVE", grave: true },
      { code: "LIGHT", grave: false },
      { code: "NEW", grave: true },
    ]);
  });

  test("a reader sees what the writer commits, beside it, and cannot write", async () => {
    const place = database.place();
    await using writer = await openSample(place);
    await using reader = await openSample(place, "read");
    expect(reader.id).toBe(writer.id);
    await writer.append(commitOf(sampleFact("fact:1")));
    expect((await reader.read(0, 10)).map(({ fact }) => fact.id)).toEqual(["fact:1"]);
    expect(await reader.select("SELECT count(*) AS value FROM samples", 0)).toEqual([{ value: 1 }]);
    await expect(reader.append(commitOf(sampleFact("fact:2")))).rejects.toMatchObject({ code: "LEDGER_REFUSED" });
    await expect(reader.select("DELETE FROM state", 0)).rejects.toMatchObject({ code: "LEDGER_REFUSED" });
    await expect(reader.assertWriter()).rejects.toMatchObject({ code: "LEDGER_LOST" });
  });

  test("a SELECT cannot write for the writer either, and its cursor is bound wherever it stands", async () => {
    await using ledger = await openSample(database.place());
    await ledger.append(commitOf(sampleFact("fact:1")));
    await expect(ledger.select("DELETE FROM state", 0)).rejects.toMatchObject({ code: "LEDGER_REFUSED" });
    const text =
      "SELECT count(*) AS value, ':cursor' AS quoted FROM facts WHERE seq <= :cursor AND :cursor - 1 >= 0 AND id <> 'it''s :cursor'";
    expect(await ledger.select(text, 1)).toEqual([{ value: 1, quoted: ":cursor" }]);
    expect(await ledger.select(text, 0)).toEqual([{ value: 0, quoted: ":cursor" }]);
    await expect(ledger.select("SELECT 9223372036854775807 AS value", 0)).rejects.toMatchObject({ code: "LEDGER_REFUSED" });
    await ledger.append(commitOf(sampleFact("fact:2")));
  });

  test("a reader finds no ledger where there is none, and makes nothing", async () => {
    const place = database.place();
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await expect(openLedger(sampleOptions(place, "read"))).rejects.toMatchObject({ code: "LEDGER_UNREACHABLE" });
    }
  });
});

describe("where there is no database", () => {
  test("a SQLite path that cannot be one", async () => {
    const wrong = openLedger(sampleOptions({ sqlite: "/dev/null/ledger.db" }));
    await expect(wrong).rejects.toMatchObject({ code: "LEDGER_UNREACHABLE" });
  });

  test("a file that is no database", async () => {
    const [sqlite] = DATABASES;
    const database = await sqlite?.start();
    const place = database?.place();
    if (place === undefined || !("sqlite" in place)) throw new Error("the first database is SQLite");
    await writeFile(place.sqlite, "This is a letter, and it is long enough to look like the header of something.".repeat(20));
    await expect(openLedger(sampleOptions(place))).rejects.toMatchObject({ code: "LEDGER_MISMATCH" });
    await database?.stop();
  });

  test("a server that does not listen, and the password is in no message", async () => {
    const postgresUrl = "postgres://offing:hush@127.0.0.1:1/offing";
    const error: OffingError = await openLedger(sampleOptions({ postgresUrl, schema: "s" })).then(
      () => Promise.reject(new Error("it opened")),
      (reason) => reason,
    );
    expect(error).toMatchObject({ code: "LEDGER_UNREACHABLE", retry: "later" });
    expect(JSON.stringify([error.message, error.context, error.hint, error.cause])).not.toContain("hush");
  });
});

/** The whole content but the writer row, as far as SQL shows it. */
async function everything(run: (sql: string) => Promise<readonly unknown[]>): Promise<readonly unknown[]> {
  const tables = ["migrations", "ledger_info", "facts", "state", "sample_codes", "prune_records"];
  const rows: unknown[] = [];
  for (const table of tables) rows.push(await run(`SELECT * FROM ${table} ORDER BY 1, 2`));
  const shape = await run("SELECT type, name, sql FROM sqlite_master ORDER BY name").catch(() =>
    run(
      "SELECT oid::text, xmin::text, tgname FROM pg_trigger UNION ALL SELECT oid::text, xmin::text, relname FROM pg_class WHERE relkind IN ('r', 'v', 'i') ORDER BY 1",
    ),
  );
  return [rows, shape];
}
