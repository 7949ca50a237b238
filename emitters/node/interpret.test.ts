import { expect, test } from "vitest";
import { operationPlace } from "./line-ids.ts";
import { gauges } from "./measures.ts";
import { interpreted, NOW_MS } from "./testing/interpreted.ts";

const at = (second: number) => `2026-11-27T07:00:${String(second).padStart(2, "0")}.000000Z`;
const iso = (second: number) => Date.parse(at(second));

function closing(second: number, spans: readonly object[], fields: object = {}) {
  const took = { message: "close", "time.busy": "200ms", "time.idle": "1.8s", ...fields };
  return { timestamp: at(second), level: "INFO", fields: took, target: "node", span: spans.at(-1), spans };
}

test("Rust's closing spans become commands with the node's own names, lengths and parents, though a parent closes after its children", () => {
  const node = interpreted();
  const command = { name: "command.publish", operation_id: "op-1" };
  const query = { query: "insert", name: "repository" };
  node.lines("a", [
    { timestamp: at(8), level: "INFO", fields: { message: "inside" }, target: "node", span: query, spans: [command, query] },
    closing(9, [command, query]),
    closing(10, [command], { status: "ok" }),
  ]);
  const [inner, outer] = node.spans;
  expect(inner).toMatchObject({ name: "repository.insert", startMs: iso(7), endMs: iso(9), parentSpanId: outer?.spanId });
  const whole = operationPlace("op-1");
  expect(outer).toMatchObject({ name: "command.publish", traceId: whole.traceId, parentSpanId: whole.spanId });
  expect(outer?.attributes).toMatchObject({ command: "publish", status: "completed", operation_id: "op-1" });
  expect(node.logs[0]).toMatchObject({ body: "inside", severityNumber: 9, traceId: inner?.traceId, spanId: inner?.spanId });
  expect(node.counts()).toMatchObject({
    'node.command{command="publish",status="completed"}': 1,
    'node.command.duration{command="publish",status="completed"}': 1,
    'node.repository.query.duration{query="insert",status="completed"}': 1,
    'offing.node.log.lines{log_line="activity"}': 2,
  });
  expect([...node.state.entries("open")]).toEqual([]);
});

test("a begin and its end pair in either order, in different files, once", () => {
  const line = (second: number, event: string, more: object = {}) => ({
    level: 30,
    time: iso(second),
    msg: "m",
    event,
    operation_id: "op-2",
    ...more,
  });
  for (const order of ["in order", "out of order"]) {
    const node = interpreted();
    const begin = () => node.lines("a", [line(1, "command.get.start", { ual: "did:x" })]);
    const end = () => node.lines("b", [line(4, "command.get.failed", { err: { type: "Timeout", message: "no peer" } })]);
    for (const step of order === "in order" ? [begin, end, end] : [end, begin, end]) step();
    expect(node.spans, order).toHaveLength(1);
    expect(node.spans[0]).toMatchObject({ name: "command.get", startMs: iso(1), endMs: iso(4), error: "failed" });
    expect(node.spans[0]?.attributes).toMatchObject({ ual: "did:x", "exception.type": "Timeout", "exception.message": "no peer" });
    expect(node.counts()).toMatchObject({
      'node.command{command="get",status="failed"}': 1,
      'offing.node.log.oddities{oddity="duplicate_end"}': 1,
    });
  }
});

test("an operation is a point for each message and the whole, under ids that follow from its own", () => {
  const node = interpreted();
  const line = (second: number, event: string) => ({
    level: 30,
    time: iso(second),
    msg: "m",
    event,
    operation_id: "op-3",
    kind: "publish",
  });
  node.lines("a", [line(1, "operation.start"), line(2, "operation.progress"), line(5, "operation.end")]);
  const { traceId, spanId } = operationPlace("op-3");
  expect(node.spans.map(({ name }) => name)).toEqual(["operation.start", "operation.progress", "operation.end", "operation.publish"]);
  expect(node.spans.every((span) => span.traceId === traceId)).toBe(true);
  expect(node.spans.slice(0, 3).every((span) => span.parentSpanId === spanId)).toBe(true);
  expect(node.spans[3]).toMatchObject({ spanId, startMs: iso(1), endMs: iso(5) });
  expect(node.counts()).toMatchObject({ 'node.operation{kind="publish",status="completed"}': 1 });
});

