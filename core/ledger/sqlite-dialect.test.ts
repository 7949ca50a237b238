import { DatabaseSync } from "node:sqlite";
import { CompiledQuery, Kysely, sql } from "kysely";
import { beforeEach, expect, test } from "vitest";
import { sqliteDialect } from "./sqlite-dialect.ts";

interface Things {
  readonly things: { readonly name: string; readonly number: number | null; readonly flag: boolean | null };
}

let database: DatabaseSync;
let db: Kysely<Things>;
beforeEach(async () => {
  database = new DatabaseSync(":memory:");
  db = new Kysely<Things>({ dialect: sqliteDialect(database) });
  await sql.raw("CREATE TABLE things (name TEXT, number, flag BOOLEAN); CREATE INDEX things_name ON things (name)").execute(db);
  return async () => await db.destroy();
});

test("a script of several statements runs whole", async () => {
  expect(database.prepare("SELECT name FROM sqlite_master ORDER BY name").all()).toMatchObject([
    { name: "things" },
    { name: "things_name" },
  ]);
});

test("booleans go in as 0 and 1 and come back as booleans, integers stay integers", async () => {
  await db.insertInto("things").values({ name: "a", number: 5, flag: true }).execute();
  await db.insertInto("things").values({ name: "b", number: 0.5, flag: false }).execute();
  await db.insertInto("things").values({ name: "c", number: null, flag: null }).execute();
  const kinds = database.prepare("SELECT typeof(number) AS number, typeof(flag) AS flag FROM things ORDER BY name").all();
  expect(kinds.map((row) => ({ ...row }))).toEqual([
    { number: "integer", flag: "integer" },
    { number: "real", flag: "integer" },
    { number: "null", flag: "null" },
  ]);
  const rows = await db.selectFrom("things").selectAll().orderBy("name").execute();
  expect(rows.map((row) => ({ ...row }))).toEqual([
    { name: "a", number: 5, flag: true },
    { name: "b", number: 0.5, flag: false },
    { name: "c", number: null, flag: null },
  ]);
});

test("a number in a text column reads as one would write it", async () => {
  await db.executeQuery(CompiledQuery.raw("INSERT INTO things (name) VALUES (?)", [5]));
  expect(database.prepare("SELECT name FROM things").get()).toMatchObject({ name: "5" });
});

test.each([
  ["a Date", new Date(0)],
  ["an object", { a: 1 }],
  ["undefined", undefined],
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["a symbol", Symbol("s")],
])("%s is refused wherever it stands", async (_, value) => {
  for (const parameters of [
    [value, 1],
    ["a", value],
  ]) {
    await expect(db.executeQuery(CompiledQuery.raw("INSERT INTO things (name, number) VALUES (?, ?)", parameters))).rejects.toThrow(
      /^parameter \d is /,
    );
  }
  expect(await db.selectFrom("things").selectAll().execute()).toEqual([]);
});

test("an integer beyond what a number holds is refused, not rounded", async () => {
  database.exec("INSERT INTO things (number) VALUES (9007199254740993)");
  await expect(db.selectFrom("things").select("number").execute()).rejects.toThrow("too large");
});

test("more statement texts than are kept do no harm", async () => {
  for (let count = 0; count < 500; count += 1) {
    const { rows } = await sql.raw<{ value: number }>(`SELECT ${count} AS value`).execute(db);
    expect(rows[0]?.value).toBe(count);
  }
});

test("nobody reads inside another's open transaction", async () => {
  const seen: unknown[] = [];
  await Promise.all([
    db.transaction().execute(async (tx) => {
      await tx.insertInto("things").values({ name: "half", number: 1, flag: null }).execute();
      await new Promise((resolve) => setTimeout(resolve, 20));
      await tx.insertInto("things").values({ name: "whole", number: 2, flag: null }).execute();
    }),
    (async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      seen.push(...(await db.selectFrom("things").select("name").execute()));
    })(),
  ]);
  expect(seen).toHaveLength(2);
});

test("a read-only transaction cannot write, and the next one can", async () => {
  const writing = db
    .transaction()
    .setAccessMode("read only")
    .execute(async (tx) => {
      await tx.deleteFrom("things").execute();
    });
  await expect(writing).rejects.toThrow("readonly");
  await db.insertInto("things").values({ name: "a", number: 1, flag: null }).execute();
});
