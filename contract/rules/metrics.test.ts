import { expect, test } from "vitest";
import { faultsOf, marked, metricEntry, withAttributes } from "../testing/registry.ts";

interface Case {
  readonly rule: string;
  /** The metric's fields; `§` marks where the fault must be reported. */
  readonly metric: Readonly<Record<string, string | undefined>>;
  readonly says: string;
}

const label = (ref: string, level = "required"): string => `[{ ref: ${ref}, requirement_level: ${level} }]`;
const named = (name: string, resource = "process"): string => `{ resource: ${resource}, prometheus: { name: ${name} } }`;
const histogram = (buckets: string): Readonly<Record<string, string>> => ({
  instrument: "histogram",
  annotations: `{ resource: process, prometheus: { name: offing_chain_depth }, buckets: ${buckets} }`,
});
const ledger = (select: string): Readonly<Record<string, string>> => ({
  instrument: "counter",
  attributes: label("color"),
  annotations: `\n      resource: ledger\n      prometheus: { name: offing_chain_depth_total }\n      ledger: { select: ${select} }`,
});

const REFUSED: readonly Case[] = [
  { rule: "a name in the wrong case", metric: { name: "§offing.chain.Depth" }, says: "must be lower-case words" },
  { rule: "a name with two dots in a row", metric: { name: "§offing.chain..depth" }, says: "must be lower-case words" },
  { rule: "a name with two underscores in a row", metric: { name: "§offing.chain.dep__th" }, says: "must be lower-case words" },
  { rule: "a word that begins with a digit", metric: { name: "§offing.chain.2depth" }, says: "must be lower-case words" },
  { rule: "a name of another domain", metric: { name: "§offing.funding.depth" }, says: "must begin with `offing.chain.`" },
  { rule: "a name of no domain", metric: { name: "§depth" }, says: "must begin with `offing.chain.`" },
  { rule: "total inside a name", metric: { name: "§offing.chain.total.depth" }, says: "holds the word `total`" },
  { rule: "a unit word inside a name", metric: { name: "§offing.chain.depth_seconds" }, says: "holds the word `seconds`" },
  { rule: "bytes inside a name", metric: { name: "§offing.chain.bytes.depth" }, says: "holds the word `bytes`" },
  { rule: "ratio before the end", metric: { name: "§offing.chain.ratio.depth", unit: '"{ratio}"' }, says: "`ratio` only as its last word" },
  { rule: "ratio with another unit", metric: { name: "§offing.chain.depth.ratio" }, says: "`ratio` only as its last word" },
  { rule: "a ratio that is not called so", metric: { name: "§offing.chain.depth", unit: '"{ratio}"' }, says: "must end in `ratio`" },
  { rule: "an unknown unit", metric: { unit: "§parsec" }, says: "unit `parsec` is not known" },
  { rule: "milliseconds", metric: { unit: "§ms" }, says: "unit `ms` (milliseconds) is no base unit" },
  { rule: "an empty unit", metric: { unit: '§""' }, says: "unit `` is not known" },
  { rule: "unit 1 on a gauge", metric: { unit: '§"1"' }, says: "`1` on a gauge adds `_ratio`" },
  {
    rule: "a histogram without buckets",
    metric: { instrument: "histogram", annotations: undefined, "§annotations": named("offing_chain_depth") },
    says: "needs its bucket bounds",
  },
  { rule: "a histogram with an empty list of buckets", metric: histogram("§[]"), says: "needs its bucket bounds" },
  { rule: "buckets that do not ascend", metric: histogram("[1, 3, §3]"), says: "must be finite and ascend" },
  { rule: "buckets that go down", metric: histogram("[1, 3, §2, 4]"), says: "must be finite and ascend" },
  { rule: "an infinite bucket", metric: histogram("[1, §.inf]"), says: "annotations.buckets[1]" },
  { rule: "buckets on a gauge", metric: { ...histogram("§[1, 2]"), instrument: "gauge" }, says: "a gauge has no buckets" },
  {
    rule: "another Prometheus name than the computed one",
    metric: { annotations: named("§offing_depth") },
    says: "Prometheus will call it `offing_chain_depth`",
  },
  {
    rule: "a Prometheus name without its unit",
    metric: { unit: "s", annotations: named("§offing_chain_depth") },
    says: "`offing_chain_depth_seconds`",
  },
  {
    rule: "a Prometheus name without _total",
    metric: { instrument: "counter", annotations: named("§offing_chain_depth") },
    says: "`offing_chain_depth_total`",
  },
  { rule: "a label without a bound", metric: { attributes: label("§hash") }, says: "`hash` has no bound and may not be a label" },
  { rule: "a label that is not always there", metric: { attributes: label("color", "§opt_in") }, says: "must be required" },
  { rule: "a label that does not exist", metric: { attributes: label("§colour") }, says: "did you mean `color`?" },
  {
    rule: "a label named twice",
    metric: { attributes: `[${label("color").slice(1, -1)}, ${label("§color").slice(1)}` },
    says: "`color` is named twice",
  },
  { rule: "an unknown instrument", metric: { instrument: "§updowncounter" }, says: "must be one of counter, gauge, histogram" },
  { rule: "an unknown stability", metric: { stability: "§firm" }, says: "must be one of stable, development" },
  { rule: "an unknown key", metric: { "§colour": "red" }, says: "is not known" },
  { rule: "an unknown key near a known one", metric: { "§breif": "Depth." }, says: "did you mean `brief`?" },
  {
    rule: "an unknown key under annotations",
    metric: { annotations: "{ resource: process, §owner: me, prometheus: { name: offing_chain_depth } }" },
    says: "is not known",
  },
  { rule: "no brief", metric: { brief: undefined, "§brief": "" }, says: "brief: is missing" },
  { rule: "an unknown resource", metric: { annotations: named("offing_chain_depth", "§host") }, says: "must be one of ledger, process" },
  {
    rule: "a ledger counter without its select",
    metric: { instrument: "counter", annotations: undefined, "§annotations": named("offing_chain_depth_total", "ledger") },
    says: "needs its `select`",
  },
  {
    rule: "a select on a gauge",
    metric: {
      annotations: `{ resource: ledger, prometheus: { name: offing_chain_depth }, ledger: §{ select: "SELECT 1 AS value FROM t WHERE seq <= :cursor" } }`,
    },
    says: "belongs to counters",
  },
  {
    rule: "a select without the cursor",
    metric: ledger('§"SELECT color, count(*) AS value FROM t GROUP BY color"'),
    says: "must count at `:cursor`",
  },
  {
    rule: "a select at something like the cursor",
    metric: ledger('§"SELECT color, count(*) AS value FROM t WHERE s <= :cursor_b"'),
    says: "must count at `:cursor`",
  },
  {
    rule: "a select without a label",
    metric: ledger('§"SELECT count(*) AS value FROM t WHERE s <= :cursor"'),
    says: "must have the output column `color`",
  },
  {
    rule: "a select that renames a label",
    metric: ledger('§"SELECT color AS hue, count(*) AS value FROM t WHERE s <= :cursor"'),
    says: "the output column `hue`",
  },
  { rule: "a select without a value", metric: ledger('§"SELECT color, count(*) FROM t WHERE s <= :cursor"'), says: "columns can be read" },
  { rule: "two statements", metric: ledger('§"SELECT color, 1 AS value FROM t WHERE s <= :cursor; DELETE FROM t"'), says: "one SELECT" },
  { rule: "a statement that writes", metric: ledger('§"DELETE FROM t WHERE s <= :cursor"'), says: "one SELECT" },
  {
    rule: "a cast of one database",
    metric: ledger('§"SELECT color, count(*)::int AS value FROM t WHERE s <= :cursor"'),
    says: "runs on both databases",
  },
];