test("an end whose begin never comes counts without a length; a begin without its end does not count", () => {
  const node = interpreted();
  node.lines("a", [
    { level: 30, time: iso(1), msg: "m", event: "command.get.end", operation_id: "alone" },
    { level: 30, time: iso(1), msg: "m", event: "task.sync.start" },
    { level: 30, time: iso(9), msg: "m", event: "task.sync.start" },
  ]);
  expect(node.counts()['node.command{command="get",status="completed"}']).toBeUndefined();
  node.see({ type: "tick", atMs: NOW_MS + 11_000, unreadBytes: 0 });
  expect(node.counts()).toEqual({
    'node.command{command="get",status="completed"}': 1,
    'offing.node.log.lines{log_line="activity"}': 3,
    'offing.node.log.oddities{oddity="missing_begin"}': 1,
    'offing.node.log.oddities{oddity="missing_end"}': 1,
    'offing.node.undeclared{label="command",admission="admitted"}': 1,
  });
  expect(gauges(node.state).find(({ metric }) => metric.name === "offing.node.log.open")?.value).toBe(1);
});

test("what is open is bounded: the oldest goes and is counted", () => {
  const node = interpreted({ openLimit: 3, signals: { traces: true, logs: false } });
  const starts = Array.from({ length: 10 }, (_, n) => ({
    level: 30,
    time: iso(1),
    msg: "m",
    event: "command.get.start",
    operation_id: `op-${n}`,
  }));
  node.lines("a", starts);
  expect([...node.state.entries("open")].map(([key]) => key)).toEqual(["command\0get\0op-7", "command\0get\0op-8", "command\0get\0op-9"]);
  expect(node.counts()).toMatchObject({ 'offing.node.telemetry.dropped{signal="traces",drop_reason="open_limit"}': 7 });
});

test("a clock that steps back gives no negative length, and one far ahead is not believed", () => {
  const node = interpreted();
  node.lines("a", [
    { level: 30, time: iso(9), msg: "m", event: "task.sync.start" },
    { level: 30, time: iso(3), msg: "m", event: "task.sync.end" },
    { level: 30, time: NOW_MS + 86_400_000, msg: "tomorrow" },
  ]);
  expect(node.spans[0]).toMatchObject({ name: "task.sync", startMs: iso(3), endMs: iso(3) });
  expect(node.counts()).toMatchObject({ 'offing.node.log.oddities{oddity="clock_jump"}': 2 });
  expect(node.logs[2]?.timeUnixNano).toBe(`${NOW_MS}000000`);
});

test("a hundred thousand values of a label make a hundred series and `unknown`", () => {
  const node = interpreted({ names: { command: ["publish"] }, signals: { traces: false, logs: false } });
  const line = (name: string) => `{"level":30,"time":${iso(1)},"msg":"m","event":"command.${name}","duration_ms":1}`;
  for (let block = 0; block < 10; block += 1) {
    node.lines("a", [...Array.from({ length: 10_000 }, (_, n) => line(`c${block * 10_000 + n}`)), line("publish")]);
  }
  const counts = node.counts();
  const commands = Object.keys(counts).filter((key) => key.startsWith("node.command{"));
  expect(commands).toHaveLength(102);
  expect(counts['node.command{command="publish",status="completed"}']).toBe(10);
  expect(counts['node.command{command="unknown",status="completed"}']).toBe(99_900);
  expect(counts['offing.node.undeclared{label="command",admission="admitted"}']).toBe(100);
});

test("a status or outcome outside its set is `unknown` and counted; other words for the same are understood", () => {
  const node = interpreted();
  const done = (name: string, status: string) => closing(1, [{ name, status }]);
  node.lines("a", [
    done("command.a", "finished"),
    done("command.a", "exploded"),
    done("network.http", "timed_out"),
    done("network.http", "ok"),
  ]);
  expect(node.counts()).toMatchObject({
    'node.command{command="a",status="completed"}': 1,
    'node.command{command="a",status="unknown"}': 1,
    'node.network.requests{protocol="http",outcome="timeout"}': 1,
    'node.network.requests{protocol="http",outcome="success"}': 1,
    'offing.node.undeclared{label="status",admission="unknown"}': 1,
  });
});

