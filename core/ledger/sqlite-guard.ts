import { sql } from "kysely";
import { OffingError } from "#core/errors.ts";
import type { Db, Guarded } from "./engine.ts";

/**
 * Makes a table append-only: no UPDATE ever, no DELETE but of rows under an open prune record.
 *
 * An INSERT OR REPLACE deletes without firing delete triggers, unless the connection asks for recursive ones. So an insert trigger refuses
 * every row that meets an existing one in any unique key, before the conflict clause can act.
 *
 * @throws LEDGER_REFUSED when the table is not there or has a unique index that such a trigger cannot watch
 * @see https://www.sqlite.org/lang_conflict.html
 */
export async function guardTable(tx: Db, { table, prunable }: Guarded): Promise<void> {
  const keys = await uniqueKeys(tx, table);
  const refuse = (what: string) => `BEGIN SELECT RAISE(ABORT, 'append-only: ${what} ${table.replaceAll("'", "''")} is refused'); END`;
  const covered = `EXISTS (SELECT 1 FROM prune_records r WHERE r.table_name = ${literal(table)} AND OLD.seq BETWEEN r.from_seq AND r.to_seq
    AND NOT EXISTS (SELECT 1 FROM prune_closures c WHERE c.record = r.record))`;
  const taken = keys.map((key) => {
    const same = key.map((column) => `t.${quoted(column)} = NEW.${quoted(column)}`).join(" AND ");
    return `EXISTS (SELECT 1 FROM ${quoted(table)} t WHERE ${same})`;
  });
  const triggers = {
    update: `BEFORE UPDATE ON ${quoted(table)} ${refuse("UPDATE of")}`,
    delete: `BEFORE DELETE ON ${quoted(table)} ${prunable ? `WHEN NOT ${covered} ` : ""}${refuse("DELETE from")}`,
    insert: `BEFORE INSERT ON ${quoted(table)} WHEN ${taken.join(" OR ")} ${refuse("a second row of the same key in")}`,
  };
  for (const [event, rule] of Object.entries(triggers)) {
    const name = quoted(`${table}_append_only_${event}`);
    await ensureTrigger(tx, name, `CREATE TRIGGER ${name} ${rule}`);
  }
}

async function ensureTrigger(tx: Db, name: string, definition: string): Promise<void> {
  const present = await sql<{ sql: string }>`SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = ${unquoted(name)}`.execute(tx);
  if (present.rows[0]?.sql === definition) return;
  await sql.raw(`DROP TRIGGER IF EXISTS ${name}`).execute(tx);
  await sql.raw(definition).execute(tx);
}

interface IndexColumn {
  readonly index_name: string;
  readonly partial: number;
  readonly column_name: string | null;
}

/** The columns of every unique key, the row id among them. */
async function uniqueKeys(tx: Db, table: string): Promise<readonly (readonly string[])[]> {
  const found = await sql<{ wr: number }>`SELECT wr FROM pragma_table_list(${table}) WHERE schema = 'main' AND type = 'table'`.execute(tx);
  const [shape] = found.rows;
  if (shape === undefined) throw new OffingError("LEDGER_REFUSED", { message: "no migration makes this table", context: { table } });
  const columns = await sql<IndexColumn>`SELECT l.name AS index_name, l.partial AS partial, c.name AS column_name
    FROM pragma_index_list(${table}) l, pragma_index_info(l.name) c WHERE l."unique" = 1 ORDER BY l.seq, c.seqno`.execute(tx);
  const keys = new Map<string, string[]>();
  for (const { index_name, partial, column_name } of columns.rows) {
    if (partial !== 0 || column_name === null) {
      const context = { table, index: index_name };
      throw new OffingError("LEDGER_REFUSED", { message: "an append-only table has only plain unique indexes", context });
    }
    keys.set(index_name, [...(keys.get(index_name) ?? []), column_name]);
  }
  return [...(shape.wr === 0 ? [["rowid"]] : []), ...keys.values()];
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function unquoted(name: string): string {
  return name.slice(1, -1).replaceAll('""', '"');
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
