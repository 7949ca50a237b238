import { expect, test } from "vitest";
import { interpreted } from "./testing/interpreted.ts";

const BEGAN_MS = Date.parse("2026-11-27T07:00:00Z");

/** A line as pino writes it: a level as a number, the time in Unix milliseconds, and what it adds by itself. */
function pino(level: number, afterMs: number, rest: object): object {
  return { level, time: BEGAN_MS + afterMs, pid: 4711, hostname: "node-1", ...rest };
}

/** An error as pino's own serializer writes it. */
const ERR = { type: "TypeError", message: "no peer", stack: "TypeError: no peer\n    at publish (node.js:1:1)" };

test("pino's lines are found by their fields: begin and end by event or message, a length in milliseconds, an error's own object", () => {
  const node = interpreted();
  node.lines("a", [
    pino(30, 0, { event: "command.publish.start", operation_id: "op-1", msg: "publishing" }),
    pino(50, 1_500, { err: ERR, event: "command.publish.failed", operation_id: "op-1", msg: "no peer" }),
    pino(30, 2_000, { duration_ms: 250, msg: "task.sync.end" }),
  ]);
  expect(node.spans).toMatchObject([
    {
      name: "command.publish",
      startMs: BEGAN_MS,
      endMs: BEGAN_MS + 1_500,
      error: "failed",
      attributes: { operation_id: "op-1", "exception.type": "TypeError", "exception.message": "no peer" },
    },
    { name: "task.sync", startMs: BEGAN_MS + 1_750, endMs: BEGAN_MS + 2_000 },
  ]);
  expect(node.counts()).toMatchObject({
    'node.command{command="publish",status="failed"}': 1,
    'node.task.runs{task="sync",status="completed"}': 1,
    'node.task.duration{task="sync",status="completed"}': 1,
    'offing.node.log.lines{log_line="activity"}': 3,
  });
});

test("pino-http's requests are network activities that end by their status code", () => {
  const node = interpreted();
  const req = { id: 1, method: "POST", url: "/publish", headers: { host: "127.0.0.1" } };
  node.lines("a", [
    pino(30, 40, { req, res: { statusCode: 200, headers: {} }, responseTime: 40, msg: "request completed" }),
    pino(50, 99, { req, res: { statusCode: 500, headers: {} }, err: ERR, responseTime: 9, msg: "request errored" }),
  ]);
  expect(node.spans.map(({ name, startMs, endMs }) => [name, startMs - BEGAN_MS, endMs - BEGAN_MS])).toEqual([
    ["network.http", 0, 40],
    ["network.http", 90, 99],
  ]);
  expect(node.counts()).toMatchObject({
    'node.network.requests{protocol="http",outcome="success"}': 1,
    'node.network.requests{protocol="http",outcome="failure"}': 1,
  });
});

test.each([
  [10, 1],
  [20, 5],
  [30, 9],
  [40, 13],
  [50, 17],
  [60, 21],
])("pino's level %i is forwarded as OpenTelemetry's severity %i", (level, severityNumber) => {
  const node = interpreted();
  node.lines("a", [pino(level, 0, { msg: "something" })]);
  expect(node.logs).toMatchObject([{ body: "something", severityNumber }]);
});
