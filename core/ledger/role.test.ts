import { randomUUID } from "node:crypto";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { OffingError } from "#core/errors.ts";
import { startPostgres, type TestPostgres } from "#core/testing/postgres.ts";
import { openLedger } from "./open.ts";
import { commitOf, sampleFact, sampleOptions } from "./testing/sample.ts";

let server: TestPostgres;
let admin: Client;
let place: { readonly postgresUrl: string; readonly schema: string };

beforeAll(async () => {
  server = await startPostgres();
}, 60_000);
afterAll(async () => await server.stop());

beforeEach(async () => {
  const user = `user_${randomUUID().slice(0, 8)}`;
  const url = new URL(server.url);
  admin = new Client({ connectionString: server.url });
  await admin.connect();
  await admin.query("DROP DATABASE IF EXISTS plain");
  await admin.query("DROP ROLE IF EXISTS offing_writer");
  await admin.query(`CREATE ROLE "${user}" LOGIN PASSWORD 'secret'`);
  await admin.query(`CREATE DATABASE plain OWNER "${user}"`);
  Object.assign(url, { username: user, password: "secret", pathname: "/plain" });
  place = { postgresUrl: url.href, schema: "offing" };
});
afterEach(async () => await admin.end());

test("a user who may not make the role is told the SQL, which mends it", async () => {
  const error: OffingError = await openLedger(sampleOptions(place)).then(
    () => Promise.reject(new Error("it opened")),
    (reason) => reason,
  );
  expect(error.code).toBe("LEDGER_ROLE_NOT_FOUND");
  const statements = /run: (.*)$/.exec(error.hint)?.[1] ?? "";
  expect(statements).toMatch(/^CREATE ROLE offing_writer NOLOGIN; GRANT offing_writer TO "?user_\w+"?;$/);
  await admin.query(statements);
  const ledger = await openLedger(sampleOptions(place));
  await ledger.append(commitOf(sampleFact("fact:1")));
  await ledger.close();
});

test("a user who is not a member of the role is told the one statement that is missing", async () => {
  await admin.query("CREATE ROLE offing_writer NOLOGIN");
  const error: OffingError = await openLedger(sampleOptions(place)).then(
    () => Promise.reject(new Error("it opened")),
    (reason) => reason,
  );
  expect(error.code).toBe("LEDGER_ROLE_NOT_FOUND");
  expect(error.hint).toMatch(/run: GRANT offing_writer TO "?user_\w+"?;$/);
});

test("a user who may make roles needs nobody", async () => {
  const { username } = new URL(place.postgresUrl);
  await admin.query(`ALTER ROLE "${username}" CREATEROLE`);
  const ledger = await openLedger(sampleOptions(place));
  await ledger.append(commitOf(sampleFact("fact:1")));
  expect(await ledger.head()).toBe(1);
  expect(await ledger.select("SELECT current_user::text AS value, session_user::text AS login", 0)).toEqual([
    { value: "offing_writer", login: username },
  ]);
  await ledger.close();
  await (await openLedger(sampleOptions(place))).close();
});
