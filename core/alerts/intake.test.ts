import { expect, test } from "vitest";
import type { Clock } from "#core/clock.ts";
import { createMeter } from "#core/meter.ts";
import { createIntake } from "./intake.ts";

const clock: Clock = { nowMs: () => 1_000, sleep: async () => {} };
const body = (alerts: readonly unknown[]): string => JSON.stringify({ version: "4", alerts });
const faultsOf = (meter: ReturnType<typeof createMeter>): readonly unknown[] =>
  meter
    .collect()
    .filter(({ metric, value }) => metric.name === "offing.source.faults" && value > 0)
    .map(({ labels, value }) => [labels["fault"], value]);

function opened() {
  const meter = createMeter();
  const intake = createIntake({ clock, meter });
  intake.open();
  return { intake, meter };
}

test("a report is answered only once it is written: 200 then, 503 when it could not be", async () => {
  const { intake } = opened();
  let answered = 0;
  const answers = [intake.accept(body([{ a: 1 }, { b: 2 }])), intake.accept(body([{ c: 3 }]))];
  for (const answer of answers) void answer.then(() => (answered += 1));
  await intake.arrival(new AbortController().signal);
  const waiting = intake.take();
  expect(waiting.map(({ observations }) => observations)).toEqual([
    [
      { type: "reported", alert: { a: 1 }, atMs: 1_000 },
      { type: "reported", alert: { b: 2 }, atMs: 1_000 },
    ],
    [{ type: "reported", alert: { c: 3 }, atMs: 1_000 }],
  ]);
  await Promise.resolve();
  expect(answered).toBe(0);
  waiting[0]?.settle(true);
  waiting[1]?.settle(false);
  expect(await Promise.all(answers)).toEqual([{ status: 200 }, { status: 503 }]);
  expect(intake.take()).toEqual([]);
});

test.each([
  ["no JSON", "{", "not_json"],
  ["no report", JSON.stringify({ alerts: "many" }), "unknown"],
  ["more alerts than there can be", body(Array.from({ length: 10_001 }, () => ({}))), "unknown"],
])("%s is refused for good and counted", async (_, sent, fault) => {
  const { intake, meter } = opened();
  expect(await intake.accept(sent)).toEqual({ status: 400 });
  expect(faultsOf(meter)).toEqual([[fault, 1]]);
  expect(intake.take()).toEqual([]);
});

test("an empty report has nothing to be written", async () => {
  expect(await opened().intake.accept(body([]))).toEqual({ status: 200 });
});

test("what comes before it opens, after it closes, or beyond its bound shall be sent again; what waits when it closes too", async () => {
  const closed = createIntake({ clock, meter: createMeter() });
  expect(await closed.accept(body([{}]))).toEqual({ status: 503 });
  const { intake, meter } = opened();
  const answers = Array.from({ length: 201 }, () => intake.accept(body([{}])));
  expect(await answers[200]).toEqual({ status: 503 });
  intake.close();
  expect(await Promise.all(answers.slice(0, 200))).toEqual(answers.slice(0, 200).map(() => ({ status: 503 })));
  expect(await intake.accept(body([{}]))).toEqual({ status: 503 });
  expect(faultsOf(meter)).toEqual([]);
});

test("waiting for a report ends when its signal aborts", async () => {
  const { intake } = opened();
  const ended = new AbortController();
  const arrival = intake.arrival(ended.signal);
  ended.abort();
  await expect(arrival).resolves.toBeUndefined();
  await expect(intake.arrival(ended.signal)).resolves.toBeUndefined();
});
