import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PARTS } from "#contract/generated/stack.ts";
import { startOtlpReceiver } from "#core/testing/otlp-receiver.ts";
import { type DiskWatch, measureDisk, watchDisk } from "./disk-watch.ts";
import { until } from "./testing/probe.ts";

const MIB = 1024 ** 2;
let folder: string;
let watch: Omit<DiskWatch, "collector">;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "offing-disk-"));
  mkdirSync(join(folder, "loki/chunks"), { recursive: true });
  writeFileSync(join(folder, "loki/chunks/one"), Buffer.alloc(3 * MIB, 1));
  writeFileSync(join(folder, "traces.jsonl"), Buffer.alloc(MIB, 1));
  const none = Object.fromEntries(PARTS.map((part) => [part, [join(folder, "none")]])) as unknown as DiskWatch["folders"];
  const folders = { ...none, loki: [join(folder, "loki")], tempo: [join(folder, "none"), join(folder, "traces.jsonl")] };
  const budget = { prometheus: MIB, loki: 6 * MIB, tempo: MIB, queues: MIB, ledger: MIB };
  watch = { folders, directory: folder, budget };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("what each part takes, its share of the budget, and how full the disk is", async () => {
  const points = await measureDisk(watch);
  const told = (name: string, part?: string) =>
    points.find(({ metric, labels }) => metric.prometheus === name && labels["part"] === part)?.value;
  expect(told("offing_stack_disk_used_bytes", "loki")).toBeGreaterThanOrEqual(3 * MIB);
  expect(told("offing_stack_disk_used_bytes", "loki")).toBeLessThan(3.5 * MIB);
  expect(told("offing_stack_disk_used_bytes", "tempo")).toBeGreaterThanOrEqual(MIB);
  expect(told("offing_stack_disk_used_bytes", "ledger")).toBe(0);
  expect(told("offing_stack_disk_budget_bytes", "loki")).toBe(6 * MIB);
  expect(told("offing_stack_disk_budget_ratio", "loki")).toBeCloseTo(0.5, 1);
  expect(told("offing_stack_disk_filled_ratio")).toBeGreaterThan(0);
  expect(told("offing_stack_disk_filled_ratio")).toBeLessThanOrEqual(1);
});

test("without a budget there is none to be near, and the disk is watched all the same", async () => {
  const names = new Set((await measureDisk({ ...watch, budget: null })).map(({ metric }) => metric.prometheus));
  expect(names).toEqual(new Set(["offing_stack_disk_used_bytes", "offing_stack_disk_filled_ratio"]));
});

test("it is told again and again, a Collector that does not answer stops nothing, and an abort ends it", async () => {
  const receiver = await startOtlpReceiver();
  let answers = 0;
  receiver.answer = () => ({ status: answers++ === 0 ? 503 : 200 });
  const abort = new AbortController();
  const watching = watchDisk({ ...watch, collector: receiver.url, intervalMs: 10 }, abort.signal);
  await until("three reports", async () => (receiver.requests.length >= 3 ? true : null));
  abort.abort();
  await watching;
  expect(receiver.requests[1]?.text).toContain("offing.stack.disk.used");
  await receiver.close();
});
