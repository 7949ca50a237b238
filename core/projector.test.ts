import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Emitter } from "#core/emitter.ts";
import type { Ledger } from "#core/ledger/ledger.ts";
import { openLedger } from "#core/ledger/open.ts";
import { counter } from "#core/signal.ts";
import { type CountingFact, countingEmitter, countingFact } from "#core/testing/counting-emitter.ts";
import { ingestAll, projectAll } from "#core/testing/drive.ts";
import { type OtlpReceiver, startOtlpReceiver } from "#core/testing/otlp-receiver.ts";

const parity = counter<{ parity: string }>({
  name: "t.parity",
  instrument: "counter",
  unit: "{fact}",
  brief: "Numbers by parity.",
  resource: "ledger",
  prometheus: "t_parity_total",
  labels: ["parity"],
  closed: {},
});

let folder: string;
let ledger: Ledger;
let receiver: OtlpReceiver;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "offing-projector-"));
  receiver = await startOtlpReceiver();
  const { domain, records } = countingEmitter({ count: 0, batchSize: 1 });
  ledger = await openLedger({ location: { sqlite: join(folder, "ledger.db") }, domain, mode: "write", records, nowMs: Date.now });
});
afterEach(async () => {
  await ledger.close();
  await receiver.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The counting emitter with one more counter, whose labels `name` decides. */
function byParity(projection: number, name: (number: number) => string): Emitter<number, CountingFact> {
  const emitter = countingEmitter({ count: 100, batchSize: 10 });
  return {
    ...emitter,
    projection,
    metrics: [...emitter.metrics, parity],
    signals: (stored) => [...emitter.signals(stored), parity.add({ parity: name(stored.fact.number) })],
  };
}

interface Sent {
  readonly name: string;
  readonly start: string;
  readonly time: bigint;
  readonly value: number;
  readonly request: number;
}

/** Every point of the counters in the order of arrival. */
function pointsSent(): Sent[] {
  return receiver.requests.flatMap((request, index) => {
    if (request.path !== "/v1/metrics") return [];
    const body = request.body as {
      resourceMetrics: { scopeMetrics: { metrics: { name: string; sum?: { dataPoints: Record<string, never>[] } }[] }[] }[];
    };
    const metrics = body.resourceMetrics.flatMap((resource) => resource.scopeMetrics.flatMap((scope) => scope.metrics));
    return metrics.flatMap(({ name, sum }) =>
      (sum?.dataPoints ?? []).map((point) => {
        const { startTimeUnixNano, timeUnixNano, asInt, attributes } = point as unknown as {
          startTimeUnixNano: string;
          timeUnixNano: string;
          asInt: string;
          attributes: { value: { stringValue: string } }[];
        };
        const labels = attributes.map(({ value }) => value.stringValue).join(",");
        return { name: `${name}{${labels}}`, start: startTimeUnixNano, time: BigInt(timeUnixNano), value: Number(asInt), request: index };
      }),
    );
  });
}

function values(name: string): number[] {
  return pointsSent()
    .filter((point) => point.name === name)
    .map((point) => point.value);
}

test("zeros are acknowledged before the first fact is projected, and a value found later is born with one", async () => {
  const emitter = byParity(1, (number) => (number % 2 === 0 ? "even" : "odd"));
  await ingestAll(emitter, ledger);
  await projectAll(emitter, ledger, { collector: receiver.url });
  expect(receiver.requests[0]?.path).toBe("/v1/metrics");
  expect(values("offing.facts{operation}")).toEqual([0, 100]);
  const even = pointsSent().filter((point) => point.name === "t.parity{even}");
  expect(even.map((point) => point.value)).toEqual([0, 50]);
  expect((even[1]?.time ?? 0n) - (even[0]?.time ?? 0n)).toBe(1_000_000n);
});

test("the first export after a start repeats the last acknowledged totals", async () => {
  const emitter = countingEmitter({ count: 100, batchSize: 10 });
  await ingestAll(emitter, ledger);
  await projectAll(emitter, ledger, { collector: receiver.url });
  const before = receiver.requests.length;
  await ledger.append({ facts: [countingFact(100)], changes: [], cursors: new Map() });
  await projectAll(emitter, ledger, { collector: receiver.url });
  const later = pointsSent().filter((point) => point.request >= before && point.name === "offing.facts{operation}");
  expect(later.map((point) => point.value)).toEqual([100, 101]);
});

test("with a backlog, the commit that settles one export intends the next, and none is left when it is told to stop", async () => {
  const emitter = countingEmitter({ count: 100, batchSize: 10 });
  await ingestAll(emitter, ledger);
  const commits: string[] = [];
  const { intend, settle } = ledger.projection;
  const watched: Ledger = {
    ...ledger,
    projection: {
      ...ledger.projection,
      intend: async (pending) => {
        commits.push(`intend ${pending.toSeq}`);
        await intend(pending);
      },
      settle: async (done) => {
        commits.push(`settle ${done.cursorSeq}${done.next ? `, intend ${done.next.toSeq}` : ""}`);
        await settle(done);
      },
    },
  };
  await projectAll(emitter, watched, { collector: receiver.url, batchSize: 40 });
  expect(commits.slice(-4)).toEqual(["intend 40", "settle 40, intend 80", "settle 80, intend 100", "settle 100"]);
  expect(values("offing.facts{operation}")).toEqual([0, 40, 80, 100]);
  expect(await ledger.projection.load()).toMatchObject({ cursorSeq: 100, pending: null });
});

test("another contract folds the totals again, silently, and keeps the birth of what stays", async () => {
  const first = byParity(1, (number) => (number % 2 === 0 ? "even" : "odd"));
  await ingestAll(first, ledger);
  await projectAll(first, ledger, { collector: receiver.url });
  const born = pointsSent().find((point) => point.name === "offing.facts{operation}")?.start;
  const spans = receiver.requests.filter((request) => request.path === "/v1/traces").length;
  const second = byParity(2, (number) => (number % 4 === 0 ? "even" : "odd"));
  await ledger.append({ facts: [countingFact(100)], changes: [], cursors: new Map() });
  await projectAll(second, ledger, { collector: receiver.url });
  expect(await ledger.projection.load()).toMatchObject({ generation: 2, cursorSeq: 101 });
  expect(receiver.requests.filter((request) => request.path === "/v1/traces")).toHaveLength(spans + 1);
  expect(values("t.parity{even}").slice(-2)).toEqual([25, 26]);
  expect(values("t.parity{odd}").slice(-2)).toEqual([75, 75]);
  const starts = (name: string): Set<string> =>
    new Set(
      pointsSent()
        .filter((point) => point.name === name)
        .map((point) => point.start),
    );
  expect([...starts("offing.facts{operation}")]).toEqual([born]);
  expect(starts("t.parity{even}").size, "a total that fell is another counter").toBe(2);
  expect(starts("t.parity{odd}").size, "one that grew is the same").toBe(1);
});

test("one record that is refused for good is kept as a dead letter, and the rest goes on", async () => {
  const lost = countingFact(37).id;
  receiver.answer = (request) =>
    request.path === "/v1/logs" && request.text.includes(lost) ? { status: 400, body: { message: "no" } } : { status: 200 };
  const emitter = countingEmitter({ count: 100, batchSize: 10 });
  await ingestAll(emitter, ledger);
  await projectAll(emitter, ledger, { collector: receiver.url });
  expect((await ledger.projection.load())?.cursorSeq).toBe(100);
  const database = new DatabaseSync(join(folder, "ledger.db"), { readOnly: true });
  const letters = database.prepare("SELECT origin, reason, item FROM dead_letters").all();
  database.close();
  expect(letters).toEqual([{ origin: "projector", reason: "collector_refused", item: expect.stringContaining(lost) }]);
  const taken = receiver.requests.filter((request) => request.path === "/v1/logs" && !request.text.includes(lost));
  expect(new Set(taken.flatMap((request) => request.text.match(/n:\d{12}/g) ?? [])).size).toBe(99);
});

test("a projector that lost its ledger sends nothing more", async () => {
  const emitter = countingEmitter({ count: 100, batchSize: 10 });
  await ingestAll(emitter, ledger);
  const database = new DatabaseSync(join(folder, "ledger.db"));
  database.exec("UPDATE writer SET epoch = epoch + 1");
  database.close();
  await expect(projectAll(emitter, ledger, { collector: receiver.url })).rejects.toMatchObject({ code: "LEDGER_LOST" });
  expect(receiver.requests).toHaveLength(0);
});
