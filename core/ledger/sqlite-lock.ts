import { DatabaseSync } from "node:sqlite";
import { OffingError } from "#core/errors.ts";
import { isBusy, sqliteFault } from "./sqlite-fault.ts";

/**
 * Takes the writer lock of a SQLite ledger: an exclusive transaction on `<path>-lock`, held until the database given back is closed.
 *
 * @throws LEDGER_LOCKED at once when another process holds it; LEDGER_UNREACHABLE
 */
export function takeLock(path: string): DatabaseSync {
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(`${path}-lock`, { timeout: 0 });
    lock.exec("BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock?.close();
    if (!isBusy(error)) throw sqliteFault(error);
    throw new OffingError("LEDGER_LOCKED", {
      message: "another process writes to this ledger",
      context: { ledger: path, ...holderOf(path) },
      cause: error,
    });
  }
}

/** What the writer row says of the holder; nothing while it is still making the ledger. */
function holderOf(path: string): Readonly<Record<string, string | number>> {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { readOnly: true });
    const row = database.prepare("SELECT pid, host, started_at_ms FROM writer").get();
    const known = Object.entries({ pid: row?.["pid"], host: row?.["host"], startedAtMs: row?.["started_at_ms"] });
    return Object.fromEntries(known.filter((entry): entry is [string, string | number] => ["string", "number"].includes(typeof entry[1])));
  } catch {
    return {};
  } finally {
    database?.close();
  }
}
