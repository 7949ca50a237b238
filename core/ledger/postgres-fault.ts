import { DatabaseError } from "pg";
import { OffingError } from "#core/errors.ts";

/** SQLSTATE of a full disk. */
const DISK_FULL = "53100";
/**
 * SQLSTATE classes and codes that pass: no connection, wrong login or database, no resources, a deadlock or a lock not given in time, the
 * server stopping, an I/O error.
 */
const TROUBLE = ["08", "28", "3D", "40", "53", "55P03", "57", "58", "25P03"] as const;
/** What the driver says, without any code, when its connection is gone. */
const GONE = /connection (terminated|error)|connect|not queryable|read timeout|terminated/i;

/**
 * Turns an error of `pg` into an OffingError; any other is given back as it is.
 *
 * @see https://www.postgresql.org/docs/18/errcodes-appendix.html
 */
export function postgresFault(error: unknown): unknown {
  if (error instanceof OffingError || !(error instanceof Error)) return error;
  const options = { message: `the ledger's PostgreSQL: ${messageOf(error)}`, cause: error };
  if (error instanceof DatabaseError) {
    const { code = "" } = error;
    if (code === DISK_FULL) return new OffingError("LEDGER_FULL", options);
    return new OffingError(TROUBLE.some((prefix) => code.startsWith(prefix)) ? "LEDGER_UNREACHABLE" : "LEDGER_REFUSED", options);
  }
  const isNetwork = error instanceof AggregateError || (error as NodeJS.ErrnoException).syscall !== undefined;
  return isNetwork || GONE.test(error.message) ? new OffingError("LEDGER_UNREACHABLE", options) : error;
}

/** Says whether PostgreSQL refused for want of a right. */
export function isForbidden(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === "42501";
}

/** Says whether what was to be made is there already, or is being made by another at this moment. */
export function isDuplicate(error: unknown): boolean {
  return error instanceof DatabaseError && (error.code === "42710" || error.code === "23505");
}

function messageOf(error: Error): string {
  return error.message === "" && error instanceof AggregateError ? error.errors.map(String).join("; ") : error.message;
}
