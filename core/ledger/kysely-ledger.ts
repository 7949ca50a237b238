import { OffingError } from "#core/errors.ts";
import type { Fact } from "#core/fact.ts";
import { append } from "./append.ts";
import type { Engine } from "./engine.ts";
import { type Fence, takeOver } from "./fence.ts";
import type { Ledger, OpenOptions } from "./ledger.ts";
import { inspect, migrate } from "./migrate.ts";
import { createProjectionStore, readTotals } from "./projection-store.ts";
import { prune, prunedCounts } from "./prune.ts";
import { headOf, readCursors, readFact, readFacts, readSizes, readState, selectAt, snapshot } from "./reading.ts";
import { appendReference } from "./reference.ts";
import { commitStream } from "./stream-store.ts";

/** What of the options is left once the database is connected. */
export type LedgerOptions<F extends Fact> = Omit<OpenOptions<F>, "location">;

/**
 * The ledger over a connected database, the same code for both kinds. It owns the engine from here on, and closes it when it fails.
 *
 * @throws LEDGER_MISMATCH, LEDGER_UNREACHABLE, LEDGER_FULL, LEDGER_REFUSED
 */
export async function ledgerOver<F extends Fact>(engine: Engine, options: LedgerOptions<F>): Promise<Ledger> {
  try {
    if (options.mode === "read") return createLedger({ engine, options, fence: READ_ONLY, id: await inspect(engine, options) });
    const id = await migrate(engine, options);
    const fence = await takeOver(engine, options.nowMs);
    await appendReference({ engine, fence, reference: options.records.reference });
    return createLedger({ engine, options, fence, id });
  } catch (error) {
    await engine.close().catch(() => {});
    throw engine.fault(error);
  }
}

interface LedgerParts<F extends Fact> {
  readonly engine: Engine;
  readonly fence: Fence;
  readonly options: LedgerOptions<F>;
  readonly id: string;
}

function createLedger<F extends Fact>({ engine, fence, options, id }: LedgerParts<F>): Ledger {
  const { db } = engine;
  const { records, nowMs } = options;
  const ask = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw engine.fault(error);
    }
  };
  // The one emitter of this ledger's domain appends its own facts, so each is an F.
  const rows = records.rows as (fact: Fact) => ReturnType<typeof records.rows>;
  const prunable = new Set(["facts", "dead_letters", ...records.appendOnly]);
  for (const { table } of records.reference) prunable.delete(table);
  const projection = createProjectionStore({ engine, fence, nowMs });
  return {
    id,
    cursors: () => ask(() => readCursors(db)),
    state: () => ask(() => readState(db)),
    append: (commit) => ask(() => append({ engine, fence, rows, nowMs }, commit)),
    read: (afterSeq, limit) => ask(() => readFacts(db, { afterSeq, limit })),
    fact: (factId) => ask(() => readFact(db, factId)),
    head: () => ask(() => snapshot(db, headOf)),
    select: (text, cursorSeq) => ask(() => snapshot(db, (tx) => selectAt(tx, engine, { text, cursorSeq }))),
    projection: {
      load: () => ask(projection.load),
      restart: (started) => ask(() => projection.restart(started)),
      intend: (pending) => ask(() => projection.intend(pending)),
      settle: (done) => ask(() => projection.settle(done)),
    },
    stream: {
      totals: () => ask(() => snapshot(db, readTotals)),
      commit: (commit) => ask(() => commitStream({ engine, fence, nowMs }, commit)),
    },
    sizes: () => ask(() => snapshot(db, (tx) => readSizes(tx, engine, ["facts", "dead_letters", ...records.appendOnly]))),
    assertWriter: () => ask(fence.assert),
    prune: (order) => ask(() => prune({ engine, fence, prunable, nowMs }, order)),
    pruned: () => ask(() => prunedCounts(db)),
    close: () => ask(engine.close),
  };
}

/** The fence of a reader: nothing passes. */
const READ_ONLY: Fence = {
  transaction: async () => {
    throw new OffingError("LEDGER_REFUSED", { message: "this ledger was opened for reading" });
  },
  assert: async () => {
    throw new OffingError("LEDGER_LOST", { message: "this ledger was opened for reading: it has no writer's right to lose" });
  },
};
