import { CompiledQuery, Kysely, PostgresDialect, sql } from "kysely";
import { escapeIdentifier } from "pg";
import type { Bulk, Db, Engine } from "./engine.ts";
import { createPool, type PostgresPlace } from "./postgres-connection.ts";
import { postgresFault } from "./postgres-fault.ts";
import { protectSchema } from "./postgres-guard.ts";
import { type PostgresLock, takeLock } from "./postgres-lock.ts";
import { ensureSchemaAndRole } from "./postgres-role.ts";
import type { Tables } from "./tables.ts";

/** Rows per statement: bounds the text of one parameter. */
const CHUNK = 5_000;

/**
 * Opens a ledger in a schema of a PostgreSQL database.
 *
 * A writer holds an advisory lock on a connection of its own and does all its work as the restricted role `offing_writer`; only migrations
 * run as the user of the URL. Locks and roles belong to sessions: a pooler that shares one between transactions does not do.
 *
 * @throws LEDGER_LOCKED when another process writes; LEDGER_UNREACHABLE; LEDGER_ROLE_NOT_FOUND
 */
export async function connectPostgres(place: PostgresPlace, mode: "write" | "read"): Promise<Engine> {
  let lock: PostgresLock | undefined;
  try {
    if (mode === "write") {
      lock = await takeLock(place);
      await ensureSchemaAndRole(place);
    }
    return createEngine({ place, mode, lock });
  } catch (error) {
    await lock?.release();
    throw postgresFault(error);
  }
}

interface EngineParts {
  readonly place: PostgresPlace;
  readonly mode: "write" | "read";
  readonly lock: PostgresLock | undefined;
}

function createEngine({ place, mode, lock }: EngineParts): Engine {
  const pool = createPool(place, mode === "write" ? "writer" : "reader");
  const db: Db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  return {
    kind: "postgres",
    db,
    cursorParameter: "$1::bigint",
    has: async (on, table) => {
      const name = `${escapeIdentifier(place.schema)}.${escapeIdentifier(table)}`;
      return (await sql`SELECT 1 WHERE to_regclass(${name}) IS NOT NULL`.execute(on)).rows.length > 0;
    },
    migrating: (work) => asOwner(place, work),
    protect: (tx, protection) => protectSchema(tx, { schema: place.schema, protection }),
    holdsLock: async (epoch) => (await lock?.holds(epoch)) === true,
    epoch: async (tx) => (await tx.selectFrom("writer").select("epoch").forShare().executeTakeFirstOrThrow()).epoch,
    known: knownIds,
    insert: insertRows,
    fault: postgresFault,
    close: async () => {
      await db.destroy();
      if (!pool.ended) await pool.end();
      await lock?.release();
    },
  };
}

async function asOwner<T>(place: PostgresPlace, work: (tx: Db) => Promise<T>): Promise<T> {
  const owner: Db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: createPool(place, "owner") }) });
  try {
    return await owner.transaction().execute(work);
  } finally {
    await owner.destroy();
  }
}

async function knownIds(tx: Db, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const query = CompiledQuery.raw("SELECT id FROM facts WHERE id = ANY ($1::text[])", [ids]);
  const { rows } = await tx.executeQuery<{ id: string }>(query);
  return new Set(rows.map(({ id }) => id));
}

/** Sends the rows as one JSON parameter: one statement text for every number of rows, typed by the table itself. */
async function insertRows(tx: Db, { table, columns, rows, key }: Bulk): Promise<void> {
  const name = escapeIdentifier(table);
  const names = columns.map((column) => escapeIdentifier(column));
  const others = names.filter((_, index) => key?.includes(columns[index] ?? "") === false);
  const conflict =
    key === undefined ? "" : ` ON CONFLICT (${key.join(",")}) DO UPDATE SET ${others.map((column) => `${column} = excluded.${column}`)}`;
  const text = `INSERT INTO ${name} (${names}) SELECT ${names} FROM json_populate_recordset(NULL::${name}, $1::json)${conflict}`;
  for (let at = 0; at < rows.length; at += CHUNK) {
    const objects = rows.slice(at, at + CHUNK).map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index]])));
    await tx.executeQuery(CompiledQuery.raw(text, [JSON.stringify(objects)]));
  }
}
