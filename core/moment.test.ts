import { expect, test } from "vitest";
import { readMoment } from "./moment.ts";

const NOW = Date.parse("2026-11-27T12:00:00Z");

test.each([
  ["24h", "2026-11-26T12:00:00.000Z"],
  ["7d", "2026-11-20T12:00:00.000Z"],
  ["0s", "2026-11-27T12:00:00.000Z"],
  ["2026-11-24", "2026-11-24T00:00:00.000Z"],
  ["2026-11-24T08:30", "2026-11-24T08:30:00.000Z"],
  ["2026-11-24 08:30:15Z", "2026-11-24T08:30:15.000Z"],
  ["2026-11-24T08:30+02:00", "2026-11-24T06:30:00.000Z"],
])("%s is %s", (text, expected) => {
  expect(new Date(readMoment(text, NOW) ?? Number.NaN).toISOString()).toBe(expected);
});

test.each(["", "yesterday", "24", "24x", "2026-13-45", "2026-11-24T99:00", "-1h"])("%j is no moment", (text) => {
  expect(readMoment(text, NOW)).toBeNull();
});
