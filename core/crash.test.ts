import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openLedger } from "#core/ledger/open.ts";
import { countingEmitter, countingFact } from "#core/testing/counting-emitter.ts";
import type { CrashOrder, CrashPhase } from "#core/testing/crash-child.ts";
import { type OtlpReceiver, startOtlpReceiver } from "#core/testing/otlp-receiver.ts";
import { randomFrom } from "#core/testing/random.ts";

// Most of a kill's cost is the start of the next process.
const KILLS_PER_PHASE = process.env["OFFING_FULL"] === "1" ? 20 : 5;
// Enough that no kill comes after the last one.
const COUNT = 1_600 * KILLS_PER_PHASE;
const FEWEST_PER_PHASE = Math.ceil(KILLS_PER_PHASE / 2);
const CHILD = fileURLToPath(new URL("./testing/crash-child.ts", import.meta.url));

interface Point {
  readonly startTimeUnixNano: string;
  readonly timeUnixNano: string;
  readonly asInt?: string;
  readonly attributes: { key: string; value: { stringValue?: string } }[];
}

let receiver: OtlpReceiver;
let folder: string;
beforeEach(async () => {
  receiver = await startOtlpReceiver();
  folder = mkdtempSync(join(tmpdir(), "offing-crash-"));
});
afterEach(async () => {
  await receiver.close();
  rmSync(folder, { recursive: true, force: true });
});

function start(
  phase: CrashPhase,
  skip: number,
  batchSize = 2,
): { child: ChildProcess; ended: Promise<NodeJS.Signals | number | null>; stderr: () => string } {
  const order: CrashOrder = { sqlite: join(folder, "ledger.db"), collector: receiver.url, count: COUNT, batchSize, phase, skip };
  const child = spawn(process.execPath, [CHILD, JSON.stringify(order)], { stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = new Promise<NodeJS.Signals | number | null>((resolve) => child.on("close", (code, signal) => resolve(signal ?? code)));
  return { child, ended, stderr: () => stderr };
}

/** Kills the child while a request of it is here and not answered. */
async function killBeforeAcknowledgement(skip: number): Promise<NodeJS.Signals | number | null> {
  let left = skip;
  let victim: ChildProcess | undefined;
  receiver.answer = async () => {
    if (left-- !== 0) return { status: 200 };
    victim?.kill("SIGKILL");
    await ended;
    return { status: 200 };
  };
  const { child, ended } = start("none", 0);
  victim = child;
  const how = await ended;
  receiver.answer = () => ({ status: 200 });
  return how;
}

function pointsOf(name: string): Point[] {
  return receiver.requests
    .filter((request) => request.path === "/v1/metrics")
    .flatMap((request) => {
      const body = request.body as {
        resourceMetrics: { scopeMetrics: { metrics: { name: string; sum?: { dataPoints: Point[] } }[] }[] }[];
      };
      const metrics = body.resourceMetrics.flatMap((resource) => resource.scopeMetrics.flatMap((scope) => scope.metrics));
      return metrics.filter((metric) => metric.name === name).flatMap((metric) => metric.sum?.dataPoints ?? []);
    });
}

function idsIn(path: string): Map<string, Set<string>> {
  const ids = new Map<string, Set<string>>();
  for (const request of receiver.requests.filter((each) => each.path === path)) {
    // One span or record per match: whatever is resent must be the same to the byte.
    const list = request.body as Record<string, { [scope: string]: { [items: string]: object[] }[] }[]>;
    for (const resource of Object.values(list).flat()) {
      for (const item of [...(resource["scopeSpans"] ?? []), ...(resource["scopeLogs"] ?? [])].flatMap((scope) => [
        ...(scope["spans"] ?? []),
        ...(scope["logRecords"] ?? []),
      ])) {
        const text = JSON.stringify(item);
        const id = /n:\d{12}/.exec(text)?.[0] ?? "";
        ids.set(id, (ids.get(id) ?? new Set()).add(text));
      }
    }
  }
  return ids;
}

test("kills in every phase lose nothing, repeat nothing, and let no counter fall", { timeout: 300_000 }, async () => {
  const seed = Number(process.env["OFFING_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  process.stdout.write(`crash test seed ${seed} (OFFING_SEED repeats it)\n`);
  const random = randomFrom(seed);
  const phases = ["before-commit", "after-commit", "before-acknowledgement", "after-acknowledgement", "any-moment"] as const;
  const plan = phases.flatMap((phase) => Array.from({ length: KILLS_PER_PHASE }, () => phase)).sort(() => random() - 0.5);
  const kills = new Map<string, number>();
  for (const phase of plan) {
    const skip = Math.floor(random() * 6);
    let how: NodeJS.Signals | number | null;
    if (phase === "before-acknowledgement") how = await killBeforeAcknowledgement(skip);
    else if (phase === "any-moment") {
      const { child, ended } = start("none", 0);
      setTimeout(() => child.kill("SIGKILL"), 150 + random() * 300);
      how = await ended;
    } else how = await start(phase, skip).ended;
    if (how === "SIGKILL") kills.set(phase, (kills.get(phase) ?? 0) + 1);
  }
  for (const phase of phases) expect(kills.get(phase) ?? 0, `kills ${phase}`).toBeGreaterThanOrEqual(FEWEST_PER_PHASE);

  const last = start("none", 0, 100);
  expect(await last.ended, last.stderr()).toBe(0);

  const { records, domain } = countingEmitter({ count: 0, batchSize: 1 });
  const ledger = await openLedger({ location: { sqlite: join(folder, "ledger.db") }, domain, mode: "read", records, nowMs: Date.now });
  expect(await ledger.head()).toBe(COUNT);
  expect((await ledger.read(0, COUNT)).map(({ seq, fact }) => [seq, fact.id])).toEqual(
    Array.from({ length: COUNT }, (_, number) => [number + 1, countingFact(number).id]),
  );
  const projection = await ledger.projection.load();
  expect(projection?.totals.find((total) => total.metric === "offing.facts")?.value).toBe(COUNT);
  await ledger.close();

  for (const path of ["/v1/traces", "/v1/logs"]) {
    const ids = idsIn(path);
    expect(ids.size, path).toBe(COUNT);
    expect(
      [...ids.values()].filter((versions) => versions.size > 1),
      `${path}: a resend differs`,
    ).toHaveLength(0);
  }
  const points = pointsOf("offing.facts");
  expect(new Set(points.map((point) => point.startTimeUnixNano)).size, "start times").toBe(1);
  let before = -1;
  for (const [at, values] of byTime(points)) {
    expect(values.size, `one value at ${at}`).toBe(1);
    const [value = 0] = values;
    expect(value, `at ${at}`).toBeGreaterThanOrEqual(before);
    before = value;
  }
  expect(before).toBe(COUNT);
});

function byTime(points: readonly Point[]): [string, Set<number>][] {
  const times = new Map<string, Set<number>>();
  for (const { timeUnixNano, asInt } of points) times.set(timeUnixNano, (times.get(timeUnixNano) ?? new Set()).add(Number(asInt)));
  return [...times].sort(([a], [b]) => (BigInt(a) < BigInt(b) ? -1 : 1));
}
