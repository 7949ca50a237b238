import { type ChildProcess, spawn } from "node:child_process";
import { appendFileSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { LedgerLocation } from "#core/ledger/ledger.ts";
import { openLedger } from "#core/ledger/open.ts";
import { NO_RECORDS } from "#core/run-stream.ts";
import { type OtlpReceiver, startOtlpReceiver } from "#core/testing/otlp-receiver.ts";
import { startPostgres } from "#core/testing/postgres.ts";
import { randomFrom } from "#core/testing/random.ts";
import { spansOf } from "./library/testing/received.ts";
import type { CrashOrder } from "./testing/crash-child.ts";

const PAIRS = 800;
const CHILD = fileURLToPath(new URL("./testing/crash-child.ts", import.meta.url));
const CLOSED_MS = Date.parse("2026-11-27T07:00:00Z");

let receiver: OtlpReceiver;
let folder: string;
let child: ChildProcess | undefined;
beforeEach(async () => {
  receiver = await startOtlpReceiver();
  folder = mkdtempSync(join(tmpdir(), "offing-node-crash-"));
});
afterEach(async () => {
  child?.kill("SIGKILL");
  await receiver.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Starts the emitter in a process of its own, and waits until it runs. */
async function start(
  order: CrashOrder,
): Promise<{ readonly process: ChildProcess; readonly ended: Promise<number | NodeJS.Signals | null> }> {
  const started = spawn(process.execPath, [CHILD], { stdio: ["pipe", "ignore", "pipe"] });
  // Not as an argument: it may hold a password.
  started.stdin.end(JSON.stringify(order));
  child = started;
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => started.on("close", (code, signal) => resolve(signal ?? code)));
  let stderr = "";
  await new Promise<void>((resolve, reject) => {
    started.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
      if (stderr.includes('"running"')) resolve();
    });
    void ended.then((end) => reject(new Error(`it ended with ${end}: ${stderr}`)));
  });
  return { process: started, ended };
}

/** What one round writes: begins whose ends come a round later, the ends of the round before, and whole ones. */
function roundOf(round: number): string {
  const at = (n: number) => new Date(CLOSED_MS + round * 60_000 + n).toISOString();
  const line = (n: number, fields: object, span?: object) =>
    `${JSON.stringify({ timestamp: at(n), level: "INFO", fields, target: "node", ...(span && { span, spans: [span] }) })}\n`;
  return Array.from({ length: PAIRS }, (_, n) => [
    line(n, { message: "m", event: "command.publish.start", operation_id: `op-${round}-${n}` }),
    round === 0 ? "" : line(n, { message: "m", event: "command.publish.end", operation_id: `op-${round - 1}-${n}` }),
    line(n, { message: "close", "time.busy": "2ms", "time.idle": "1ms" }, { name: "task.sync", operation_id: `task-${round}-${n}` }),
  ])
    .flat()
    .join("");
}

test("killed at any moment, through rotations and with the Collector away, it counts every line once and sends every span", async () => {
  await killAtAnyMoment({ sqlite: join(folder, "node.db") }, 4);
}, 120_000);

test("so it does where its ledger is in PostgreSQL", async () => {
  const server = await startPostgres();
  try {
    await killAtAnyMoment({ postgresUrl: server.url, schema: "node" }, 2);
  } finally {
    await server.stop();
  }
}, 120_000);

