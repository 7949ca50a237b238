import fc from "fast-check";
import { expect, test } from "vitest";
import { loadMapping, type MappingFile } from "./mapping.ts";
import { interpreted } from "./testing/interpreted.ts";

const seed = Number(process.env["OFFING_SEED"] ?? Date.now() % 2 ** 31);

const RUST = loadMapping("rust-tracing");
const RENAMING: MappingFile = { ...RUST, names: new Map([["handle_publish", "command.publish.end"]]) };
/** Without pairs, so that each line counts alone what it counts beside others. */
const CLOSING: MappingFile = { ...RUST, activities: RUST.activities.slice(0, 1) };

/** Texts that mean something, that nearly do, and that only a careless look-up would find a meaning for. */
const texts = fc.oneof(
  fc.constantFrom("close", "command.get.end", "command.publish", "command", "task.stage.fetch.end", "handle_publish"),
  fc.constantFrom("closed", "commands.publish", "handle_publish2", "constructor", "__proto__", "command.constructor", "", " command.a"),
  fc.constantFrom("completed", "1.5ms", "10", "é✓", "\u0001", '"close"', "a\\b"),
  fc.string({ maxLength: 8 }),
);
const values = fc.oneof({ weight: 6, arbitrary: texts }, fc.integer(), fc.double(), fc.boolean(), fc.constant(null));
const names = fc.constantFrom("name", "message", "event", "time.busy", "status", "queue_depth", "operation_id", "command", "error", "x");
const fields = fc.dictionary(names, fc.oneof({ weight: 9, arbitrary: values }, fc.array(values, { maxLength: 2 })), { maxKeys: 4 });
const speaking = fc.record({ message: texts, event: texts }, { requiredKeys: ["message"] });

/** A line as any JSON writer may write it: with spaces, or with escapes where none are needed. */
const lines = fc
  .record({
    fields: fc.oneof(fields, speaking),
    span: fc.option(fields),
    flat: fields,
    style: fc.constantFrom("", "", "escapes", "spaces"),
  })
  .map(({ fields, span, flat, style }) => {
    const record = { timestamp: "2026-11-27T07:00:00.123456Z", level: "INFO", target: "t", ...flat, fields, ...(span && { span }) };
    if (style === "spaces") return JSON.stringify(record, null, 1).replaceAll("\n", "");
    const text = JSON.stringify(record);
    return style === "escapes" ? text.replaceAll(/"c(?=ommand\.|lose)/g, '"\\u0063') : text;
  });

test(`lines of known shapes count exactly what they count when each is parsed in full (seed ${seed})`, () => {
  fc.assert(
    fc.property(fc.array(lines, { minLength: 1, maxLength: 3 }), fc.constantFrom(RUST, CLOSING, RENAMING), (some, mapping) => {
      const options = { mappings: new Map([["rust-tracing", mapping]]), signals: { traces: false, logs: false } };
      const counted = (batches: readonly (readonly string[])[]) => {
        const node = interpreted(options);
        for (const batch of batches) node.lines("a", batch, { format: "rust-tracing" });
        return only(node.counts(), mapping === CLOSING ? /^node\.|log\.lines/ : /log\.lines/);
      };
      const alone = some.map((line) => counted([[line]]));
      // The second time every shape is known.
      expect(counted([some, some])).toEqual(sumOf([...alone, ...alone]));
    }),
    { seed, numRuns: 300 },
  );
});

test("a word counts however it is spelled, and what every object knows is a word like any other", () => {
  const node = interpreted({ signals: { traces: false, logs: false } });
  const line = (message: string) =>
    `{"timestamp":"2026-11-27T07:00:00.123456Z","level":"toString","target":"t","fields":{"message":"${message}","elapsed_ms":5}}`;
  const idle = ["idle", "idle", "constructor", "__proto__", "\\u0063onstructor"];
  node.lines("a", [...idle, "\\u0063ommand.get.end", "command.constructor"].map(line), { format: "rust-tracing" });
  expect(node.counts()).toMatchObject({
    'offing.node.log.lines{log_line="other"}': idle.length,
    'offing.node.log.lines{log_line="activity"}': 2,
    'node.command{command="get",status="completed"}': 1,
    'node.command{command="constructor",status="completed"}': 1,
  });
});

test("a stretch of many texts gives the same lines at the same places as each line alone", () => {
  const line = (n: number) => {
    // Longer than one text now and then, and ends of texts fall between the bytes of a letter.
    const message = n % 500 === 250 ? "x".repeat(150_000) : `line ${n} ${"é".repeat(n % 97)}`;
    return { timestamp: "2026-11-27T07:00:00.123456Z", level: "INFO", target: "t", fields: { message } };
  };
  const some = Array.from({ length: 2_000 }, (_, n) => line(n));
  const [together, alone] = [interpreted(), interpreted()];
  together.lines("a", some, { format: "rust-tracing" });
  for (const one of some) alone.lines("a", [one], { format: "rust-tracing" });
  expect(together.logs).toEqual(alone.logs);
  // A body of a log record is bounded.
  expect(together.logs.map(({ body }) => body)).toEqual(some.map(({ fields }) => fields.message.slice(0, 65_536)));
});

type Counts = Readonly<Record<string, number>>;

function sumOf(many: readonly Counts[]): Counts {
  const sum: Record<string, number> = {};
  for (const counts of many) for (const [key, value] of Object.entries(counts)) sum[key] = (sum[key] ?? 0) + value;
  return sum;
}

function only(counts: Counts, asked: RegExp): Counts {
  return Object.fromEntries(Object.entries(counts).filter(([key]) => asked.test(key)));
}
