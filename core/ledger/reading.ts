import { CompiledQuery, type RawBuilder, sql } from "kysely";
import type { Fact, Json, StoredFact } from "#core/fact.ts";
import { State, type StateChange } from "#core/state.ts";
import type { Db, Engine, SelectedRow } from "./engine.ts";
import { fromText, toText } from "./text.ts";

/** Rows of state that are read at once. */
const STATE_PAGE = 2_000;

/** The highest seq ever given, also when its row was pruned since; 0 when empty. */
export async function headOf(db: Db): Promise<number> {
  const { last } = await db
    .selectFrom("facts")
    .select((eb) => eb.fn.max("seq").as("last"))
    .executeTakeFirstOrThrow();
  const { pruned } = await db
    .selectFrom("prune_records")
    .where("table_name", "=", "facts")
    .select((eb) => eb.fn.max("to_seq").as("pruned"))
    .executeTakeFirstOrThrow();
  return Math.max(last ?? 0, pruned ?? 0);
}

/** The facts after `afterSeq`, at most `limit`, in order. */
export async function readFacts(db: Db, { afterSeq, limit }: { afterSeq: number; limit: number }): Promise<readonly StoredFact[]> {
  const rows = await db
    .selectFrom("facts")
    .select(["seq", "written_at_ms", "body"])
    .where("seq", ">", afterSeq)
    .orderBy("seq")
    .limit(limit)
    .execute();
  return rows.map(toStored);
}

/** One fact by its id. */
export async function readFact(db: Db, id: string): Promise<StoredFact | undefined> {
  const row = await db.selectFrom("facts").select(["seq", "written_at_ms", "body"]).where("id", "=", toText(id)).executeTakeFirst();
  return row === undefined ? undefined : toStored(row);
}

/** The cursors of every feed. */
export async function readCursors(db: Db): Promise<ReadonlyMap<string, Json>> {
  const rows = await db.selectFrom("cursors").select(["feed", "cursor"]).orderBy("feed").execute();
  return new Map(rows.map(({ feed, cursor }) => [fromText(feed), JSON.parse(cursor)]));
}

/** How large the ledger is on disk, and how many rows its tables hold. */
export async function readSizes(
  db: Db,
  { kind }: Pick<Engine, "kind">,
  tables: readonly string[],
): Promise<{ readonly bytes: number; readonly rows: Readonly<Record<string, number>> }> {
  const one = async (query: RawBuilder<{ value: number | string }>): Promise<number> =>
    Number((await query.execute(db)).rows[0]?.value ?? 0);
  const bytes =
    kind === "sqlite"
      ? sql<{ value: number }>`SELECT c.page_count * s.page_size AS value FROM pragma_page_count() c, pragma_page_size() s`
      : sql<{ value: string }>`SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0) AS value FROM pg_class c
          WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace`;
  const rows: Record<string, number> = {};
  for (const table of tables) rows[table] = await one(sql<{ value: number }>`SELECT count(*) AS value FROM ${sql.table(table)}`);
  return { bytes: await one(bytes), rows };
}

/** The whole state as of the last commit, read in one transaction. */
export async function readState(db: Db): Promise<State> {
  return await snapshot(db, async (tx) => {
    const entries: StateChange[] = [];
    let page = await statePage(tx, undefined);
    while (page.length > 0) {
      for (const { collection, key, value } of page) {
        entries.push({ collection: fromText(collection), key: fromText(key), value: JSON.parse(value) });
      }
      page = page.length < STATE_PAGE ? [] : await statePage(tx, page.at(-1));
    }
    return new State(entries);
  });
}

async function statePage(tx: Db, last: { readonly collection: string; readonly key: string } | undefined) {
  let query = tx.selectFrom("state").select(["collection", "key", "value"]).orderBy("collection").orderBy("key").limit(STATE_PAGE);
  if (last !== undefined) {
    query = query.where((eb) => eb(eb.refTuple("collection", "key"), ">", eb.tuple(last.collection, last.key)));
  }
  return await query.execute();
}

/** Reads of one moment. */
export async function snapshot<T>(db: Db, work: (tx: Db) => Promise<T>): Promise<T> {
  return await db.transaction().setIsolationLevel("repeatable read").setAccessMode("read only").execute(work);
}

/** A string literal, which stays, or the parameter; a cast such as `::cursor` is neither. */
const CURSOR = /'(?:[^']|'')*'|(?<![:\w]):cursor\b/g;

/** Runs a contract's SELECT at a cursor. */
export async function selectAt(
  db: Db,
  engine: Engine,
  { text, cursorSeq }: { text: string; cursorSeq: number },
): Promise<readonly SelectedRow[]> {
  let isBound = false;
  const bound = text.replace(CURSOR, (token) => {
    if (token.startsWith("'")) return token;
    isBound = true;
    return engine.cursorParameter;
  });
  const { rows } = await db.executeQuery<SelectedRow>(CompiledQuery.raw(bound, isBound ? [cursorSeq] : []));
  return rows.map((row) => ({ ...row }));
}

function toStored(row: { readonly seq: number; readonly written_at_ms: number; readonly body: string }): StoredFact {
  // The writer serialised a fact into this column.
  return { seq: row.seq, writtenAtMs: row.written_at_ms, fact: JSON.parse(row.body) as Fact };
}
