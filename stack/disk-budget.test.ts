import { expect, test } from "vitest";
import { budgetSettings, readDiskBudget } from "./disk-budget.ts";

const GIB = 1024 ** 3;

test("a budget is split over every part, and no more than it is given away", () => {
  const budget = readDiskBudget("20G");
  const sum = Object.values(budget).reduce((all, bytes) => all + bytes, 0);
  expect(Object.keys(budget).sort()).toEqual(["ledger", "loki", "prometheus", "queues", "tempo"]);
  expect(sum).toBeLessThanOrEqual(20 * GIB);
  expect(sum).toBeGreaterThan(19.9 * GIB);
});

test.each([
  ["2.5G", 2.5 * GIB],
  ["4096M", 4 * GIB],
  ["1T", 1024 * GIB],
  ["20GiB", 20 * GIB],
  ["20gb", 20 * GIB],
])("%s is read", (text, bytes) => {
  expect(readDiskBudget(text).prometheus).toBe(Math.floor(bytes * 0.3));
});

test.each(["", "20", "1G", "-5G", "20X", "much", "1e9G"])("%j is refused with an example", (text) => {
  expect(() => readDiskBudget(text)).toThrow(expect.objectContaining({ code: "USAGE_INVALID", hint: expect.stringContaining("20G") }));
});

test("what the programs are told stays below their shares", () => {
  const budget = readDiskBudget("20G");
  const { prometheus, collector } = budgetSettings(budget);
  const size = Number(/size=(\d+)B$/.exec(prometheus[0] ?? "")?.[1]);
  expect(size).toBeGreaterThan(0);
  expect(size).toBeLessThan(budget.prometheus);
  expect(Number(collector["OFFING_QUEUE_BYTES"]) * 3).toBeLessThan(budget.queues);
  expect(Number(collector["OFFING_TRACES_FILE_MEGABYTES"]) * 4 * 1024 ** 2).toBeLessThanOrEqual(budget.tempo);
});
