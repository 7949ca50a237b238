import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { createProgress } from "./progress.ts";

test("without a terminal a task is told at its start and again and again until it ends", async () => {
  const written: string[] = [];
  const progress = createProgress({ write: (text) => written.push(text) }, 10);
  const end = progress.begin("building loki", "about 5 minutes");
  expect(written).toEqual(["building loki (usually about 5 minutes)\n"]);
  await expect.poll(() => written.length).toBeGreaterThan(2);
  end();
  const told = written.length;
  expect(written[1]).toBe("building loki: 0:00 (usually about 5 minutes)\n");
  await sleep(50);
  expect(written).toHaveLength(told);
});

test("on a terminal one line is redrawn for all tasks and cleared at the end, and sentences stay above it", () => {
  let screen = "";
  const progress = createProgress({ isTTY: true, columns: 200, write: (text) => (screen += text) });
  const endOne = progress.begin("one", "a minute");
  const endTwo = progress.begin("two", "a minute");
  progress.line("found three");
  endOne();
  endTwo();
  expect(screen.split("\n")).toHaveLength(2);
  expect(screen).toContain("one: 0:00 (usually a minute) · two: 0:00 (usually a minute)");
  expect(screen).toContain("\r\x1b[Kfound three\n");
  expect(screen.endsWith("\r\x1b[K")).toBe(true);
});

test("on a terminal nothing is wider than the terminal", () => {
  const written: string[] = [];
  const progress = createProgress({ isTTY: true, columns: 20, write: (text) => written.push(text) });
  const end = progress.begin("a task with a very long title indeed", "a minute");
  end();
  expect(Math.max(...written.map((text) => text.replace("\r\x1b[K", "").length))).toBeLessThan(20);
});
