import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { LedgerLocation } from "./ledger.ts";
import { openLedger } from "./open.ts";
import { DATABASES, type TestDatabase } from "./testing/databases.ts";
import { commitOf, openSample, sampleFact, sampleOptions } from "./testing/sample.ts";
import { type Order, startWriter, type WriterProcess } from "./testing/writer-process.ts";

const run = promisify(execFile);
const started: WriterProcess[] = [];
afterEach(async () => {
  for (const writer of started.splice(0)) {
    writer.kill("SIGKILL");
    await writer.ended;
  }
});

async function writerOf(place: LedgerLocation): Promise<WriterProcess> {
  const writer = await startWriter(place);
  started.push(writer);
  return writer;
}

const WRITES: readonly Order[] = ["append", "intend", "settle", "assert"];

describe.each(DATABASES)("one writer on $name", ({ name, start }) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await start();
  }, 60_000);
  afterAll(async () => await database.stop());

  test("a second writer is told at once who holds the ledger", async () => {
    const place = database.place();
    const first = await writerOf(place);
    expect(first.opening).toBe("opened");
    const context = { pid: first.pid, host: hostname(), startedAtMs: expect.any(Number) };
    await expect(openLedger(sampleOptions(place))).rejects.toMatchObject({ code: "LEDGER_LOCKED", retry: "never", context });
    // Being refused takes nothing from the holder.
    expect(await first.ask("append")).toBe("done");
    expect(await first.ask("close")).toBe("done");
    await using next = await openSample(place);
    expect(await next.head()).toBe(1);
  });

  test("the same holds within one process", async () => {
    const place = database.place();
    await using ledger = await openSample(place);
    await expect(openLedger(sampleOptions(place))).rejects.toMatchObject({ code: "LEDGER_LOCKED", context: { pid: process.pid } });
    await ledger.append(commitOf(sampleFact("fact:1")));
  });

  test("a killed holder leaves the ledger free, with everything it was acknowledged", async () => {
    const place = database.place();
    const first = await writerOf(place);
    for (let count = 0; count < 3; count += 1) expect(await first.ask("append")).toBe("done");
    first.kill("SIGKILL");
    await first.ended;
    await using next = await openWhenFree(place);
    expect(await next.head()).toBe(3);
    await next.append(commitOf(sampleFact("fact:4")));
    expect((await next.read(3, 1))[0]?.seq).toBe(4);
  });

  test("a stopped holder keeps the ledger, and goes on when it is woken", async () => {
    const place = database.place();
    const first = await writerOf(place);
    first.kill("SIGSTOP");
    await expect(openLedger(sampleOptions(place))).rejects.toMatchObject({ code: "LEDGER_LOCKED", context: { pid: first.pid } });
    await using reader = await openSample(place, "read");
    expect(await reader.head()).toBe(0);
    first.kill("SIGCONT");
    expect(await first.ask("append")).toBe("done");
  });

  test("one whose lock was taken from under it while it slept is fenced in everything it writes", async () => {
    const place = database.place();
    const first = await writerOf(place);
    expect(await first.ask("append")).toBe("done");
    first.kill("SIGSTOP");
    await stealLock(database, place);
    await using second = await openWhenFree(place);
    await second.append(commitOf(sampleFact("of the second")));
    await second.projection.restart({ digest: "d", cursorSeq: 0, totals: [] });
    first.kill("SIGCONT");
    for (const order of [...WRITES, ...WRITES]) expect(await first.ask(order), order).toBe("LEDGER_LOST");
    await second.append(commitOf(sampleFact("again of the second")));
    expect(await second.head()).toBe(3);
    expect(await second.projection.load()).toMatchObject({ cursorSeq: 0, pending: null });
  });

  test("one that slept in the middle of a transaction writes nothing of it once another took over", { timeout: 60_000 }, async () => {
    const place = database.place();
    const first = await writerOf(place);
    first.tell("stop in append");
    await stopped(first.pid);
    await stealLock(database, place);
    if (name === "sqlite") {
      // The file's own write lock goes with the transaction: nobody takes over before it ends.
      await expect(openLedger(sampleOptions(place))).rejects.toMatchObject({ code: "LEDGER_UNREACHABLE" });
      first.kill("SIGCONT");
      expect(await first.answer()).toBe("done");
      return;
    }
    await using second = await openWhenFree(place);
    await second.append(commitOf(sampleFact("of the second")));
    first.kill("SIGCONT");
    expect(await first.answer()).toBe("LEDGER_UNREACHABLE");
    for (const order of WRITES) expect(await first.ask(order), order).toBe("LEDGER_LOST");
    expect((await second.read(0, 10)).map(({ seq, fact }) => [seq, fact.id])).toEqual([[1, "of the second"]]);
  });

  test("one that lost its lock to a writer that has ended since is fenced as well, and holds nobody up", async () => {
    const place = database.place();
    const first = await writerOf(place);
    first.kill("SIGSTOP");
    await stealLock(database, place);
    const second = await openWhenFree(place);
    await second.append(commitOf(sampleFact("of the second")));
    await second.close();
    first.kill("SIGCONT");
    for (const order of WRITES) expect(await first.ask(order), order).toBe("LEDGER_LOST");
    if (name === "postgres") await (await openWhenFree(place)).close();
  });
});

/** The lock goes although its holder lives: its session ends, or somebody removes the lock file. */
async function stealLock(database: TestDatabase, place: LedgerLocation): Promise<void> {
  if ("sqlite" in place) {
    await rm(`${place.sqlite}-lock`);
    return;
  }
  const raw = await database.raw(place);
  await raw.run("SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory'");
  await raw.close();
}

async function stopped(pid: number): Promise<void> {
  while (!(await run("ps", ["-o", "stat=", "-p", String(pid)])).stdout.startsWith("T")) await sleep(10);
}

/** A server notices the end of a killed client in its own time. */
async function openWhenFree(place: LedgerLocation) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await openSample(place);
    } catch (error) {
      if (attempt === 100) throw error;
      await sleep(50);
    }
  }
}
