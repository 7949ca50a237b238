import { CompiledQuery } from "kysely";
import type { Bulk, Db } from "./engine.ts";

/** Rows per statement: few sizes, so that few statement texts serve every batch. */
const CHUNKS = [256, 64, 16, 4, 1] as const;
/** SQLITE_MAX_VARIABLE_NUMBER. */
const MOST_PARAMETERS = 32_766;

/** Which of the ids are in `facts` already. */
export async function knownIds(tx: Db, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (const chunk of chunksOf(ids, 1)) {
    // Walking the list is cheaper than IN, which first sorts it into a table of its own.
    const list = `(?)${",(?)".repeat(chunk.length - 1)}`;
    const text = `SELECT v.column1 AS id FROM (VALUES ${list}) v WHERE EXISTS (SELECT 1 FROM facts f WHERE f.id = v.column1)`;
    const query = CompiledQuery.raw(text, [...chunk]);
    for (const { id } of (await tx.executeQuery<{ id: string }>(query)).rows) found.add(id);
  }
  return found;
}

/** Inserts many rows, or replaces those whose key is there. */
export async function insertRows(tx: Db, { table, columns, rows, key }: Bulk): Promise<void> {
  const names = columns.map((column) => `"${column}"`);
  const others = columns.filter((column) => key?.includes(column) === false);
  const conflict =
    key === undefined ? "" : ` ON CONFLICT (${key.join(",")}) DO UPDATE SET ${others.map((name) => `"${name}" = excluded."${name}"`)}`;
  const row = `(?${",?".repeat(columns.length - 1)})`;
  for (const chunk of chunksOf(rows, columns.length)) {
    const values = `${row}${`,${row}`.repeat(chunk.length - 1)}`;
    await tx.executeQuery(CompiledQuery.raw(`INSERT INTO "${table}" (${names}) VALUES ${values}${conflict}`, chunk.flat()));
  }
}

function* chunksOf<T>(items: readonly T[], parametersEach: number): Generator<readonly T[]> {
  let at = 0;
  for (const size of CHUNKS) {
    if (size * parametersEach > MOST_PARAMETERS) continue;
    for (; items.length - at >= size; at += size) yield items.slice(at, at + size);
  }
}
