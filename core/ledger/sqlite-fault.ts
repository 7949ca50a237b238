import { type ErrorCode, OffingError } from "#core/errors.ts";

const BUSY = 5;
/** While opening: a file that may only be read. Later: a SELECT that writes. */
const READ_ONLY = 8;
const FULL = 13;
const NOT_A_DATABASE = 26;
/** Permission, busy, locked, out of memory, I/O, corrupt, cannot open, protocol. */
const TROUBLE: ReadonlySet<number> = new Set([3, BUSY, 6, 7, 10, 11, 14, 15]);
/** Growing the shared-memory file failed: in practice a full disk. */
const SHARED_MEMORY_SIZE = 4_874;

/**
 * Turns an error of `node:sqlite` or of the file system into an OffingError; any other is given back as it is.
 *
 * @see https://www.sqlite.org/rescode.html
 */
export function sqliteFault(error: unknown, when: "opening" | "open" = "open"): unknown {
  if (error instanceof OffingError || !(error instanceof Error)) return error;
  const code = codeOf(error, when);
  return code === undefined ? error : new OffingError(code, { message: `the ledger's SQLite file: ${error.message}`, cause: error });
}

/** Says whether another connection holds the lock that was asked for. */
export function isBusy(error: unknown): boolean {
  return error instanceof Error && (resultOf(error) ?? 0) % 256 === BUSY;
}

function codeOf(error: NodeJS.ErrnoException, when: "opening" | "open"): ErrorCode | undefined {
  const result = resultOf(error);
  if (result === undefined) {
    if (error.code === "ENOSPC") return "LEDGER_FULL";
    // An integer that no JavaScript number holds.
    if (error.code === "ERR_OUT_OF_RANGE") return "LEDGER_REFUSED";
    return error.syscall === undefined ? undefined : "LEDGER_UNREACHABLE";
  }
  const primary = result % 256;
  if (primary === FULL || result === SHARED_MEMORY_SIZE) return "LEDGER_FULL";
  if (primary === NOT_A_DATABASE) return "LEDGER_MISMATCH";
  return TROUBLE.has(primary) || (primary === READ_ONLY && when === "opening") ? "LEDGER_UNREACHABLE" : "LEDGER_REFUSED";
}

/** The extended result code; its last byte is the primary one. */
function resultOf(error: Error): number | undefined {
  return "errcode" in error && typeof error.errcode === "number" ? error.errcode : undefined;
}
