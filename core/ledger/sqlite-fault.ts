import { OffingError } from "#core/errors.ts";

const BUSY = 5;
const FULL = 13;
const NOT_A_DATABASE = 26;
/** Busy, locked, out of memory, read-only, I/O, corrupt, cannot open, protocol, permission. */
const TROUBLE: ReadonlySet<number> = new Set([BUSY, 6, 7, 8, 10, 11, 14, 15, 3]);
/** Growing the shared-memory file failed: in practice a full disk. */
const SHARED_MEMORY_SIZE = 4_874;

/**
 * Turns an error of `node:sqlite` into an OffingError; any other is given back as it is.
 *
 * @see https://www.sqlite.org/rescode.html
 */
export function sqliteFault(error: unknown): unknown {
  if (error instanceof OffingError || !(error instanceof Error)) return error;
  const code = primaryCode(error);
  const options = { message: `the ledger's SQLite file: ${error.message}`, cause: error };
  if (code === FULL || extendedCode(error) === SHARED_MEMORY_SIZE) return new OffingError("LEDGER_FULL", options);
  if ((error as NodeJS.ErrnoException).code === "ENOSPC") return new OffingError("LEDGER_FULL", options);
  if (code === NOT_A_DATABASE) return new OffingError("LEDGER_MISMATCH", options);
  if (code === undefined)
    return (error as NodeJS.ErrnoException).syscall === undefined ? error : new OffingError("LEDGER_UNREACHABLE", options);
  return new OffingError(TROUBLE.has(code) ? "LEDGER_UNREACHABLE" : "LEDGER_REFUSED", options);
}

function extendedCode(error: unknown): number | undefined {
  return error instanceof Error && "errcode" in error && typeof error.errcode === "number" ? error.errcode : undefined;
}

function primaryCode(error: unknown): number | undefined {
  const extended = extendedCode(error);
  return extended === undefined ? undefined : extended & 0xff;
}

/** Says whether another connection holds the lock that was asked for. */
export function isBusy(error: unknown): boolean {
  return primaryCode(error) === BUSY;
}
