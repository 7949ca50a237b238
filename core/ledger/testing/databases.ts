import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Client, escapeIdentifier } from "pg";
import { startPostgres } from "#core/testing/postgres.ts";
import type { LedgerLocation } from "../ledger.ts";

/** A database that ledgers can be made in. */
export interface TestDatabase {
  /** A place where no ledger is yet. */
  readonly place: () => LedgerLocation;
  /** A connection past the ledger, with the database's own defaults and every right. */
  readonly raw: (location: LedgerLocation) => Promise<RawConnection>;
  readonly stop: () => Promise<void>;
}

/** What an outsider does to a ledger's database. */
export interface RawConnection {
  /** Runs statements and gives the rows of the last one. */
  readonly run: (sql: string) => Promise<readonly Readonly<Record<string, unknown>>[]>;
  readonly close: () => Promise<void>;
}

/** Both databases; every test of the ledger runs on each. */
export const DATABASES: readonly { readonly name: "sqlite" | "postgres"; readonly start: () => Promise<TestDatabase> }[] = [
  { name: "sqlite", start: startSqlite },
  { name: "postgres", start: startServer },
];

async function startSqlite(): Promise<TestDatabase> {
  const folder = await mkdtemp(join(tmpdir(), "offing-ledger-"));
  return {
    place: () => ({ sqlite: join(folder, `${randomUUID()}.db`) }),
    raw: async (location) => {
      const database = new DatabaseSync("sqlite" in location ? location.sqlite : "");
      return {
        run: async (sql) => (/^\s*(select|pragma)/i.test(sql) ? database.prepare(sql).all() : [database.exec(sql)].flatMap(() => [])),
        close: async () => database.close(),
      };
    },
    stop: () => rm(folder, { recursive: true, force: true }),
  };
}

async function startServer(): Promise<TestDatabase> {
  const server = await startPostgres();
  return {
    place: () => ({ postgresUrl: server.url, schema: `ledger_${randomUUID().replaceAll("-", "")}` }),
    raw: async (location) => {
      const client = new Client({ connectionString: server.url });
      client.on("error", () => {});
      await client.connect();
      if ("schema" in location) await client.query(`SET search_path = ${escapeIdentifier(location.schema)}`);
      return {
        run: async (sql) => {
          const results = [await client.query(sql)].flat();
          return results.at(-1)?.rows ?? [];
        },
        close: () => client.end(),
      };
    },
    stop: server.stop,
  };
}
