import type { Client } from "pg";
import { escapeIdentifier } from "pg";
import { OffingError } from "#core/errors.ts";
import { createClient, type PostgresPlace } from "./postgres-connection.ts";

/** The writer lock of a ledger in PostgreSQL. */
export interface PostgresLock {
  /** True while it is held, or could be taken again and the epoch is still `epoch`. */
  readonly holds: (epoch: number) => Promise<boolean>;
  readonly release: () => Promise<void>;
}

/**
 * Takes the advisory lock of a schema on a connection of its own.
 *
 * When that connection dies, the lock is free for others although this process lives. It is taken again before the next write; whether
 * somebody wrote in between, the epoch tells.
 *
 * @throws LEDGER_LOCKED at once when another session holds it
 */
export async function takeLock(place: PostgresPlace): Promise<PostgresLock> {
  let session = await tryLock(place);
  if (session === undefined) throw await lockedError(place);
  return {
    holds: async (epoch) => {
      if (session?.alive() === true) return true;
      await session?.client.end().catch(() => {});
      session = await tryLock(place);
      if (session === undefined) return false;
      if ((await writerOf(session.client, place))?.["epoch"] === epoch) return true;
      await session.client.end();
      session = undefined;
      return false;
    },
    release: async () => {
      await session?.client.end().catch(() => {});
      session = undefined;
    },
  };
}

interface Session {
  readonly client: Client;
  readonly alive: () => boolean;
}

async function tryLock(place: PostgresPlace): Promise<Session | undefined> {
  const client = createClient(place);
  let isAlive = true;
  const die = () => {
    isAlive = false;
  };
  client.on("error", die).on("end", die);
  try {
    await client.connect();
    // A holder whose machine vanished gives the lock back within a minute, not after the system's default of two hours.
    await client.query("SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3");
    const { rows } = await client.query("SELECT pg_try_advisory_lock(hashtextextended('offing ledger ' || $1, 0)) AS locked", [
      place.schema,
    ]);
    if (rows[0]?.locked === true) return { client, alive: () => isAlive };
  } catch (error) {
    await client.end().catch(() => {});
    throw error;
  }
  await client.end();
  return undefined;
}

async function lockedError(place: PostgresPlace): Promise<OffingError> {
  const context: Record<string, string | number> = { schema: place.schema };
  const client = createClient(place);
  client.on("error", () => {});
  try {
    await client.connect();
    const row = await writerOf(client, place);
    for (const [name, value] of Object.entries({ pid: row?.["pid"], host: row?.["host"], startedAtMs: row?.["started_at_ms"] })) {
      if (typeof value === "string" || typeof value === "number") context[name] = value;
    }
  } catch {
    // The lock is taken whether or not we can say by whom.
  } finally {
    await client.end().catch(() => {});
  }
  return new OffingError("LEDGER_LOCKED", { message: "another process writes to this ledger", context });
}

/** The writer row; nothing while the holder is still making the ledger. */
async function writerOf(client: Client, { schema }: PostgresPlace): Promise<Readonly<Record<string, unknown>> | undefined> {
  const table = `${escapeIdentifier(schema)}.writer`;
  const { rows: present } = await client.query("SELECT to_regclass($1) IS NOT NULL AS present", [table]);
  if (present[0]?.present !== true) return undefined;
  const { rows } = await client.query(`SELECT epoch, pid, host, started_at_ms FROM ${table}`);
  return rows[0];
}
