import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { lag } from "#contract/generated/chain.ts";
import { systemClock } from "#core/clock.ts";
import { createLog } from "#core/log.ts";
import { createMeter } from "#core/meter.ts";
import { run } from "#core/run.ts";
import { countingEmitter } from "#core/testing/counting-emitter.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "offing-run-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Shown {
  readonly gauges: readonly { readonly name: string; readonly value: number }[];
  readonly ledger: { readonly head: number; readonly bytes: number; readonly rows: Readonly<Record<string, number>> };
  readonly projector: { readonly cursor: number; readonly lag: number };
}

it("shows what the ledger says now and how large it is, also while no Collector takes anything", async () => {
  const counting = countingEmitter({ count: 30, batchSize: 10, pauseMs: 100 });
  const stop = new AbortController();
  let aheadMs = 0;
  const { promise: listening, resolve } = Promise.withResolvers<string>();
  const running = run(
    {
      emitter: { ...counting, gauges: (state) => [lag.at({}, Number(state.get("last", "number")))] },
      location: { sqlite: join(folder, "ledger.db") },
      collector: { url: "http://127.0.0.1:1", headers: {}, timeoutMs: 200, intervalMs: 50 },
      http: { host: "127.0.0.1", port: 0 },
      resource: { "service.name": "counting" },
      slot: "test-counting",
      version: "0",
      meter: createMeter(),
      clock: { ...systemClock, nowMs: () => Date.now() + aheadMs },
      log: createLog({ level: "error", write: () => {} }),
      onListening: ({ url }) => resolve(url),
    },
    stop.signal,
  );
  try {
    const url = await Promise.race([listening, running.then(() => expect.fail("it ended"))]);
    const state = async (): Promise<Shown> => (await (await fetch(`${url}/state`)).json()) as Shown;
    await expect.poll(async () => (await state()).gauges).toEqual([{ name: lag.prometheus, labels: {}, value: 29 }]);
    expect((await state()).projector).toEqual({ cursor: 0, lag: 30 });
    // How large the ledger is, is counted once in a while only.
    aheadMs = 3_600_000;
    const { head, bytes, rows } = (await state()).ledger;
    expect({ head, rows }).toEqual({ head: 30, rows: { facts: 30, dead_letters: 0 } });
    expect(bytes).toBeGreaterThan(30 * 50);
  } finally {
    stop.abort();
    await running;
  }
});