async function killAtAnyMoment(location: LedgerLocation, rounds: number): Promise<void> {
  const seed = Number(process.env["OFFING_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  process.stderr.write(`node crash test: OFFING_SEED=${seed}\n`);
  const random = randomFrom(seed);
  const path = join(folder, "node.log");
  const order: CrashOrder = { location, collector: receiver.url, path };
  for (let round = 0; round < rounds; round += 1) {
    if (round > 0 && random() < 0.6) renameSync(path, `${path}.${round}`);
    const text = roundOf(round);
    const cut = Math.floor(random() * text.length);
    appendFileSync(path, text.slice(0, cut));
    // Before the first commit a file that is renamed away is none of ours.
    const away = round > 0 && random() < 0.3;
    receiver.answer = () => ({ status: away ? 503 : 200 });
    const running = await start(order);
    const until = round === 0 ? () => (newest(pointsOf("node.task.runs")) ?? 0) > 0 : requestsMore(Math.floor(random() * 4));
    await sleep(random() * 100);
    appendFileSync(path, text.slice(cut));
    while (!until()) await sleep(5);
    await sleep(random() * 20);
    running.process.kill("SIGKILL");
    expect(await running.ended).toBe("SIGKILL");
  }
  receiver.answer = () => ({ status: 200 });
  const last = await start(order);
  const expected = { publish: PAIRS * (rounds - 1), sync: PAIRS * rounds };
  await expect.poll(() => newest(pointsOf("node.task.runs")), { timeout: 30_000, interval: 100 }).toBe(expected.sync);
  last.process.kill("SIGTERM");
  expect(await last.ended).toBe(0);

  const ledger = await openLedger({ location, domain: "node", mode: "read", records: NO_RECORDS, nowMs: Date.now });
  const totals = new Map((await ledger.stream.totals()).map((total) => [total.metric + total.labels, total]));
  await ledger.close();
  const value = (metric: string, labels: object) => totals.get(metric + JSON.stringify(labels))?.value;
  expect(value("node.command", { command: "publish", status: "completed" })).toBe(expected.publish);
  expect(value("node.task.runs", { status: "completed", task: "sync" })).toBe(expected.sync);
  const lengths = totals.get(`node.task.duration${JSON.stringify({ status: "completed", task: "sync" })}`);
  expect(lengths?.buckets?.reduce((sum, n) => sum + n, 0)).toBe(expected.sync);
  expect(value("offing.node.log.lines", { log_line: "activity" })).toBe(PAIRS * rounds * 3 - PAIRS);
  for (const loss of ["rotated", "truncated"]) expect(value("offing.node.log.gaps", { loss })).toBe(0);

  const spans = Map.groupBy(spansOf(receiver), ({ spanId }) => spanId);
  expect(spans.size).toBe(expected.publish + expected.sync);
  const differing = [...spans.values()].filter((same) => new Set(same.map((span) => JSON.stringify(span))).size > 1);
  expect(differing, "a span that was sent again differs").toHaveLength(0);
  let before = 0;
  const points = pointsOf("node.task.runs");
  for (const { value: shown, start: startTime } of points) {
    expect(shown).toBeGreaterThanOrEqual(before);
    expect(startTime).toBe(points[0]?.start);
    before = shown;
  }
}

/** True once so many more requests have come. */
function requestsMore(count: number): () => boolean {
  const wanted = receiver.requests.length + count;
  return () => receiver.requests.length >= wanted;
}

interface Point {
  readonly atNano: bigint;
  readonly start: string;
  readonly value: number;
}

/** The acknowledged points of one counter that has one series, by time. */
function pointsOf(name: string): Point[] {
  const bodies = receiver.requests.filter(({ path }) => path === "/v1/metrics").map(({ body }) => body as MetricsBody);
  const metrics = bodies.flatMap(({ resourceMetrics }) => resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics));
  const points = metrics.flatMap((scope) =>
    scope.metrics.filter((metric) => metric.name === name).flatMap(({ sum }) => sum?.dataPoints ?? []),
  );
  return points
    .map(({ timeUnixNano, startTimeUnixNano, asInt }) => ({ atNano: BigInt(timeUnixNano), start: startTimeUnixNano, value: Number(asInt) }))
    .sort((a, b) => (a.atNano < b.atNano ? -1 : 1));
}

function newest(points: readonly Point[]): number | undefined {
  return points.at(-1)?.value;
}

interface MetricsBody {
  readonly resourceMetrics: readonly {
    readonly scopeMetrics: readonly {
      readonly metrics: readonly {
        readonly name: string;
        readonly sum?: { readonly dataPoints: readonly { timeUnixNano: string; startTimeUnixNano: string; asInt: string }[] };
      }[];
    }[];
  }[];
}
