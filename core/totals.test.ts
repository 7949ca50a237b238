import { expect, test } from "vitest";
import type { Fact } from "#core/fact.ts";
import { counter, histogram, type Signal } from "#core/signal.ts";
import { Tally } from "#core/tally.ts";
import { foldDigest, Totals } from "#core/totals.ts";

const closed = { reason: ["a", "unknown"] };
const base = { unit: "{x}", brief: "Things.", resource: "ledger", labels: ["reason"], closed } as const;
const things = counter<{ reason: string }>({ ...base, name: "t.things", instrument: "counter", prometheus: "t_things_total" });
const sizes = histogram<Record<string, never>>({
  ...base,
  name: "t.sizes",
  instrument: "histogram",
  prometheus: "t_sizes",
  labels: [],
  closed: {},
  buckets: [1, 5],
});

interface Marks {
  readonly late?: boolean;
  readonly retracts?: string;
}

function fact(marks: Marks = {}): Fact {
  return { id: "f", kind: "k", timeMs: 1, late: false, ...marks };
}

function tallyOf(signals: readonly Signal[], marks?: Marks): Tally {
  const tally = new Tally();
  tally.count(signals, fact(marks), () => {});
  return tally;
}

function valuesOf(totals: Totals): Record<string, number> {
  return Object.fromEntries(totals.all().map(({ metric, labels, value }) => [`${metric}${labels}`, value]));
}

test("a fact counts in the sibling that its own marks name", () => {
  const totals = new Totals([things], []);
  for (const marks of [{}, {}, { late: true }, { retracts: "f" }, { late: true, retracts: "f" }]) {
    totals.fold(tallyOf([things.add({ reason: "a" })], marks), 10);
  }
  expect(valuesOf(totals)).toEqual({
    't.things{"reason":"a"}': 2,
    't.things.late{"reason":"a"}': 1,
    't.things.retracted{"reason":"a"}': 2,
  });
});

test("a value outside the closed set is exported as unknown and counted", () => {
  const totals = new Totals([things], []);
  let unknown = 0;
  const tally = new Tally();
  tally.count([things.add({ reason: "0xdeadbeef" })], fact(), () => (unknown += 1));
  totals.fold(tally, 10);
  expect(valuesOf(totals)).toEqual({ 't.things{"reason":"unknown"}': 1 });
  expect(unknown).toBe(1);
});

test("a series is born with a 0 point a millisecond earlier, and keeps its birth", () => {
  const totals = new Totals([things], []);
  totals.fold(tallyOf([things.add({ reason: "a" }, 3)]), 1_000);
  expect(totals.points(1_000).map(({ startMs, atMs, value }) => [startMs, atMs, value])).toEqual([
    [999, 999, 0],
    [999, 1_000, 3],
  ]);
  totals.settle();
  expect(totals.points(2_000).map(({ startMs, atMs, value }) => [startMs, atMs, value])).toEqual([[999, 2_000, 3]]);
  const again = new Totals([things], totals.all());
  expect(again.points(3_000).map(({ startMs, value }) => [startMs, value])).toEqual([[999, 3]]);
});

test("zeros bear all three siblings once", () => {
  const totals = new Totals([things, sizes], []);
  totals.bear([things.add({ reason: "a" })], 100);
  totals.bear([things.add({ reason: "a" })], 200);
  expect(totals.all().map(({ metric, value, bornAtMs }) => [metric, value, bornAtMs])).toEqual([
    ["t.things", 0, 99],
    ["t.things.late", 0, 99],
    ["t.things.retracted", 0, 99],
    ["t.sizes", 0, 99],
  ]);
});

test("a histogram keeps buckets with inclusive upper bounds", () => {
  const totals = new Totals([sizes], []);
  for (const value of [1, 2, 5, 6]) totals.fold(tallyOf([sizes.record({}, value)]), 10);
  expect(totals.all()).toEqual([{ metric: "t.sizes", labels: "{}", value: 14, buckets: [1, 2, 1], bornAtMs: 9 }]);
});

test("a batch that was summed up counts as its facts one by one, and the last with a span is the example", () => {
  const span = { type: "span", name: "s", kind: "internal", startMs: 0, endMs: 0, attributes: {} } as const;
  const signals = [1, 2, 7].map((value) => [
    { ...span, traceId: `t${value}`, spanId: `s${value}` },
    things.add({ reason: "a" }, value),
    sizes.record({}, value),
  ]);
  const oneByOne = new Totals([things, sizes], []);
  for (const one of signals) oneByOne.fold(tallyOf(one), 10);
  const atOnce = new Totals([things, sizes], []);
  const tally = new Tally();
  for (const one of signals) tally.count(one, fact(), () => {});
  atOnce.fold(tally, 10);
  expect(atOnce.points(10)).toEqual(oneByOne.points(10));
  expect(atOnce.points(10).at(-1)).toMatchObject({ value: 10, exemplar: { traceId: "t7", spanId: "s7", value: 7, factId: "f", atMs: 10 } });
});

test("the digest changes with what decides the fold, and with nothing else", () => {
  const digest = foldDigest("chain", 1, [things]);
  expect(foldDigest("chain", 1, [{ ...things, brief: "Other words." }])).toBe(digest);
  expect(foldDigest("chain", 2, [things])).not.toBe(digest);
  expect(foldDigest("chain", 1, [{ ...things, labels: ["reason", "more"] }])).not.toBe(digest);
});
