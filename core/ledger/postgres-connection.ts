import { Client, type ClientBase, type ClientConfig, type CustomTypesConfig, escapeIdentifier, Pool, types } from "pg";
import { OffingError } from "#core/errors.ts";

/** The role that may only do what a writer must; shared by every ledger of a database server. */
export const WRITER_ROLE = "offing_writer";

/** Where a ledger is. */
export interface PostgresPlace {
  readonly postgresUrl: string;
  readonly schema: string;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** A stopped writer's open transaction must end before the next writer loses patience. */
const IDLE_IN_TRANSACTION_MS = 5_000;
const LOCK_TIMEOUT_MS = 10_000;

/** One connection of its own, as the user of the URL. */
export function createClient(place: PostgresPlace): Client {
  return new Client(configOf(place));
}

/**
 * The connections that work with the ledger.
 *
 * `role` is what they may do: `writer` the restricted role's rights, `owner` those of the user of the URL, `reader` only to read.
 */
export function createPool(place: PostgresPlace, role: "writer" | "owner" | "reader"): Pool {
  const settings = [
    `SET search_path = ${escapeIdentifier(place.schema)}`,
    `SET lock_timeout = ${LOCK_TIMEOUT_MS}`,
    ...(role === "writer" ? [`SET idle_in_transaction_session_timeout = ${IDLE_IN_TRANSACTION_MS}`, `SET ROLE ${WRITER_ROLE}`] : []),
    ...(role === "reader" ? ["SET default_transaction_read_only = on"] : []),
  ];
  const prepare = async (client: ClientBase) => {
    // A connection that dies while it is used tells its query; without a listener it would also end the process.
    client.on("error", () => {});
    await client.query(settings.join("; "));
  };
  const pool = new Pool({ ...configOf(place), max: role === "owner" ? 1 : 4, onConnect: prepare });
  // The pool has thrown an idle connection away; the next query opens another.
  pool.on("error", () => {});
  return pool;
}

function configOf({ postgresUrl }: PostgresPlace): ClientConfig {
  return {
    connectionString: postgresUrl,
    application_name: "offing",
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: COLUMN_TYPES,
  };
}

/** Columns come back as the ledger's values: safe integers and floats as numbers, booleans, everything else (numeric, dates) as text. */
const COLUMN_TYPES: CustomTypesConfig = {
  getTypeParser: (oid: number) => {
    if (oid === types.builtins.BOOL) return (text: string) => text === "t";
    if (oid === types.builtins.INT8) return safeInteger;
    return NUMBERS.has(oid) ? Number : (text: string) => text;
  },
};

const NUMBERS: ReadonlySet<number> = new Set([types.builtins.INT2, types.builtins.INT4, types.builtins.FLOAT4, types.builtins.FLOAT8]);

function safeInteger(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  throw new OffingError("LEDGER_REFUSED", { message: "an integer is too large to be read as a number", context: { value: text } });
}