test.for(REFUSED)("refuses $rule", ({ metric, says }) => {
  const { text: chain, place } = marked("chain.yaml", withAttributes(`metrics:\n${metricEntry(metric)}`));
  const faults = faultsOf({ "chain.yaml": chain });
  expect(faults.filter((fault) => fault.startsWith(`${place} `) && fault.includes(says))).toHaveLength(1);
});

test("accepts metrics that obey the rules", () => {
  const metrics = [
    metricEntry(),
    metricEntry({ name: "offing.chain.fill.ratio", unit: '"{ratio}"', annotations: named("offing_chain_fill_ratio") }),
    metricEntry({
      name: "offing.chain.wait",
      ...histogram("[0.5, 1]"),
      unit: '"1"',
      annotations: "{ resource: process, prometheus: { name: offing_chain_wait }, buckets: [0.5, 1] }",
    }),
    metricEntry({ name: "oracle.required.checks", attributes: label("slot"), annotations: named("oracle_required_checks") }),
    metricEntry({
      ...ledger('"SELECT t.color, sum(CASE WHEN a THEN 1 ELSE 0 END) AS value FROM t WHERE s <= :cursor"'),
      name: "offing.chain.seen",
      annotations:
        '{ resource: ledger, prometheus: { name: offing_chain_seen_total }, ledger: { select: "SELECT t.color, coalesce(sum(b, c), 0) AS value FROM t WHERE s <= :cursor" } }',
    }),
  ];
  expect(faultsOf({ "chain.yaml": withAttributes(`metrics:\n${metrics.join("")}`) })).toEqual([]);
});

test("says every fault of every entry and every file at once", () => {
  const wrong = { unit: "§ms", stability: "§firm", "§breif": "x", annotations: named("§depth") };
  const marks = withAttributes(
    `metrics:\n${metricEntry(wrong)}${metricEntry({ name: "offing.chain.b", unit: "§ms", annotations: named("§b") })}`,
  );
  const places: string[] = [];
  let text = marks;
  while (text.includes("§")) {
    const next = marked("chain.yaml", text);
    text = next.text;
    places.push(next.place);
  }
  const faults = faultsOf({ "chain.yaml": text, "funding.yaml": "file_format: definition/1\nmetric: []\n" });
  expect(faults.map((fault) => fault.split(" ")[0])).toEqual([...places, "contract/funding.yaml:1:14", "contract/funding.yaml:2:1"]);
});
