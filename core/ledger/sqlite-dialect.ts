import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { setImmediate } from "node:timers/promises";
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type TransactionSettings,
} from "kysely";

/** Enough for every statement of the ledger and an emitter's SELECTs. */
const CACHED_STATEMENTS = 200;
/** How long the event loop may be held before a statement lets it breathe. */
const HOLD_MS = 8;

/**
 * Kysely over an open `node:sqlite` database.
 *
 * Statements are prepared once. Booleans are stored as 0 and 1 and come back as booleans from columns declared BOOLEAN. A Date, an object
 * or undefined is refused: the driver would store NULL in silence. Since `node:sqlite` never yields, a long run of statements does.
 * Raw SQL without parameters and without a result may hold several statements, as on PostgreSQL.
 *
 * @see https://nodejs.org/api/sqlite.html
 */
export function sqliteDialect(database: DatabaseSync): Dialect {
  return {
    createDriver: () => createDriver(database),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => new SqliteAdapter(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  };
}

function createDriver(database: DatabaseSync): Driver {
  const statements = createCache(database);
  let yieldedAtMs = performance.now();
  const connection: DatabaseConnection = {
    executeQuery: async <R>(query: CompiledQuery): Promise<QueryResult<R>> => {
      if (performance.now() - yieldedAtMs > HOLD_MS) {
        await setImmediate();
        yieldedAtMs = performance.now();
      }
      return run<R>({ database, statement: statements(query.sql), query });
    },
    streamQuery: () => {
      throw new TypeError("the ledger reads in pages and does not stream");
    },
  };
  return {
    init: async () => {},
    // Kysely hands the one connection to one caller at a time, so nobody reads inside another's open transaction.
    acquireConnection: async () => connection,
    releaseConnection: async () => {},
    beginTransaction: async (_, settings) => begin(database, settings),
    commitTransaction: async () => {
      database.exec("COMMIT");
      database.exec("PRAGMA query_only = OFF");
    },
    rollbackTransaction: async () => {
      // A full disk may have ended the transaction already.
      if (database.isTransaction) database.exec("ROLLBACK");
      database.exec("PRAGMA query_only = OFF");
    },
    destroy: async () => database.close(),
  };
}

interface Prepared {
  readonly statement: StatementSync;
  readonly reads: boolean;
  readonly booleans: readonly string[];
}

function createCache(database: DatabaseSync): (sql: string) => Prepared {
  const cache = new Map<string, Prepared>();
  return (sql) => {
    const cached = cache.get(sql);
    if (cached !== undefined) {
      cache.delete(sql);
      cache.set(sql, cached);
      return cached;
    }
    const statement = database.prepare(sql);
    const columns = statement.columns();
    const booleans = columns.filter(({ type }) => type?.toUpperCase() === "BOOLEAN").map(({ name }) => name);
    const prepared = { statement, reads: columns.length > 0, booleans };
    cache.set(sql, prepared);
    for (const oldest of cache.keys()) {
      if (cache.size <= CACHED_STATEMENTS) break;
      cache.delete(oldest);
    }
    return prepared;
  };
}

interface Execution {
  readonly database: DatabaseSync;
  readonly statement: Prepared;
  readonly query: CompiledQuery;
}

function run<R>({ database, statement: { statement, reads, booleans }, query }: Execution): QueryResult<R> {
  const parameters = query.parameters.map(toSqlite);
  if (reads) {
    const rows = statement.all(...parameters);
    for (const row of booleans.length === 0 ? [] : rows) {
      for (const name of booleans) if (typeof row[name] === "number") Object.assign(row, { [name]: row[name] !== 0 });
    }
    // The rows have the shape that the query was compiled for.
    return { rows: rows as R[] };
  }
  if (parameters.length === 0 && query.query.kind === "RawNode") {
    database.exec(query.sql);
    return { rows: [] };
  }
  const { changes } = statement.run(...parameters);
  return { rows: [], numAffectedRows: BigInt(changes) };
}

/** Binds integers as integers: the driver would bind every number as a float, and a text column would hold "5.0". */
function toSqlite(value: unknown, index: number): SQLInputValue {
  if (typeof value === "string" || typeof value === "bigint" || value === null) return value;
  if (typeof value === "number" && Number.isFinite(value)) return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof value === "boolean") return value ? 1n : 0n;
  const what = value instanceof Date ? "a Date" : typeof value === "object" ? "an object" : String(value);
  throw new TypeError(`parameter ${index + 1} is ${what}; a column holds text, finite numbers, booleans and null`);
}

function begin(database: DatabaseSync, { accessMode }: TransactionSettings): void {
  if (accessMode === "read only") {
    database.exec("PRAGMA query_only = ON");
    database.exec("BEGIN");
    return;
  }
  // Taking the write lock at once: a read that turns into a write could be refused half way.
  database.exec("BEGIN IMMEDIATE");
}