test("bytes that are no UTF-8, lines that are no JSON, and half lines are used as far as they can be, and counted", () => {
  const node = interpreted();
  node.lines("a", ["thread 'main' panicked", { level: 30, time: iso(1), msg: "whole" }, '{"level":30,']);
  const bytes = Buffer.concat([Buffer.from(`{"level":30,"time":${iso(1)},"msg":"a`), Buffer.from([0xff, 0xfe]), Buffer.from('b"}\n')]);
  const origin = { id: "0".repeat(24), name: "b", format: "auto", wrap: "none" } as const;
  node.see({ type: "lines", origin, bytes, offset: 0, position: { cursor: "1" }, atMs: NOW_MS });
  expect(node.logs.map(({ body }) => body)).toEqual(["thread 'main' panicked", "whole", '{"level":30,', "a\ufffd\ufffdb"]);
  expect(node.counts()).toEqual({
    'offing.node.log.lines{log_line="not_json"}': 2,
    'offing.node.log.lines{log_line="other"}': 2,
    'offing.node.log.oddities{oddity="invalid_utf8"}': 1,
  });
});

test("gauges and counts that a line tells beside its activity", () => {
  const node = interpreted();
  const line = (fields: object) => ({ timestamp: at(2), level: "INFO", fields, target: "node" });
  node.lines("a", [
    line({ message: "m", task: "prune", next_delay_seconds: 30 }),
    line({ message: "m", stage: "fetch", queue_depth: 7, kc_processed: 5, result: "processed" }),
    line({ message: "m", peers: 12 }),
    line({ message: "m", event: "sync.succeeded" }),
  ]);
  const told = Object.fromEntries(
    gauges(node.state).map(({ metric, labels, value }) => [metric.name + Object.values(labels).join(), value]),
  );
  expect(told).toMatchObject({
    "node.task.next_delayprune": 30,
    "node.sync.queue_depthfetch": 7,
    "offing.node.peers": 12,
    "node.sync.last_success.unix": iso(2) / 1_000,
  });
  expect(node.counts()).toMatchObject({ 'node.sync.kc_processed{stage="fetch",result="processed"}': 5 });
});

test("OpenTelemetry JSON: a record a line, and whole OTLP requests with their own ids", () => {
  const node = interpreted();
  const [traceId, spanId] = ["0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"];
  const nanos = (second: number) => `${iso(second)}000000`;
  const attributes = [{ key: "operation_id", value: { stringValue: "op-9" } }];
  const span = {
    traceId,
    spanId,
    name: "network.http",
    startTimeUnixNano: nanos(1),
    endTimeUnixNano: nanos(3),
    attributes,
    status: { code: 2 },
  };
  node.lines("a", [
    { timeUnixNano: nanos(2), severityNumber: 17, body: { stringValue: "failed" }, attributes, traceId, spanId },
    { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] },
  ]);
  expect(node.logs[0]).toMatchObject({ body: "failed", severityNumber: 17, traceId, spanId, attributes: { operation_id: "op-9" } });
  expect(node.spans).toMatchObject([{ traceId, spanId, name: "network.http", startMs: iso(1), endMs: iso(3), error: "failure" }]);
  expect(node.counts()).toMatchObject({ 'node.network.requests{protocol="http",outcome="failure"}': 1 });
});

test("Docker's json-file: its pieces of long lines are joined, across restarts too", () => {
  const node = interpreted();
  const inner = JSON.stringify({ level: 30, time: iso(1), msg: "long ".repeat(50), event: "command.get.end", duration_ms: 5 });
  const piece = (log: string) => ({ log, stream: "stdout", time: at(1) });
  node.lines("a", [piece(inner.slice(0, 100))], { wrap: "docker" });
  expect(node.logs).toHaveLength(0);
  node.lines("a", [piece(`${inner.slice(100)}\n`)], { wrap: "docker" });
  expect(node.logs[0]?.body).toBe("long ".repeat(50));
});

test("the journal: the line stands in MESSAGE, also as bytes, and its cursor is its id", () => {
  const node = interpreted();
  const inner = JSON.stringify(closing(3, [{ name: "command.a" }]));
  const entry = (message: unknown, cursor: string) => ({
    MESSAGE: message,
    __CURSOR: cursor,
    __REALTIME_TIMESTAMP: String(iso(1) * 1_000),
  });
  node.lines("a", [entry(inner, "s=1"), entry([...Buffer.from("plain \u00e9")], "s=2")], { wrap: "journald" });
  expect(node.spans).toMatchObject([{ name: "command.a", endMs: iso(3) }]);
  expect(node.logs.map(({ body, timeUnixNano }) => [body, timeUnixNano])).toEqual([
    ["close", `${iso(3)}000000`],
    ["plain \u00e9", `${iso(1)}000000`],
  ]);
  expect(node.logs[0]?.attributes["log.record.uid"]).toMatch(/:s=1$/);
});
