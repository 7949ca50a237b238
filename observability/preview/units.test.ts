import { expect, test } from "vitest";
import { unitOf } from "./units.ts";

const NOW_MS = Date.parse("2026-01-31T12:00:00Z");
const write = (unit: string, value: number, decimals?: number): string | undefined => unitOf(unit, NOW_MS)?.format(value, decimals);

test.each([
  ["s", 0, "0 s"],
  ["s", 0.0042, "4.2 ms"],
  ["s", 59.9, "59.9 s"],
  ["s", 60, "1 min"],
  ["s", 870, "14.5 mins"],
  ["s", 7_200, "2 hours"],
  ["s", -90, "-1.5 mins"],
  ["ms", 1_500, "1.5 s"],
  ["bytes", 1_536, "1.5 KiB"],
  ["bytes", 230 * 2 ** 20, "230 MiB"],
  ["decbytes", 20e9, "20 GB"],
  ["short", 999, "999"],
  ["short", 12_345, "12.3 K"],
  ["short", 0.005, "0.005"],
  ["percentunit", 0.5, "50%"],
  ["percentunit", 0.12345, "12.3%"],
  ["cps", 2.71999, "2.72 c/s"],
  ["none", 21_000_000, "21000000"],
  ["locale", 21_000_000, "21,000,000"],
  ["suffix:sats", 5, "5 sats"],
  ["bool_yes_no", 0, "No"],
  ["dateTimeAsIso", NOW_MS, "2026-01-31 12:00:00"],
  ["dateTimeFromNow", NOW_MS - 120_000, "2 mins ago"],
  ["dateTimeFromNow", NOW_MS + 3_600_000, "in 1 hour"],
])("%s writes %d as %s", (unit, value, text) => {
  expect(write(unit, value)).toBe(text);
});

test("fixed decimals stand over the digits that count, and infinity has a sign of its own", () => {
  expect(write("short", 2, 2)).toBe("2.00");
  expect(write("none", Number.POSITIVE_INFINITY)).toBe("∞");
});

test("a unit nobody knows is none, also when it is called like a property of every object", () => {
  expect(unitOf("bananas", NOW_MS)).toBeUndefined();
  expect(unitOf("constructor", NOW_MS)).toBeUndefined();
});
