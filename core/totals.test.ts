import { expect, test } from "vitest";
import type { StoredFact } from "#core/fact.ts";
import { counter, histogram } from "#core/signal.ts";
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

function stored(marks: { late?: boolean; retracts?: string } = {}): StoredFact {
  return { seq: 1, writtenAtMs: 1, fact: { id: "f", kind: "k", timeMs: 1, late: false, ...marks } };
}

function valuesOf(totals: Totals): Record<string, number> {
  return Object.fromEntries(totals.all().map(({ metric, labels, value }) => [`${metric}${labels}`, value]));
}

test("a fact counts in the sibling that its own marks name", () => {
  const totals = new Totals([things], []);
  for (const marks of [{}, {}, { late: true }, { retracts: "f" }, { late: true, retracts: "f" }]) {
    totals.fold([things.add({ reason: "a" })], { stored: stored(marks), atMs: 10, onUnknownLabel: () => {} });
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
  totals.fold([things.add({ reason: "0xdeadbeef" })], { stored: stored(), atMs: 10, onUnknownLabel: () => (unknown += 1) });
  expect(valuesOf(totals)).toEqual({ 't.things{"reason":"unknown"}': 1 });
  expect(unknown).toBe(1);
});

test("a series is born with a 0 point a millisecond earlier, and keeps its birth", () => {
  const totals = new Totals([things], []);
  totals.fold([things.add({ reason: "a" }, 3)], { stored: stored(), atMs: 1_000, onUnknownLabel: () => {} });
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
  for (const value of [1, 2, 5, 6]) totals.fold([sizes.record({}, value)], { stored: stored(), atMs: 10, onUnknownLabel: () => {} });
  expect(totals.all()).toEqual([{ metric: "t.sizes", labels: "{}", value: 14, buckets: [1, 2, 1], bornAtMs: 9 }]);
});

test("the digest changes with what decides the fold, and with nothing else", () => {
  const digest = foldDigest("chain", 1, [things]);
  expect(foldDigest("chain", 1, [{ ...things, brief: "Other words." }])).toBe(digest);
  expect(foldDigest("chain", 2, [things])).not.toBe(digest);
  expect(foldDigest("chain", 1, [{ ...things, labels: ["reason", "more"] }])).not.toBe(digest);
});
