import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Kysely, sql } from "kysely";
import type { Db, Engine } from "./engine.ts";
import { insertRows, knownIds } from "./sqlite-bulk.ts";
import { sqliteDialect } from "./sqlite-dialect.ts";
import { sqliteFault } from "./sqlite-fault.ts";
import { guardTable } from "./sqlite-guard.ts";
import { takeLock } from "./sqlite-lock.ts";
import type { Tables } from "./tables.ts";

/** How long a statement waits for another process's checkpoint or write. */
const BUSY_TIMEOUT_MS = 5_000;

/**
 * Opens a ledger in a SQLite file: WAL, each commit durable.
 *
 * A writer holds `<path>-lock`, a second database, in an exclusive transaction for as long as it lives; the kernel gives it back however
 * the process ends, and a stopped process keeps it.
 *
 * @throws LEDGER_LOCKED when another process writes; LEDGER_UNREACHABLE when the file cannot be opened; LEDGER_MISMATCH when it is no
 * database
 */
export async function connectSqlite(path: string, mode: "write" | "read"): Promise<Engine> {
  let lock: DatabaseSync | undefined;
  try {
    if (mode === "write") {
      mkdirSync(dirname(path), { recursive: true });
      lock = takeLock(path);
    }
    return createEngine(openDatabase(path, mode), lock);
  } catch (error) {
    lock?.close();
    throw sqliteFault(error, "opening");
  }
}

function createEngine(database: DatabaseSync, lock: DatabaseSync | undefined): Engine {
  const db: Db = new Kysely<Tables>({ dialect: sqliteDialect(database) });
  return {
    kind: "sqlite",
    db,
    cursorParameter: "?1",
    has: async (on, table) => (await sql`SELECT 1 FROM sqlite_master WHERE name = ${table}`.execute(on)).rows.length > 0,
    migrating: (work) => db.transaction().execute(work),
    protect: async (tx, { guarded }) => {
      for (const table of guarded) await guardTable(tx, table);
    },
    holdsLock: async () => lock !== undefined,
    epoch: async (tx) => (await tx.selectFrom("writer").select("epoch").executeTakeFirstOrThrow()).epoch,
    known: knownIds,
    insert: insertRows,
    fault: (error) => sqliteFault(error),
    close: async () => {
      await db.destroy();
      if (database.isOpen) database.close();
      if (lock?.isOpen === true) lock.close();
    },
  };
}

function openDatabase(path: string, mode: "write" | "read"): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS, readOnly: mode === "read", enableForeignKeyConstraints: true });
  try {
    // Touching the file now tells at once when it is no database.
    database.exec("SELECT count(*) FROM sqlite_master");
    if (mode === "write") database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
