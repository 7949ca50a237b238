import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { LedgerLocation } from "./ledger.ts";
import { DATABASES, type RawConnection, type TestDatabase } from "./testing/databases.ts";
import { commitOf, openSample, sampleFacts } from "./testing/sample.ts";

// A user who may drop a trigger or a table, or write to the file itself, is outside of what a database can hold off.
describe.each(DATABASES)("append-only on $name", ({ name, start }) => {
  let database: TestDatabase;
  let place: LedgerLocation;
  let raw: RawConnection;
  beforeAll(async () => {
    database = await start();
  }, 60_000);
  afterAll(async () => await database.stop());

  beforeEach(async () => {
    place = database.place();
    await using ledger = await openSample(place);
    const deadLetters = [{ origin: "source", reason: "test", item: null }] as const;
    await ledger.append({ ...commitOf(...sampleFacts(1, 20)), deadLetters });
    await ledger.projection.restart({ digest: "d", cursorSeq: 20, totals: [] });
    await ledger.prune({ table: "sample_log", fromSeq: 1, toSeq: 5, reason: "test", selects: {} });
    raw = await database.raw(place);
    return async () => await raw.close();
  });

  const SAME = {
    facts: "SELECT count(*) AS rows, min(seq) AS first, max(id) AS last, max(body) AS body FROM facts",
    sample_log: "SELECT count(*) AS rows, min(seq) AS first, max(note) AS last, max(label) AS body FROM sample_log",
    dead_letters: "SELECT count(*) AS rows, min(seq) AS first, max(reason) AS last, max(item) AS body FROM dead_letters",
    prune_records: "SELECT count(*) AS rows, min(record) AS first, max(reason) AS last, max(to_seq) AS body FROM prune_records",
    prune_closures: "SELECT count(*) AS rows, min(record) AS first, max(row_count) AS last, max(counts) AS body FROM prune_closures",
    sample_codes: "SELECT count(*) AS rows, min(code) AS first, max(code) AS last, 0 AS body FROM sample_codes",
  };
  const ANY_COLUMN = {
    facts: "kind",
    sample_log: "note",
    dead_letters: "reason",
    prune_records: "to_seq",
    prune_closures: "counts",
    sample_codes: "code",
  };
  type Guarded = keyof typeof SAME;
  const GUARDED = Object.keys(SAME) as readonly Guarded[];

  async function refused(table: Guarded, attack: string): Promise<void> {
    const before = await raw.run(SAME[table]);
    await expect(raw.run(attack), attack).rejects.toThrow(/append-only: .* is refused/);
    expect(await raw.run(SAME[table]), attack).toEqual(before);
  }

  test.each(GUARDED)("UPDATE of %s is refused", async (table) => {
    const column = ANY_COLUMN[table];
    await refused(table, `UPDATE ${table} SET ${column} = ${column}`);
  });

  test.each(GUARDED)("DELETE from %s is refused", async (table) => {
    await refused(table, `DELETE FROM ${table}`);
  });

  test("an upsert that would change a fact is refused", async () => {
    const row = "9, 'fact:9', 'forged', 1, FALSE, NULL, 1, '{}'";
    const into = "INSERT INTO facts (seq, id, kind, time_ms, late, retracts, written_at_ms, body)";
    await refused("facts", `${into} VALUES (${row}) ON CONFLICT (id) DO UPDATE SET body = excluded.body`);
    await refused("facts", `${into} VALUES (${row}) ON CONFLICT (seq) DO UPDATE SET body = excluded.body`);
  });

  test("a closed prune record covers nothing any more, and a forged closure or record cannot be taken back", async () => {
    await refused("sample_log", "DELETE FROM sample_log WHERE seq BETWEEN 1 AND 20");
    await raw.run(`INSERT INTO prune_records (record, table_name, from_seq, to_seq, reason, at_ms, cursor_seq, row_count, selects, counts)
      VALUES (2, 'sample_log', 8, 9, 'by hand', 1, 20, 2, '{}', '[]')`);
    await refused("sample_log", "DELETE FROM sample_log WHERE seq = 7");
    await refused("sample_log", "DELETE FROM sample_log WHERE seq IN (9, 10)");
    await refused("facts", "DELETE FROM facts WHERE seq = 8");
    await raw.run("DELETE FROM sample_log WHERE seq = 8");
    await raw.run("INSERT INTO prune_closures (record, at_ms, row_count, counts) VALUES (2, 1, 1, '[]')");
    await refused("sample_log", "DELETE FROM sample_log WHERE seq = 9");
    await refused("prune_closures", "DELETE FROM prune_closures WHERE record = 2");
  });

  test("somebody's own prune_records do not count", async () => {
    await raw.run(`CREATE TEMPORARY TABLE prune_records (record integer, table_name text, from_seq integer, to_seq integer);
      INSERT INTO prune_records VALUES (9, 'facts', 1, 20)`);
    await refused("facts", "DELETE FROM facts WHERE seq = 1");
  });

  if (name === "sqlite") {
    test.each(["OFF", "ON"])("INSERT OR REPLACE and its kin are refused with recursive triggers %s", async (recursive) => {
      await raw.run(`PRAGMA recursive_triggers = ${recursive}`).catch(() => {});
      const columns = "(seq, id, kind, time_ms, late, retracts, written_at_ms, body)";
      await refused("facts", `INSERT OR REPLACE INTO facts ${columns} VALUES (9, 'new', 'forged', 1, 0, NULL, 1, '{}')`);
      await refused("facts", `REPLACE INTO facts ${columns} VALUES (99, 'fact:9', 'forged', 1, 0, NULL, 1, '{}')`);
      await refused("facts", `INSERT OR REPLACE INTO facts ${columns} SELECT seq + 1, id, 'forged', 1, 0, NULL, 1, '{}' FROM facts`);
      await refused("facts", "UPDATE OR REPLACE facts SET seq = 1 WHERE seq = 2");
      await refused("sample_log", "INSERT OR REPLACE INTO sample_log VALUES (9, 'x', 'x', 'x', 0, '1')");
      await refused(
        "sample_log",
        "INSERT OR REPLACE INTO sample_log (rowid, fact_id, label, note, flagged, amount) VALUES (9, 'x', 'x', 'x', 0, '1')",
      );
      await refused("sample_codes", "INSERT OR REPLACE INTO sample_codes VALUES ('GRAVE', 0)");
      await refused("sample_codes", "INSERT OR REPLACE INTO sample_codes (rowid, code, grave) VALUES (1, 'OTHER', 0)");
      await refused("dead_letters", "REPLACE INTO dead_letters VALUES (1, 1, 'x', 'x', 'x')");
      await refused("prune_closures", "REPLACE INTO prune_closures VALUES (1, 1, 1, 'x')");
      await raw.run("INSERT OR IGNORE INTO sample_codes VALUES ('NEW', 0)");
    });
  } else {
    test.each(GUARDED)("TRUNCATE of %s is refused", async (table) => {
      await refused(table, `TRUNCATE ${table} CASCADE`);
    });

    test("a superuser's replication session is refused as well", async () => {
      await raw.run("SET session_replication_role = replica");
      await refused("facts", "UPDATE facts SET body = '{}'");
      await refused("facts", "DELETE FROM facts");
      await refused("facts", "TRUNCATE facts");
    });

    test("MERGE is refused", async () => {
      await refused("facts", "MERGE INTO facts f USING (SELECT 1) x ON f.seq = 9 WHEN MATCHED THEN UPDATE SET body = '{}'");
      await refused("facts", "MERGE INTO facts f USING (SELECT 1) x ON f.seq = 9 WHEN MATCHED THEN DELETE");
    });

    test.each(GUARDED)("the writer role has no right to change %s", async (table) => {
      await raw.run("SET ROLE offing_writer");
      await expect(raw.run(`UPDATE ${table} SET ${ANY_COLUMN[table]} = NULL`)).rejects.toThrow("permission denied");
      await expect(raw.run(`TRUNCATE ${table}`)).rejects.toThrow("permission denied");
      await expect(raw.run(`DROP TABLE ${table}`)).rejects.toThrow("must be owner");
      await expect(raw.run(`ALTER TABLE ${table} DISABLE TRIGGER ALL`)).rejects.toThrow("must be owner");
      await expect(raw.run("SET session_replication_role = replica")).rejects.toThrow("permission denied");
    });

    test("the writer role holds exactly the rights it needs", async () => {
      const rights = await raw.run(`SELECT c.relname AS name, string_agg(a.privilege_type, ' ' ORDER BY a.privilege_type) AS rights
        FROM pg_class c, aclexplode(c.relacl) a WHERE c.relnamespace = current_schema()::regnamespace AND a.grantee = 'offing_writer'::regrole
        GROUP BY c.relname ORDER BY c.relname COLLATE "C"`);
      expect(Object.fromEntries(rights.map((row) => [row["name"], row["rights"]]))).toEqual({
        cursors: "DELETE INSERT SELECT UPDATE",
        dead_letters: "DELETE INSERT SELECT",
        facts: "DELETE INSERT SELECT",
        ledger_info: "SELECT",
        migrations: "SELECT",
        projection: "DELETE INSERT SELECT UPDATE",
        prune_closures: "INSERT SELECT",
        prune_records: "INSERT SELECT",
        sample_codes: "INSERT SELECT",
        sample_log: "DELETE INSERT SELECT",
        samples: "SELECT",
        state: "DELETE INSERT SELECT UPDATE",
        totals: "DELETE INSERT SELECT UPDATE",
        writer: "DELETE INSERT SELECT UPDATE",
      });
    });
  }
});
