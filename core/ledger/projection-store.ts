import { OffingError } from "#core/errors.ts";
import { writeDeadLetters } from "./append.ts";
import type { Db, Engine } from "./engine.ts";
import type { Fence } from "./fence.ts";
import type { Projection, ProjectionStore, Total } from "./ledger.ts";
import { snapshot } from "./reading.ts";

/** What the projector's store works with. */
export interface ProjectionParts {
  readonly engine: Engine;
  readonly fence: Fence;
  readonly nowMs: () => number;
}

/** Keeps the projector's cursor, intention and totals in the ledger's database. */
export function createProjectionStore({ engine, fence, nowMs }: ProjectionParts): ProjectionStore {
  return {
    load: () => loadProjection(engine),
    restart: (projection) =>
      fence.transaction(async (tx) => {
        const present = await tx.selectFrom("projection").select("generation").executeTakeFirst();
        const generation = (present?.generation ?? 0) + 1;
        const row = { generation, digest: projection.digest, cursor_seq: projection.cursorSeq };
        await tx.deleteFrom("projection").execute();
        await tx
          .insertInto("projection")
          .values({ only_row: 1, ...row })
          .execute();
        await tx.deleteFrom("totals").execute();
        await writeTotals(tx, engine, projection.totals);
        return { ...projection, generation, pending: null };
      }),
    intend: ({ toSeq, atMs }) =>
      fence.transaction(async (tx) => {
        const { numUpdatedRows } = await tx
          .updateTable("projection")
          .set({ pending_to_seq: toSeq, pending_at_ms: atMs })
          .where("cursor_seq", "<=", toSeq)
          .executeTakeFirst();
        if (numUpdatedRows === 0n) throw backwardsError({ toSeq });
      }),
    settle: ({ cursorSeq, totals, deadLetters, next }) =>
      fence.transaction(async (tx) => {
        const { numUpdatedRows } = await tx
          .updateTable("projection")
          .set({ cursor_seq: cursorSeq, pending_to_seq: next?.toSeq ?? null, pending_at_ms: next?.atMs ?? null })
          .where("cursor_seq", "<=", cursorSeq)
          .executeTakeFirst();
        if (numUpdatedRows === 0n) throw backwardsError({ cursorSeq });
        await writeTotals(tx, engine, totals);
        await writeDeadLetters(tx, engine, { letters: deadLetters, atMs: nowMs() });
      }),
  };
}

async function loadProjection(engine: Engine): Promise<Projection | undefined> {
  return await snapshot(engine.db, async (tx) => {
    const row = await tx.selectFrom("projection").selectAll().executeTakeFirst();
    if (row === undefined) return undefined;
    const { pending_to_seq: toSeq, pending_at_ms: atMs } = row;
    return {
      generation: row.generation,
      digest: row.digest,
      cursorSeq: row.cursor_seq,
      pending: toSeq === null || atMs === null ? null : { toSeq, atMs },
      totals: await readTotals(tx),
    };
  });
}

/** Every total; for a stream as well. */
export async function readTotals(tx: Db): Promise<readonly Total[]> {
  const rows = await tx.selectFrom("totals").selectAll().orderBy("metric").orderBy("labels").execute();
  return rows.map(({ metric, labels, value, buckets, born_at_ms }) => ({
    metric,
    labels,
    value,
    buckets: buckets === null ? null : JSON.parse(buckets),
    bornAtMs: born_at_ms,
  }));
}

/** Writes totals over their earlier values; for a stream's transaction as well. */
export async function writeTotals(tx: Db, engine: Engine, totals: readonly Total[]): Promise<void> {
  if (totals.length === 0) return;
  const rows = totals.map(({ metric, labels, value, buckets, bornAtMs }) => [
    metric,
    labels,
    value,
    buckets === null ? null : JSON.stringify(buckets),
    bornAtMs,
  ]);
  const columns = ["metric", "labels", "value", "buckets", "born_at_ms"];
  await engine.insert(tx, { table: "totals", columns, rows, key: ["metric", "labels"] });
}

function backwardsError(context: Readonly<Record<string, number>>): OffingError {
  return new OffingError("LEDGER_REFUSED", { message: "there is no projection, or it stands beyond this seq", context });
}
