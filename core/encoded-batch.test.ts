import { expect, test } from "vitest";
import { createBatchReader } from "#core/encoded-batch.ts";
import type { StoredFact } from "#core/fact.ts";
import type { Signal } from "#core/signal.ts";
import { type CountingFact, countingEmitter, countingFact } from "#core/testing/counting-emitter.ts";

const { signals } = countingEmitter({ count: 0, batchSize: 1 });

/** A ledger of counting facts, and what was asked of it. */
function ledgerOf(count: number): { read: (afterSeq: number, limit: number) => Promise<StoredFact<CountingFact>[]>; asked: number[] } {
  const all = Array.from({ length: count }, (_, index) => ({ seq: index + 1, writtenAtMs: 1_700_000_000_000, fact: countingFact(index) }));
  const asked: number[] = [];
  const read = async (afterSeq: number, limit: number) => {
    asked.push(limit);
    return all.slice(afterSeq, afterSeq + limit);
  };
  return { read, asked };
}

const onUnknownLabel = (): void => {};

test("a batch ends at the ledger's head, which the read that finds it says", async () => {
  const { read, asked } = ledgerOf(600);
  const reader = createBatchReader({ read, signals, onUnknownLabel });
  const batch = await reader.next(0, 2_000);
  expect(batch).toMatchObject({ facts: 600, toSeq: 600, oldestMs: 1_700_000_000_000, more: false });
  expect([batch.spans.ends.length, batch.logs.ends.length]).toEqual([600, 600]);
  expect([...batch.tally.additions()].map(({ value }) => value)).toEqual([600]);
  expect(await reader.next(600, 2_000)).toMatchObject({ facts: 0, toSeq: undefined, more: false });
  expect(asked).toHaveLength(4);
});

test("a batch ends at its limit, and says that there may be more", async () => {
  const reader = createBatchReader({ read: ledgerOf(600).read, signals, onUnknownLabel });
  expect(await reader.next(10, 300)).toMatchObject({ facts: 300, toSeq: 310, more: true });
});

test("facts that become large bodies make a smaller batch, but not when another process began to send them", async () => {
  const large = (stored: StoredFact<CountingFact>): readonly Signal[] =>
    signals(stored).map((signal) => (signal.type === "log" ? { ...signal, body: "x".repeat(10_000) } : signal));
  const reader = createBatchReader({ read: ledgerOf(5_000).read, signals: large, onUnknownLabel });
  expect(await reader.next(0, 2_000)).toMatchObject({ facts: 250, more: true });
  expect(await reader.exactly(100, 900)).toMatchObject({ facts: 800, toSeq: 900, more: false });
});

test("a batch is the same bytes however it was read, also after a reading that failed half way", async () => {
  const { read } = ledgerOf(700);
  let fails = true;
  const reader = createBatchReader({
    read: async (afterSeq, limit) => {
      if (fails && afterSeq > 0) throw new Error("the ledger is away");
      return await read(afterSeq, limit);
    },
    signals,
    onUnknownLabel,
  });
  await expect(reader.next(0, 700)).rejects.toThrow("away");
  fails = false;
  const { spans, logs } = await reader.next(0, 700);
  const again = await reader.exactly(0, 700);
  expect([again.spans, again.logs]).toEqual([spans, logs]);
});
