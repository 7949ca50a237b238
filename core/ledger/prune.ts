import { sql } from "kysely";
import { OffingError } from "#core/errors.ts";
import { labelsKey } from "#core/series.ts";
import type { Db, Engine } from "./engine.ts";
import type { Fence } from "./fence.ts";
import type { PrunedCount, PruneOrder } from "./ledger.ts";
import { headOf, selectAt } from "./reading.ts";
import type { PruneRecordRow } from "./tables.ts";

/** What pruning works with. */
export interface PruneParts {
  readonly engine: Engine;
  readonly fence: Fence;
  /** The tables whose rows may go. */
  readonly prunable: ReadonlySet<string>;
  readonly nowMs: () => number;
}

/** Width of the range of seqs that one transaction deletes. */
const SEQS_AT_ONCE = 1_000;

/**
 * Deletes the rows of an order under an appended record, and appends a closure with what the SELECTs count less for it.
 *
 * The record keeps the cursor and what the SELECTs counted before, so a prune that was cut short ends with the same difference: an open
 * record is finished first, by whichever call comes next. Order only what can no longer be retracted or seen again: a row that went is
 * forgotten.
 *
 * @returns how many rows went for this order, those before a crash included
 * @throws LEDGER_REFUSED when the table only grows, or the range is not wholly written and projected
 */
export async function prune(parts: PruneParts, order: PruneOrder): Promise<number> {
  let finished: number | undefined;
  for (const record of await openRecords(parts.engine.db)) {
    const rows = await finish(parts, record);
    const isThis = record.table_name === order.table && record.from_seq === order.fromSeq && record.to_seq === order.toSeq;
    if (isThis) finished = rows;
  }
  return finished ?? (await finish(parts, await begin(parts, order)));
}

/** The sum of every closure, by metric and labels. */
export async function prunedCounts(db: Db): Promise<readonly PrunedCount[]> {
  const closures = await db.selectFrom("prune_closures").select("counts").orderBy("record").execute();
  return sum(closures.flatMap(({ counts }) => parseCounts(counts)));
}

async function openRecords(db: Db): Promise<readonly PruneRecordRow[]> {
  const closed = db.selectFrom("prune_closures").select("record");
  return await db.selectFrom("prune_records").selectAll().where("record", "not in", closed).orderBy("record").execute();
}

async function begin({ engine, fence, prunable, nowMs }: PruneParts, order: PruneOrder): Promise<PruneRecordRow> {
  return await fence.transaction(async (tx) => {
    const head = await headOf(tx);
    await refuseImpossible(tx, { order, prunable, head });
    const { last } = await tx
      .selectFrom("prune_records")
      .select((eb) => eb.fn.max("record").as("last"))
      .executeTakeFirstOrThrow();
    const record: PruneRecordRow = {
      record: (last ?? 0) + 1,
      table_name: order.table,
      from_seq: order.fromSeq,
      to_seq: order.toSeq,
      reason: order.reason,
      at_ms: nowMs(),
      cursor_seq: head,
      row_count: (await remaining(tx, { table: order.table, fromSeq: order.fromSeq, toSeq: order.toSeq })).rows,
      selects: JSON.stringify(order.selects),
      counts: JSON.stringify(await count(tx, engine, { selects: order.selects, cursorSeq: head })),
    };
    await tx.insertInto("prune_records").values(record).execute();
    return record;
  });
}

async function refuseImpossible(
  tx: Db,
  { order, prunable, head }: { order: PruneOrder; prunable: ReadonlySet<string>; head: number },
): Promise<void> {
  const { table, fromSeq, toSeq } = order;
  const refuse = (message: string) => {
    throw new OffingError("LEDGER_REFUSED", { message, context: { table, fromSeq, toSeq, head } });
  };
  if (!prunable.has(table)) refuse("rows of this table never go");
  if (!(1 <= fromSeq && fromSeq <= toSeq)) refuse("a prune order names a range from 1 on");
  if (toSeq > (table === "dead_letters" ? await lastDeadLetter(tx) : head)) refuse("a prune order names only rows that are written");
  if (table === "dead_letters") return;
  const projection = await tx.selectFrom("projection").select("cursor_seq").executeTakeFirst();
  if (toSeq > (projection?.cursor_seq ?? 0)) refuse("what is not projected yet does not go");
}

async function lastDeadLetter(tx: Db): Promise<number> {
  const { last } = await tx
    .selectFrom("dead_letters")
    .select((eb) => eb.fn.max("seq").as("last"))
    .executeTakeFirstOrThrow();
  return last ?? 0;
}

async function finish({ engine, fence, nowMs }: PruneParts, record: PruneRecordRow): Promise<number> {
  const { table_name: table, to_seq: toSeq } = record;
  let fromSeq: number | undefined = record.from_seq;
  while (fromSeq !== undefined) {
    const from: number = fromSeq;
    fromSeq = await fence.transaction(async (tx) => {
      const { first } = await remaining(tx, { table, fromSeq: from, toSeq });
      if (first === null) return undefined;
      const last = Math.min(toSeq, first + SEQS_AT_ONCE - 1);
      await sql`DELETE FROM ${sql.table(table)} WHERE seq BETWEEN ${first} AND ${last}`.execute(tx);
      return last < toSeq ? last + 1 : undefined;
    });
  }
  return await fence.transaction(async (tx) => {
    const after = await count(tx, engine, { selects: JSON.parse(record.selects), cursorSeq: record.cursor_seq });
    const difference = sum([...parseCounts(record.counts), ...after.map((one) => ({ ...one, count: -one.count }))]);
    const closure = { record: record.record, at_ms: nowMs(), row_count: record.row_count };
    await tx
      .insertInto("prune_closures")
      .values({ ...closure, counts: JSON.stringify(difference) })
      .execute();
    return record.row_count;
  });
}

interface Range {
  readonly table: string;
  readonly fromSeq: number;
  readonly toSeq: number;
}

async function remaining(tx: Db, { table, fromSeq, toSeq }: Range): Promise<{ readonly rows: number; readonly first: number | null }> {
  const { rows } = await sql<{ rows: number; first: number | null }>`SELECT count(*) AS rows, min(seq) AS first FROM ${sql.table(table)}
    WHERE seq BETWEEN ${fromSeq} AND ${toSeq}`.execute(tx);
  return rows[0] ?? { rows: 0, first: null };
}

interface Counting {
  readonly selects: Readonly<Record<string, string>>;
  readonly cursorSeq: number;
}

async function count(tx: Db, engine: Engine, { selects, cursorSeq }: Counting): Promise<readonly PrunedCount[]> {
  const counts: PrunedCount[] = [];
  for (const [metric, text] of Object.entries(selects)) {
    for (const { value, ...labels } of await selectAt(tx, engine, { text, cursorSeq })) {
      const named = Object.fromEntries(Object.entries(labels).map(([name, label]) => [name, label === null ? "" : String(label)]));
      counts.push({ metric, labels: labelsKey(named), count: Number(value) });
    }
  }
  return counts;
}

/** What is zero in sum is left out. */
function sum(counts: readonly PrunedCount[]): readonly PrunedCount[] {
  const sums = new Map<string, PrunedCount>();
  for (const { metric, labels, count } of counts) {
    const key = `${metric} ${labels}`;
    sums.set(key, { metric, labels, count: (sums.get(key)?.count ?? 0) + count });
  }
  return [...sums.values()].filter((entry) => entry.count !== 0);
}

function parseCounts(json: string): readonly PrunedCount[] {
  return JSON.parse(json);
}
