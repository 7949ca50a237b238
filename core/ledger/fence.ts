import { hostname } from "node:os";
import { OffingError } from "#core/errors.ts";
import type { Db, Engine } from "./engine.ts";

/** Keeps a process that is no longer the writer from writing. */
export interface Fence {
  /** Does `work` in one write transaction, one at a time, after making sure that this process still is the writer. */
  readonly transaction: <T>(work: (tx: Db) => Promise<T>) => Promise<T>;
  /** @throws LEDGER_LOST unless this process still is the writer */
  readonly assert: () => Promise<void>;
}

/** Raises the epoch, which fences every earlier writer, and writes down who holds the ledger now. */
export async function takeOver(engine: Engine, nowMs: () => number): Promise<Fence> {
  const epoch = await engine.db.transaction().execute(async (tx) => {
    const raised = (await engine.epoch(tx)) + 1;
    const holder = { epoch: raised, pid: process.pid, host: hostname(), started_at_ms: nowMs() };
    await tx.updateTable("writer").set(holder).execute();
    return raised;
  });
  return createFence(engine, epoch);
}

function createFence(engine: Engine, epoch: number): Fence {
  const exclusively = createMutex();
  let isLost = false;
  const check = (holds: boolean) => {
    isLost ||= !holds;
    if (isLost) throw new OffingError("LEDGER_LOST", { message: "another process took the ledger over", context: { epoch } });
  };
  const checkLock = async () => {
    check(!isLost);
    check(await engine.holdsLock(epoch));
  };
  return {
    transaction: (work) =>
      exclusively(async () => {
        await checkLock();
        return await engine.db.transaction().execute(async (tx) => {
          check((await engine.epoch(tx)) === epoch);
          return await work(tx);
        });
      }),
    assert: () =>
      exclusively(async () => {
        await checkLock();
        check((await engine.epoch(engine.db)) === epoch);
      }),
  };
}

function createMutex(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const run = last.then(work);
    last = run.catch(() => {});
    return run;
  };
}
