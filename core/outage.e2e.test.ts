import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { queryPrometheus, rawSamples } from "#core/backends.ts";
import { systemClock } from "#core/clock.ts";
import type { Ledger } from "#core/ledger/ledger.ts";
import { openLedger } from "#core/ledger/open.ts";
import { type ReconcileReport, reconcile } from "#core/reconcile.ts";
import { countingEmitter } from "#core/testing/counting-emitter.ts";
import { ingestAll, projectAll } from "#core/testing/drive.ts";
import { type Stack, startStack } from "../stack/start.ts";

const HOUR_MS = 3_600_000;
let stack: Stack;
let folder: string;
beforeAll(async () => {
  stack = await startStack({ directory: mkdtempSync(join(tmpdir(), "offing-stack-")), ports: "free" });
});
afterAll(async () => {
  await stack.stop();
  rmSync(stack.directory, { recursive: true, force: true });
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "offing-outage-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The ledger as it is written at `agoMs` before now. */
async function openAt(agoMs: number): Promise<Ledger> {
  const { domain, records } = countingEmitter({ count: 0, batchSize: 1 });
  return await openLedger({
    location: { sqlite: join(folder, "ledger.db") },
    domain,
    mode: "write",
    records,
    nowMs: () => Date.now() - agoMs,
  });
}

async function compare(ledger: Ledger, waitMs: number): Promise<ReconcileReport> {
  const { prometheus, loki } = stack.endpoints;
  const { metrics } = countingEmitter({ count: 0, batchSize: 1 });
  return await reconcile({ ledger, metrics, signals: () => [], backends: { prometheus, loki }, clock: systemClock, waitMs });
}

test("with the Collector away the projector waits, and nothing is missing when it is back", async () => {
  const ledger = await openAt(0);
  const before = countingEmitter({ count: 500, batchSize: 100 });
  await ingestAll(before, ledger);
  await projectAll(before, ledger, { collector: stack.endpoints.collector });
  await stack.parts.collector.stop();
  const during = countingEmitter({ count: 4_000, batchSize: 100 });
  await ingestAll(during, ledger);
  const projecting = projectAll(during, ledger, { collector: stack.endpoints.collector });
  await systemClock.sleep(5_000);
  expect((await ledger.projection.load())?.cursorSeq, "nothing was acknowledged meanwhile").toBe(500);
  await stack.parts.collector.start();
  await projecting;
  expect(await compare(ledger, 60_000)).toMatchObject({ equal: true, cursorSeq: 4_000, facts: 4_000, missingLogCount: 0 });
  await stepIsVisible(ledger.id, { from: 500, to: 4_000 });
  await ledger.close();
});

/** The last totals were said again before they moved: `increase()` over the step sees all of it. */
async function stepIsVisible(ledgerId: string, { from, to }: { from: number; to: number }): Promise<void> {
  const series = `offing_facts_total{instance=${JSON.stringify(ledgerId)}}`;
  const samples = await rawSamples(stack.endpoints.prometheus, series, 15);
  const step = samples.findIndex((sample) => sample.value > from);
  const [last, first] = [samples[step - 1], samples[step]];
  expect(last?.value).toBe(from);
  expect((first?.atMs ?? 0) - (last?.atMs ?? 0), "milliseconds between the last repetition and the step").toBeLessThan(20_000);
  const values = samples.map((sample) => sample.value);
  expect(values, "never falls").toEqual([...values].sort((a, b) => a - b));
  expect(values.at(-1)).toBe(to);
  const [increase] = await queryPrometheus(stack.endpoints.prometheus, `increase(${series}[15m])`);
  expect(increase?.value).toBeGreaterThan((to - from) * 0.9);
}

test.each([
  { name: "three hours", agoMs: 3 * HOUR_MS },
  { name: "thirty days", agoMs: 30 * 24 * HOUR_MS },
])("facts that were written $name ago arrive beside fresh ones of the same ledger", { timeout: 400_000 }, async ({ agoMs }) => {
  const fresh = countingEmitter({ count: 10, batchSize: 10 });
  const first = await openAt(0);
  await ingestAll(fresh, first);
  await projectAll(fresh, first, { collector: stack.endpoints.collector });
  await first.close();
  const old = await openAt(agoMs);
  const all = countingEmitter({ count: 1_010, batchSize: 100 });
  await ingestAll(all, old);
  await projectAll(all, old, { collector: stack.endpoints.collector });
  expect(await compare(old, 240_000)).toMatchObject({ equal: true, facts: 1_010, missingLogCount: 0 });
  await old.close();
});
