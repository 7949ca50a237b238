import type { Fact } from "#core/fact.ts";
import type { Engine } from "./engine.ts";
import { ledgerOver } from "./kysely-ledger.ts";
import type { Ledger, LedgerLocation, OpenOptions } from "./ledger.ts";
import { connectSqlite } from "./sqlite.ts";

/**
 * Opens a ledger. For writing it takes the writer lock, brings the tables up to date and fences every earlier writer; for reading it does
 * none of these and never writes.
 *
 * @throws LEDGER_LOCKED when another process writes; LEDGER_MISMATCH when the ledger is another domain's or another version's;
 * LEDGER_ROLE_NOT_FOUND; LEDGER_UNREACHABLE; LEDGER_FULL; LEDGER_REFUSED when the emitter's tables cannot be made or guarded
 */
export async function openLedger<F extends Fact>({ location, ...options }: OpenOptions<F>): Promise<Ledger> {
  return await ledgerOver(await connect(location, options.mode), options);
}

/** Connects the database of a location, and takes its writer lock for mode `write`. */
export async function connect(location: LedgerLocation, mode: "write" | "read"): Promise<Engine> {
  if ("sqlite" in location) return await connectSqlite(location.sqlite, mode);
  // Loaded only when used: the driver costs 15 MB that an emitter with SQLite does not need.
  const { connectPostgres } = await import("./postgres.ts");
  return await connectPostgres(location, mode);
}
