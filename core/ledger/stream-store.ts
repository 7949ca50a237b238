import { writeDeadLetters, writeState } from "./append.ts";
import type { StreamCommit } from "./ledger.ts";
import { type ProjectionParts, writeTotals } from "./projection-store.ts";

/**
 * Writes how far a stream was read, what is remembered and what was counted, in one transaction: after a crash nothing is counted twice
 * and nothing is left out.
 */
export async function commitStream({ engine, fence, nowMs }: ProjectionParts, commit: StreamCommit): Promise<void> {
  const { changes, totals, deadLetters = [] } = commit;
  if (changes.length + totals.length + deadLetters.length === 0) return;
  await fence.transaction(async (tx) => {
    await writeState(tx, engine, changes);
    await writeTotals(tx, engine, totals);
    await writeDeadLetters(tx, engine, { letters: deadLetters, atMs: nowMs() });
  });
}
