import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { systemClock } from "#core/clock.ts";
import type { Ledger } from "#core/ledger/ledger.ts";
import { openLedger } from "#core/ledger/open.ts";
import { singlesOf } from "#core/otlp-pieces.ts";
import { type ReconcileReport, reconcile } from "#core/reconcile.ts";
import { countingEmitter, countingFact } from "#core/testing/counting-emitter.ts";
import { ingestAll, projectAll } from "#core/testing/drive.ts";
import { type Stack, startStack } from "../stack/start.ts";

const COUNT = 3_000;
let stack: Stack;
let collector: string;
let folder: string;
beforeAll(async () => {
  stack = await startStack({ directory: mkdtempSync(join(tmpdir(), "offing-stack-")), ports: "free" });
  collector = stack.endpoints.collector;
});
afterAll(async () => {
  await stack.stop();
  if (process.env["KEEP"] === undefined) rmSync(stack.directory, { recursive: true, force: true });
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "offing-reconcile-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const emitter = countingEmitter({ count: COUNT, batchSize: 500 });

async function open(mode: "write" | "read"): Promise<Ledger> {
  const { domain, records } = emitter;
  return await openLedger({ location: { sqlite: join(folder, "ledger.db") }, domain, mode, records, nowMs: Date.now });
}

async function compare(waitMs: number): Promise<ReconcileReport> {
  const ledger = await open("read");
  const { prometheus, loki } = stack.endpoints;
  const report = await reconcile({
    ledger,
    metrics: emitter.metrics,
    signals: () => [],
    backends: { prometheus, loki },
    clock: systemClock,
    waitMs,
  });
  await ledger.close();
  return report;
}

test("an honest way through the stack ends equal", async () => {
  const ledger = await open("write");
  await ingestAll(emitter, ledger);
  await projectAll(emitter, ledger, { collector });
  await ledger.close();
  const report = await compare(60_000);
  expect(report).toMatchObject({ equal: true, cursorSeq: COUNT, facts: COUNT, missingLogCount: 0, faults: [] });
  expect(report.rows).toEqual([
    expect.objectContaining({ prometheusName: "offing_facts_total", ledger: COUNT, prometheus: COUNT, equal: true }),
  ]);
});

test("a planted wrong total is found, because totals are never believed", async () => {
  const ledger = await open("write");
  await ingestAll(emitter, ledger);
  await projectAll(emitter, ledger, { collector });
  await ledger.close();
  const database = new DatabaseSync(join(folder, "ledger.db"));
  const planted = database.prepare("UPDATE totals SET value = value + 1 WHERE metric = 'offing.facts'").run();
  expect(Number(planted.changes)).toBe(1);
  database.close();
  const again = await open("write");
  // One more fact carries the wrong total to Prometheus.
  await again.append({ facts: [countingFact(COUNT)], changes: [], cursors: new Map() });
  await projectAll(emitter, again, { collector });
  await again.close();
  const report = await compare(3_000);
  expect(report).toMatchObject({ equal: false, faults: [] });
  expect(report.rows).toEqual([expect.objectContaining({ ledger: COUNT + 1, prometheus: COUNT + 2, equal: false })]);
});

test("a missing log line is found by its fact's id", async () => {
  const lost = countingFact(1_234).id;
  const ledger = await open("write");
  await ingestAll(emitter, ledger);
  await projectAll(emitter, ledger, {
    collector,
    through: (otlp) => ({
      send: async (shipment) => {
        const items = shipment.items.flatMap(singlesOf).filter(({ bytes }) => shipment.signal !== "logs" || !bytes.includes(lost));
        return await otlp.send({ ...shipment, items });
      },
    }),
  });
  await ledger.close();
  const report = await compare(5_000);
  expect(report).toMatchObject({ equal: false, missingLogs: [lost], missingLogCount: 1 });
});

test("a ledger that nobody exported is a fault in words, not a row of zeros", async () => {
  const ledger = await open("write");
  await ingestAll(emitter, ledger);
  await ledger.close();
  expect(await compare(0)).toMatchObject({ equal: false, rows: [], faults: [expect.stringContaining("nothing was projected")] });
});
