import { sql } from "kysely";
import type { Fact } from "#core/fact.ts";
import { toColumn } from "./append.ts";
import type { Db, Engine } from "./engine.ts";
import type { Fence } from "./fence.ts";
import type { RecordTables } from "./ledger.ts";

/** What `appendReference` works with. */
export interface ReferenceParts<F extends Fact> {
  readonly engine: Engine;
  readonly fence: Fence;
  readonly reference: RecordTables<F>["reference"];
}

/** Appends the rows that come from configuration and are not there yet by their key; a row that is there stays as it is. */
export async function appendReference<F extends Fact>({ engine, fence, reference }: ReferenceParts<F>): Promise<void> {
  if (reference.length === 0) return;
  await fence.transaction(async (tx) => {
    for (const row of reference) {
      if (await isThere(tx, row)) continue;
      const columns = Object.keys(row.values);
      await engine.insert(tx, { table: row.table, columns, rows: [Object.values(row.values).map(toColumn)] });
    }
  });
}

async function isThere<F extends Fact>(tx: Db, { table, key, values }: RecordTables<F>["reference"][number]): Promise<boolean> {
  const matches = key.map((column) => sql`${sql.ref(column)} = ${toColumn(values[column] ?? null)}`);
  const found = await sql`SELECT 1 FROM ${sql.table(table)} WHERE ${sql.join(matches, sql` AND `)} LIMIT 1`.execute(tx);
  return found.rows.length > 0;
}
