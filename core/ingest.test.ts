import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "#core/clock.ts";
import { OffingError } from "#core/errors.ts";
import { ingest, type LoopOptions } from "#core/ingest.ts";
import type { DeadLetter, Ledger } from "#core/ledger/ledger.ts";
import { openLedger } from "#core/ledger/open.ts";
import { createLog } from "#core/log.ts";
import { type CountingFact, countingEmitter } from "#core/testing/counting-emitter.ts";

let folder: string;
let ledger: Ledger;
const lines: string[] = [];
beforeEach(async () => {
  lines.length = 0;
  folder = mkdtempSync(join(tmpdir(), "offing-ingest-"));
  const { records, domain } = countingEmitter({ count: 0, batchSize: 1 });
  ledger = await openLedger({ location: { sqlite: join(folder, "ledger.db") }, domain, mode: "write", records, nowMs: Date.now });
});
afterEach(async () => {
  await ledger.close();
  rmSync(folder, { recursive: true, force: true });
});

async function loop(over: Partial<LoopOptions<number, CountingFact>>): Promise<LoopOptions<number, CountingFact>> {
  const log = createLog({ level: "debug", write: (line) => lines.push(line) });
  const emitter = countingEmitter({ count: 100, batchSize: 10 });
  return { emitter, ledger, state: await ledger.state(), clock: systemClock, log, onCommit: () => {}, onDeadLetter: () => {}, ...over };
}

test("an observation that cannot be interpreted is kept as a dead letter, and the rest of its batch is not lost", async () => {
  const emitter = countingEmitter({ count: 100, batchSize: 10 });
  const letters: DeadLetter[] = [];
  const interpret: typeof emitter.interpret = (state, number) => {
    const facts = emitter.interpret(state, number);
    if (number === 42) throw new Error("odd");
    return facts;
  };
  const options = await loop({ emitter: { ...emitter, interpret }, onDeadLetter: (letter) => letters.push(letter) });
  await ingest(options, new AbortController().signal);
  expect(await ledger.head()).toBe(99);
  expect(letters).toEqual([
    expect.objectContaining({ origin: "interpret", reason: "undecodable", item: expect.objectContaining({ observation: 42 }) }),
  ]);
  expect((await ledger.cursors()).get("numbers")).toBe(100);
  expect((await ledger.state()).get("last", "number")).toBe(99);
});

test("a ledger that is full is waited for: nothing is lost, one line says so, one that it is well again", async () => {
  let refusals = 3;
  const full = Object.assign(Object.create(ledger) as Ledger, {
    append: async (commit: Parameters<Ledger["append"]>[0]) => {
      if (refusals-- > 0) throw new OffingError("LEDGER_FULL", { message: "the disk is full" });
      return await ledger.append(commit);
    },
  });
  await ingest(await loop({ ledger: full }), new AbortController().signal);
  expect(await ledger.head()).toBe(100);
  expect(lines.map((line) => (JSON.parse(line) as { message: string }).message)).toEqual(["ledger: LEDGER_FULL", "ledger: well again"]);
});

test("a lost ledger ends the loop at once", async () => {
  const lost = Object.assign(Object.create(ledger) as Ledger, {
    append: async () => {
      throw new OffingError("LEDGER_LOST", { message: "another emitter took over" });
    },
  });
  await expect(ingest(await loop({ ledger: lost }), new AbortController().signal)).rejects.toMatchObject({ code: "LEDGER_LOST" });
});

test("catching up gives way: a 10 ms timer is never held up for 50 ms", async () => {
  const emitter = countingEmitter({ count: 60_000, batchSize: 500 });
  const delays: number[] = [];
  let done = false;
  const ticking = (async () => {
    while (!done) {
      const beganMs = performance.now();
      await sleep(10);
      delays.push(performance.now() - beganMs - 10);
    }
  })();
  await ingest(await loop({ emitter }), new AbortController().signal);
  done = true;
  await ticking;
  expect(await ledger.head()).toBe(60_000);
  expect(delays.length).toBeGreaterThan(10);
  // The machine itself may stall once; the loop would stall every time.
  const sorted = [...delays].sort((a, b) => a - b);
  expect(sorted[Math.floor(sorted.length * 0.95)], "95th percentile of the delay in ms").toBeLessThan(50);
});
