import { appendFileSync, closeSync, mkdtempSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openLedger } from "#core/ledger/open.ts";
import { NO_RECORDS } from "#core/run-stream.ts";
import { type OtlpReceiver, startOtlpReceiver } from "#core/testing/otlp-receiver.ts";
import { logsOf, spansOf } from "./library/testing/received.ts";
import { ADMITTED_PER_LABEL } from "./names.ts";
import { countsIn, type WholeRun, wholeRun } from "./testing/whole-run.ts";

/** A million in `./offing test --full`. */
const NAMED = process.env["OFFING_FULL"] === "1" ? 1_000_000 : 200_000;

let receiver: OtlpReceiver;
let folder: string;
let path: string;
let run: WholeRun | undefined;
beforeEach(async () => {
  receiver = await startOtlpReceiver();
  folder = mkdtempSync(join(tmpdir(), "offing-node-hostile-"));
  path = join(folder, "node.log");
});
afterEach(async () => {
  await run?.stop();
  run = undefined;
  await receiver.close();
  rmSync(folder, { recursive: true, force: true });
});

const location = () => ({ sqlite: join(folder, "node.db") });
const inputs = () => [{ type: "file" as const, path, pattern: undefined, format: "rust-tracing" }];
const lineKey = (kind: string) => `offing.node.log.lines{"log_line":"${kind}"}`;
const oddity = (kind: string) => `offing.node.log.oddities{"oddity":"${kind}"}`;

/** An event of Rust's tracing at a second of one minute. */
function event(second: number, fields: object): string {
  const timestamp = `2026-11-27T07:00:${String(second).padStart(2, "0")}.000000Z`;
  return `${JSON.stringify({ timestamp, level: "INFO", fields, target: "node" })}\n`;
}

/** Waits until the Collector has acknowledged that so many lines were read. */
async function linesRead(wanted: number, timeout = 30_000): Promise<void> {
  const read = async () => {
    const counts = await countsIn(location()).catch(() => ({}));
    return Object.entries(counts).reduce((sum, [key, value]) => sum + (key.startsWith("offing.node.log.lines") ? value : 0), 0);
  };
  await expect.poll(read, { timeout, interval: 200 }).toBe(wanted);
}

test("a line of 10 MB, one beyond the bound, bytes that are no text, half lines, jumping clocks, ends without begins", async () => {
  const long = event(1, { message: "long", event: "command.long.end", duration_ms: 5, payload: "x".repeat(10_000_000) });
  const log = openSync(path, "a");
  writeSync(log, event(0, { message: "first" }));
  writeSync(log, long);
  writeSync(log, `{"timestamp":"2026-11-27T07:00:02Z","fields":{"message":"${"y".repeat(20_000_000)}"}}\n`);
  const bad = Buffer.from(event(3, { message: "bad ??", event: "command.bad.end", duration_ms: 5 }));
  bad[bad.indexOf("??")] = 0xff;
  writeSync(log, bad);
  // Twice its end, an end alone, and an end before its begin.
  writeSync(log, event(9, { event: "command.twice.start", operation_id: "op-1" }));
  writeSync(log, event(5, { event: "command.twice.end", operation_id: "op-1" }).repeat(2));
  writeSync(log, event(6, { event: "command.alone.end", operation_id: "op-2" }));
  writeSync(log, event(7, { event: "command.begun.start", operation_id: "op-3" }));
  writeSync(log, `{"timestamp":"2099-01-01T00:00:00Z","level":"INFO","fields":{"message":"ahead"},"target":"node"}\n`);
  const half = event(10, { message: "half", event: "command.half.end", duration_ms: 5 });
  writeSync(log, half.slice(0, 60));
  closeSync(log);
  renameSync(path, `${path}.1`);
  writeFileSync(path, half.slice(60) + event(11, { message: "second" }));
  renameSync(path, `${path}.2`);
  renameSync(`${path}.1`, path);

  run = wholeRun({
    location: location(),
    collector: receiver.url,
    inputs: inputs(),
    config: { maxLineBytes: 16_777_216, pairWaitMs: 1_000 },
  });
  await linesRead(10);
  renameSync(path, `${path}.1`);
  renameSync(`${path}.2`, path);
  await linesRead(12);
  appendFileSync(path, event(12, { message: "third" }));
  await linesRead(13);
  await expect.poll(() => spansOf(receiver).map(({ name }) => name), { timeout: 20_000, interval: 100 }).toContain("command.alone");
  await run.stop();
  const counts = await countsIn(location());
  expect(counts).toMatchObject({
    [lineKey("too_long")]: 1,
    [lineKey("activity")]: 8,
    [lineKey("other")]: 4,
    [oddity("invalid_utf8")]: 1,
    [oddity("duplicate_end")]: 1,
    [oddity("missing_begin")]: 1,
    // An end before its begin, and a year that is far ahead.
    [oddity("clock_jump")]: 2,
  });
  for (const name of ["long", "bad", "twice", "half", "alone"])
    expect(counts[`node.command${JSON.stringify({ command: name, status: "completed" })}`], name).toBe(1);
  // A begin alone is neither a success nor a failure.
  expect(Object.keys(counts).filter((key) => key.includes("begun"))).toEqual([]);
  const bodies = logsOf(receiver).map(({ body }) => body);
  expect(bodies).toEqual(expect.arrayContaining(["first", "long", "bad \ufffd?", "half", "second", "third", "ahead"]));
  // Loki refuses what is longer, after the Collector has taken it.
  expect(Math.max(...receiver.requests.filter((request) => request.path === "/v1/logs").map(({ size }) => size))).toBeLessThan(100_000);
}, 60_000);

test(`${NAMED} names of commands and ten thousand open ones: everything is counted, and what is kept is bounded`, async () => {
  const [named, begun, limit] = [NAMED, 10_000, 500];
  const log = openSync(path, "a");
  for (let from = 0; from < named; from += 10_000) {
    const some = Array.from({ length: 10_000 }, (_, n) => event(1, { event: `command.c${from + n}.end`, duration_ms: 5 }));
    writeSync(log, some.join(""));
  }
  for (let n = 0; n < begun; n += 1) writeSync(log, event(2, { event: "command.get.start", operation_id: `op-${n}` }));
  closeSync(log);
  const config = { signals: { traces: false, logs: false }, openLimit: limit };
  run = wholeRun({ location: location(), collector: receiver.url, inputs: inputs(), config });
  await linesRead(named + begun, 120_000);
  process.stderr.write(`resident with ${named} names: ${Math.round(process.memoryUsage.rss() / 2 ** 20)} MiB, the test's own included\n`);
  await run.stop();
  const counts = await countsIn(location());
  const series = Object.keys(counts).filter((key) => key.startsWith("node.command{"));
  expect(series).toHaveLength(ADMITTED_PER_LABEL + 1);
  expect(series.reduce((sum, key) => sum + (counts[key] ?? 0), 0)).toBe(named);
  expect(counts['offing.node.telemetry.dropped{"drop_reason":"open_limit","signal":"traces"}']).toBe(begun - limit);
  const ledger = await openLedger({ location: location(), domain: "node", mode: "read", records: NO_RECORDS, nowMs: Date.now });
  const state = await ledger.state();
  const size = (collection: string) => [...state.entries(collection)].length;
  expect({ open: size("open"), names: size("names"), closed: size("closed") }).toEqual({ open: limit, names: 1, closed: 0 });
  expect((await ledger.stream.totals()).length).toBeLessThan(600);
  await ledger.close();
}, 180_000);
