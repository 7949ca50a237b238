import { expect, test } from "vitest";
import { durationText, intervalFor, parseDuration, parseRange } from "./time-range.ts";

const NOW_MS = Date.parse("2026-01-31T12:34:56Z");

test.each([
  ["now-6h", "now", -6 * 3_600_000, 0],
  ["now-90s", "now-30s", -90_000, -30_000],
  ["2026-01-31T12:00:00Z", "now", -(34 * 60 + 56) * 1000, 0],
  [String(NOW_MS - 5_000), String(NOW_MS), -5_000, 0],
  ["now/d", "now", -(12 * 3_600 + 34 * 60 + 56) * 1000, 0],
])("from %s to %s", (from, to, fromMs, toMs) => {
  expect(parseRange({ from, to }, NOW_MS)).toEqual({ fromMs: NOW_MS + fromMs, toMs: NOW_MS + toMs });
});

test.each([
  ["yesterday", "now"],
  ["now-6", "now"],
  ["now", "now-6h"],
  ["now", "now"],
])("from %s to %s is refused as bad usage", (from, to) => {
  expect(() => parseRange({ from, to }, NOW_MS)).toThrow(expect.objectContaining({ code: "USAGE_INVALID" }));
});

test("points stand on round distances, never closer than they are made", () => {
  const range = { fromMs: 0, toMs: 6 * 3_600_000 };
  expect(intervalFor(range, { points: 360, leastMs: 5_000 })).toBe(60_000);
  expect(intervalFor({ fromMs: 0, toMs: 300_000 }, { points: 360, leastMs: 5_000 })).toBe(5_000);
  expect(intervalFor({ fromMs: 0, toMs: 90 * 86_400_000 }, { points: 10, leastMs: 5_000 })).toBe(9 * 86_400_000);
});

test("durations are read and written as Prometheus has them", () => {
  expect([parseDuration("5s"), parseDuration("250ms"), parseDuration("1m"), parseDuration("soon")]).toEqual([
    5_000,
    250,
    60_000,
    undefined,
  ]);
  expect([durationText(60_000), durationText(250)]).toEqual(["60s", "250ms"]);
});
