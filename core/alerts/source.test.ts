import { expect, test } from "vitest";
import type { Clock } from "#core/clock.ts";
import { createLog } from "#core/log.ts";
import { createMeter } from "#core/meter.ts";
import { createIntake } from "./intake.ts";
import { alertSource } from "./source.ts";

const EVERY_MS = 1_000;
const REPORT = JSON.stringify({ alerts: [{ a: 1 }] });

/** A source whose Alertmanager does not answer, on a clock that jumps to whatever is waited for. */
function started() {
  let nowMs = 0;
  const clock: Clock = {
    nowMs: () => nowMs,
    sleep: async (durationMs, signal) => {
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (signal?.aborted !== true) nowMs += durationMs;
    },
  };
  const said: string[] = [];
  const meter = createMeter();
  const intake = createIntake({ clock, meter });
  const log = createLog({ level: "info", write: (line) => void said.push(line) });
  const ended = new AbortController();
  const source = alertSource({ alertmanager: "http://127.0.0.1:1", pollIntervalMs: EVERY_MS, intake, clock, log, meter });
  const pulls = source({ cursors: new Map() } as never, ended.signal)[Symbol.asyncIterator]();
  const pull = async (): Promise<unknown> => {
    const { value, done } = await pulls.next();
    return done === true ? "done" : value;
  };
  return { intake, pull, fail: () => pulls.return?.(), end: () => ended.abort(), said };
}

test("it asks at a steady pace, ticks while there is no answer, and says so once", async () => {
  const { pull, end, said } = started();
  const ticks = [await pull(), await pull(), await pull()];
  expect(ticks).toEqual([0, 1_000, 2_000].map((atMs) => [{ feed: "poll", observation: { type: "tick", atMs } }]));
  expect(said.filter((line) => line.includes("does not answer"))).toHaveLength(1);
  end();
  expect(await pull()).toBe("done");
});

test("a report is yielded at once and acknowledged only when the next is pulled, which is when it is durable", async () => {
  const { intake, pull, end } = started();
  await pull();
  const answer = intake.accept(REPORT);
  let answered = false;
  void answer.then(() => (answered = true));
  expect(await pull()).toEqual([{ feed: "webhook", observation: { type: "reported", alert: { a: 1 }, atMs: expect.any(Number) } }]);
  await new Promise<void>((resolve) => setImmediate(resolve));
  expect(answered).toBe(false);
  await pull();
  expect(await answer).toEqual({ status: 200 });
  end();
});

test("what was yielded and could not be written shall be sent again, and what comes afterwards is refused", async () => {
  const { intake, pull, fail } = started();
  await pull();
  const answer = intake.accept(REPORT);
  await pull();
  await fail();
  expect(await answer).toEqual({ status: 503 });
  expect(await intake.accept(REPORT)).toEqual({ status: 503 });
});
