import { setImmediate } from "node:timers/promises";
import { OffingError } from "#core/errors.ts";
import type { Fact, StoredFact } from "#core/fact.ts";
import type { StateChange } from "#core/state.ts";
import type { Bulk, Db, Engine, Value } from "./engine.ts";
import type { Fence } from "./fence.ts";
import type { Commit, DeadLetter, RecordRow } from "./ledger.ts";
import { headOf } from "./reading.ts";
import { toText } from "./text.ts";

/** What `append` works with. */
export interface AppendParts {
  readonly engine: Engine;
  readonly fence: Fence;
  readonly rows: (fact: Fact) => readonly RecordRow[];
  readonly nowMs: () => number;
}

/**
 * Writes a commit in one transaction: the facts that are new, their record rows, changed state, cursors and dead letters.
 *
 * The next seq is read inside the transaction. The writer is alone, so the order has no gap, and what fails leaves none. It yields to the
 * event loop once, since SQLite never does.
 */
export async function append(parts: AppendParts, commit: Commit): Promise<readonly StoredFact[]> {
  await setImmediate();
  const { facts, changes, cursors, deadLetters = [] } = commit;
  if (facts.length + changes.length + cursors.size + deadLetters.length === 0) return [];
  const { engine, fence, nowMs } = parts;
  return await fence.transaction(async (tx) => {
    const stored = await appendFacts(tx, parts, facts);
    await writeState(tx, engine, changes);
    const rows = [...cursors].map(([feed, cursor]) => [toText(feed), JSON.stringify(cursor)]);
    if (rows.length > 0) await engine.insert(tx, { table: "cursors", columns: ["feed", "cursor"], rows, key: ["feed"] });
    await writeDeadLetters(tx, engine, { letters: deadLetters, atMs: nowMs() });
    return stored;
  });
}

/** Appends dead letters; for the projector's transaction as well. */
export async function writeDeadLetters(
  tx: Db,
  engine: Engine,
  { letters, atMs }: { letters: readonly DeadLetter[]; atMs: number },
): Promise<void> {
  if (letters.length === 0) return;
  const { last } = await tx
    .selectFrom("dead_letters")
    .select((eb) => eb.fn.max("seq").as("last"))
    .executeTakeFirstOrThrow();
  const rows = letters.map(({ origin, reason, item }, index) => [
    (last ?? 0) + 1 + index,
    atMs,
    origin,
    toText(reason),
    JSON.stringify(item),
  ]);
  await engine.insert(tx, { table: "dead_letters", columns: ["seq", "at_ms", "origin", "reason", "item"], rows });
}

const FACT_COLUMNS = ["seq", "id", "kind", "time_ms", "late", "retracts", "written_at_ms", "body"] as const;

async function appendFacts(tx: Db, { engine, rows, nowMs }: AppendParts, facts: readonly Fact[]): Promise<readonly StoredFact[]> {
  const byId = new Map<string, Fact>();
  for (const fact of facts) {
    const id = toText(fact.id);
    if (!byId.has(id)) byId.set(id, fact);
  }
  if (byId.size === 0) return [];
  for (const id of await engine.known(tx, [...byId.keys()])) byId.delete(id);
  if (byId.size === 0) return [];
  const head = await headOf(tx);
  const writtenAtMs = nowMs();
  const stored: StoredFact[] = [];
  const factRows: Value[][] = [];
  const records = new Map<string, { bulk: Bulk; rows: Value[][] }>();
  for (const [id, fact] of byId) {
    const seq = head + stored.length + 1;
    stored.push({ seq, writtenAtMs, fact });
    const retracts = fact.retracts === undefined ? null : toText(fact.retracts);
    factRows.push([seq, id, toText(fact.kind), fact.timeMs, fact.late, retracts, writtenAtMs, JSON.stringify(fact)]);
    for (const record of rows(fact)) collect(records, { record, seq, id });
  }
  await engine.insert(tx, { table: "facts", columns: FACT_COLUMNS, rows: factRows });
  for (const { bulk } of records.values()) await engine.insert(tx, bulk);
  return stored;
}

/** Rows of one table with the same columns go in together. */
function collect(
  groups: Map<string, { bulk: Bulk; rows: Value[][] }>,
  { record, seq, id }: { record: RecordRow; seq: number; id: string },
): void {
  const names = Object.keys(record.values);
  const shape = `${record.table} ${names.join(" ")}`;
  let group = groups.get(shape);
  if (group === undefined) {
    const rows: Value[][] = [];
    group = { bulk: { table: record.table, columns: ["seq", "fact_id", ...names], rows }, rows };
    groups.set(shape, group);
  }
  group.rows.push([seq, id, ...Object.values(record.values).map(toColumn)]);
}

/**
 * A value of an emitter's row as a column takes it.
 *
 * @throws LEDGER_REFUSED for what no column of both databases holds
 */
export function toColumn(value: Value): Value {
  if (typeof value === "string") return toText(value);
  if (typeof value === "boolean" || value === null || Number.isFinite(value)) return value;
  const context = { type: typeof value, value: String(value) };
  throw new OffingError("LEDGER_REFUSED", { message: "a record row holds neither text, a finite number, a boolean nor null", context });
}

/** Keys deleted in one statement. */
const DELETED_AT_ONCE = 500;

/** Writes changed keys of the state; for a stream's transaction as well. */
export async function writeState(tx: Db, engine: Engine, changes: readonly StateChange[]): Promise<void> {
  const last = new Map(changes.map((change) => [`${toText(change.collection)}\u0000${toText(change.key)}`, change]));
  const rows: Value[][] = [];
  const deleted = new Map<string, string[]>();
  for (const change of last.values()) {
    const [collection, key] = [toText(change.collection), toText(change.key)];
    if (change.value !== undefined) rows.push([collection, key, JSON.stringify(change.value)]);
    else if (deleted.has(collection)) deleted.get(collection)?.push(key);
    else deleted.set(collection, [key]);
  }
  if (rows.length > 0)
    await engine.insert(tx, { table: "state", columns: ["collection", "key", "value"], rows, key: ["collection", "key"] });
  for (const [collection, keys] of deleted) {
    for (let at = 0; at < keys.length; at += DELETED_AT_ONCE) {
      const some = keys.slice(at, at + DELETED_AT_ONCE);
      await tx.deleteFrom("state").where("collection", "=", collection).where("key", "in", some).execute();
    }
  }
}
