import { mkdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fitLoki, fittedHours, keepLokiToShare, keptHours, LONGEST_HOURS, lokiLimitsFile, prepareLokiLimits } from "./loki-share.ts";
import { scratch } from "./testing/stub.ts";

const MIB = 1024 ** 2;
const DAY_MS = 86_400_000;
const NOW_MS = 20_800 * DAY_MS;

test.each([
  ["twice its room: half as long as what it has", { usedBytes: 200, oldestHours: 480, hours: 2_160 }, 240],
  ["a little too much: a little shorter", { usedBytes: 110, oldestHours: 480, hours: 440 }, 400],
  ["far too much of one day: no shorter than Loki takes", { usedBytes: 900, oldestHours: 30, hours: 2_160 }, 24],
  ["within its room: as it is", { usedBytes: 80, oldestHours: 480, hours: 400 }, 400],
  ["less than half of it: longer again", { usedBytes: 30, oldestHours: 200, hours: 400 }, 500],
  ["nothing at all: no longer than the longest", { usedBytes: 0, oldestHours: 1, hours: 2_000 }, LONGEST_HOURS],
])("%s", (_, use, hours) => {
  expect(fittedHours({ roomBytes: 100, ...use })).toBe(hours);
});

let directory: string;
beforeEach(() => {
  directory = scratch("loki-share");
  mkdirSync(join(directory, "loki/chunks/index/index_20790"), { recursive: true });
  mkdirSync(join(directory, "loki/chunks/index/index_20795"), { recursive: true });
  writeFileSync(join(directory, "loki/chunks/one"), Buffer.alloc(4 * MIB, 1));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** The file as if it had been written so many hours ago. */
function age(hours: number): void {
  const atSeconds = NOW_MS / 1000 - hours * 3_600;
  utimesSync(lokiLimitsFile(directory), atSeconds, atSeconds);
}

test("what is too much shortens the retention once, and again only when that can have had its effect", async () => {
  prepareLokiLimits(directory);
  expect(keptHours(directory)).toBe(LONGEST_HOURS);
  age(4);
  await fitLoki(directory, 2.5 * MIB, NOW_MS);
  const shorter = keptHours(directory) ?? 0;
  // Ten days are there, in twice their room.
  expect(shorter).toBeGreaterThan(110);
  expect(shorter).toBeLessThanOrEqual(120);
  age(1);
  await fitLoki(directory, 2.5 * MIB, NOW_MS);
  expect(keptHours(directory)).toBe(shorter);
  age(4);
  await fitLoki(directory, 2.5 * MIB, NOW_MS);
  expect(keptHours(directory)).toBeLessThan(shorter);
});

test("a restart keeps what was found to fit, and without a budget nothing is written", async () => {
  await fitLoki(directory, 1, NOW_MS);
  expect(keptHours(directory)).toBeUndefined();
  writeFileSync(lokiLimitsFile(directory), "overrides: { fake: { retention_period: 48h } }\n");
  prepareLokiLimits(directory);
  expect(keptHours(directory)).toBe(48);
});

test("a full disk leaves the file as it was, and the stack as it is", async () => {
  prepareLokiLimits(directory);
  utimesSync(lokiLimitsFile(directory), 1, 1);
  const abort = new AbortController();
  const told: string[] = [];
  // Where nothing can be written, be it for want of room.
  mkdirSync(`${lokiLimitsFile(directory)}.new`);
  const keeping = keepLokiToShare(directory, 2.5 * MIB, { abort: abort.signal, say: (text) => told.push(text) });
  await expect.poll(() => told.length).toBe(1);
  abort.abort();
  await keeping;
  expect(keptHours(directory)).toBe(LONGEST_HOURS);
});
