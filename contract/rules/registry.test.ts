import { expect, test } from "vitest";
import { faultsOf, marked, metricEntry, withAttributes } from "../testing/registry.ts";

interface Case {
  readonly rule: string;
  /** The file with `§` where the fault must be reported. */
  readonly file: string;
  readonly says: string;
  readonly name?: string;
  /** Other files beside it. */
  readonly beside?: Readonly<Record<string, string>>;
}

const named = (prometheus: string, more = ""): string => `{ resource: process, prometheus: { name: ${prometheus} }${more} }`;
const attributes = (...entries: readonly string[]): string => withAttributes(entries.map((entry) => `  - ${entry}\n`).join(""));
const metrics = (...entries: readonly Readonly<Record<string, string | undefined>>[]): string =>
  withAttributes(`metrics:\n${entries.map((entry) => metricEntry(entry)).join("")}`);
const span = (fields: string): string => `  - { kind: internal, brief: A span., stability: development, attributes: [], ${fields} }\n`;
const event = (fields: string): string => `  - { brief: An event., stability: development, ${fields} }\n`;
const member = (id: string, value: string, more = ""): string =>
  `{ id: ${id}, value: ${value}, brief: It., stability: development${more} }`;
const FINE = "attributes: [], annotations: { severity: info }";
const HINT = ", annotations: { exit: 1, retry: never, hint: Mend it. }";
const errors = (...members: readonly string[]): string =>
  `file_format: definition/2\nattributes:\n  - key: error.type\n    brief: A code.\n    stability: development\n    type:\n      members:\n${members.map((one) => `        - ${one}\n`).join("")}`;

const COLLISIONS: readonly Case[] = [
  {
    rule: "a metric defined twice",
    file: metrics({}, { name: "§offing.chain.depth" }),
    says: "metric `offing.chain.depth` is defined already at contract/chain.yaml:8:11",
  },
  {
    rule: "two metrics with one Prometheus name",
    file: metrics(
      { name: "offing.chain.de.pth", annotations: named("offing_chain_de_pth") },
      { name: "§offing.chain.de_pth", annotations: named("offing_chain_de_pth") },
    ),
    says: "the Prometheus name `offing_chain_de_pth` is taken already at contract/chain.yaml:8:11",
  },
  {
    rule: "a gauge called like a histogram's count",
    file: metrics(
      { instrument: "histogram", annotations: named("offing_chain_depth", ", buckets: [1]") },
      { name: "§offing.chain.depth.count", annotations: named("offing_chain_depth_count") },
    ),
    says: "the Prometheus name `offing_chain_depth_count` is taken",
  },
  {
    rule: "a histogram whose sum is a gauge's name",
    file: metrics(
      { name: "offing.chain.depth.sum", annotations: named("offing_chain_depth_sum") },
      { name: "§offing.chain.depth", instrument: "histogram", annotations: named("offing_chain_depth", ", buckets: [1]") },
    ),
    says: "the Prometheus name `offing_chain_depth_sum` is taken",
  },
  {
    rule: "a counter called like another's late sibling",
    file: metrics(
      {
        instrument: "counter",
        annotations:
          '{ resource: ledger, prometheus: { name: offing_chain_depth_total }, ledger: { select: "SELECT 1 AS value FROM t WHERE s <= :cursor" } }',
      },
      { name: "§offing.chain.depth.late", instrument: "counter", annotations: named("offing_chain_depth_late_total") },
    ),
    says: "the Prometheus name `offing_chain_depth_late_total` is taken",
  },
  {
    rule: "a metric of another domain with the same Prometheus name",
    file: "file_format: definition/2\nmetrics:\n".concat(
      metricEntry({ name: "§offing.chain_depth", annotations: named("offing_chain_depth") }),
    ),
    name: "shared.yaml",
    beside: { "chain.yaml": metrics({}) },
    says: "is taken already at contract/chain.yaml:8:11",
  },
  {
    rule: "an attribute defined twice",
    file: attributes("{ key: §hash, type: int, brief: A hash., stability: development }"),
    says: "the label `hash` is defined already at contract/chain.yaml:4:12",
  },
  {
    rule: "attribute keys that are one label",
    file: attributes(
      "{ key: a.b, type: string, brief: One., stability: development }",
      "{ key: §a_b, type: string, brief: Two., stability: development }",
    ),
    says: "an attribute that becomes the label `a_b` is defined already at contract/chain.yaml:6:12",
  },
  {
    rule: "a domain's key that is shared already",
    file: attributes("{ key: §kind, type: string, brief: Mine., stability: development }"),
    beside: {
      "shared.yaml": "file_format: definition/2\nattributes:\n  - { key: kind, type: string, brief: All., stability: development }\n",
    },
    says: "is defined already at contract/shared.yaml:3:12",
  },
  {
    rule: "a value that stands twice",
    file: attributes(
      `{ key: size, brief: A size., stability: development, type: { members: [${member("a", "big")}, ${member("b", "§big")}] } }`,
    ),
    says: "the value `big` stands already",
  },
  {
    rule: "an id that stands twice",
    file: attributes(
      `{ key: size, brief: A size., stability: development, type: { members: [${member("a", "big")}, ${member("§a", "small")}] } }`,
    ),
    says: "the id `a` stands already",
  },
  {
    rule: "a span type defined twice",
    file: withAttributes(
      `spans:\n${span("type: offing.chain.a, name: { note: chain.a }")}${span("type: §offing.chain.a, name: { note: chain.b }")}`,
    ),
    says: "span `offing.chain.a` is defined already",
  },
  {
    rule: "a span name taken twice",
    file: withAttributes(
      `spans:\n${span("type: offing.chain.a, name: { note: chain.a }")}${span("type: offing.chain.b, name: { note: §chain.a }")}`,
    ),
    says: "the span name `chain.a` is taken already",
  },
  {
    rule: "an event defined twice",
    file: withAttributes(`events:\n${event(`name: offing.chain.a, ${FINE}`)}${event(`name: §offing.chain.a, ${FINE}`)}`),
    says: "event `offing.chain.a` is defined already",
  },
  {
    rule: "two constants of one name",
    file: metrics(
      { name: "offing.chain.block_age", annotations: named("offing_chain_block_age") },
      { name: "§oracle.required.block_age", annotations: named("oracle_required_block_age") },
      { name: "offing.chain.oracle.required.block_age", annotations: named("offing_chain_oracle_required_block_age") },
    )
      .replace("§", "")
      .replace("offing.chain.oracle", "§offing.chain.oracle"),
    says: "the name `oracleRequiredBlockAge` in generated code is taken",
  },
  {
    rule: "a constant that is a reserved word",
    file: metrics({ name: "§offing.chain.new", annotations: named("offing_chain_new") }),
    says: "would be called `new` in generated code",
  },
  {
    rule: "a type called like an import",
    file: attributes(`{ key: §counter, brief: One., stability: development, type: { members: [${member("a", "a")}] } }`),
    says: "would be called `Counter` in generated code",
  },
];

const NAMES_AND_REFERENCES: readonly Case[] = [
  ...["job", "instance", "le", "quantile", "otel.scope.name", "service.name"].map((key) => ({
    rule: `the reserved key ${key}`,
    file: attributes(`{ key: §${key}, type: string, brief: It., stability: development }`),
    says: `\`${key}\` is reserved`,
  })),
  {
    rule: "a key that begins with two underscores",
    file: attributes("{ key: §__name__, type: string, brief: It., stability: development }"),
    says: "is reserved",
  },
  {
    rule: "a key in the wrong case",
    file: attributes("{ key: §txHash, type: string, brief: It., stability: development }"),
    says: "must be lower-case words",
  },
  {
    rule: "an unknown type",
    file: attributes("{ key: it, type: §text, brief: It., stability: development }"),
    says: "must be one of string, int, double, boolean",
  },
  {
    rule: "a closed set without values",
    file: attributes("{ key: it, type: { members: §[] }, brief: It., stability: development }"),
    says: "must be at least 1 entries long",
  },
  {
    rule: "an unknown severity",
    file: withAttributes(`events:\n${event("name: offing.chain.a, attributes: [], annotations: { severity: §fatal }")}`),
    says: "must be one of debug, info, warn, error",
  },
  {
    rule: "an event of another domain",
    file: withAttributes(`events:\n${event(`name: §offing.match.a, ${FINE}`)}`),
    says: "must begin with `offing.chain.`",
  },
  {
    rule: "an event with an unknown attribute",
    file: withAttributes(
      `events:\n${event("name: offing.chain.a, attributes: [{ ref: §hush, requirement_level: opt_in }], annotations: { severity: info }")}`,
    ),
    says: "did you mean `hash`?",
  },
  {
    rule: "an attribute of another domain",
    file: withAttributes(
      `events:\n${event("name: offing.chain.a, attributes: [{ ref: §peer.identity, requirement_level: opt_in }], annotations: { severity: info }")}`,
    ),
    beside: {
      "node.yaml":
        "file_format: definition/2\nattributes:\n  - { key: peer.identity, type: string, brief: A peer., stability: development }\n",
    },
    says: "is no attribute that this file can name",
  },
  {
    rule: "an unknown requirement level",
    file: withAttributes(
      `events:\n${event("name: offing.chain.a, attributes: [{ ref: hash, requirement_level: §always }], annotations: { severity: info }")}`,
    ),
    says: "must be one of required, recommended, opt_in",
  },
  {
    rule: "a span of an unknown kind",
    file: withAttributes(`spans:\n${span("type: offing.chain.a, name: { note: chain.a }").replace("internal", "§inner")}`),
    says: "must be one of internal",
  },
  {
    rule: "a span name that ends in an attribute the span need not have",
    file: withAttributes(`spans:\n${span("type: offing.chain.a, name: { note: §'chain.{a}' }")}`),
    says: "`{a}` is no required attribute of this span",
  },
  {
    rule: "a span name in the wrong case",
    file: withAttributes(`spans:\n${span("type: offing.chain.a, name: { note: §chain A }")}`),
    says: "must be lower-case words",
  },
  {
    rule: "a shared metric that names an emitter",
    file: `file_format: definition/2\nmetrics:\n${metricEntry({ name: "§offing.chain.depth" })}`,
    name: "shared.yaml",
    says: "must begin with `offing.` and name no emitter",
  },
  {
    rule: "a deprecation without its new name",
    file: metrics({ deprecated: "§{ reason: renamed, note: Gone. }" }),
    says: "must name `renamed_to`",
  },
  {
    rule: "a deprecation to a name that is not there",
    file: metrics({ deprecated: "{ reason: renamed, renamed_to: §offing.chain.height, note: Gone. }" }),
    says: "names `offing.chain.height`, which is not there",
  },
  {
    rule: "a log count of an event that is not there",
    file: metrics({
      instrument: "counter",
      annotations:
        '{ resource: ledger, prometheus: { name: offing_chain_depth_total }, ledger: { select: "SELECT 1 AS value FROM t WHERE s <= :cursor", logs: { event: §offing.chain.a, retracted: offing.chain.b } } }',
    }),
    says: "names the event `offing.chain.a`, which is not there",
  },
  {
    rule: "a log count whose event lacks a label",
    file: metrics({
      instrument: "counter",
      attributes: "[{ ref: color, requirement_level: required }]",
      annotations:
        '{ resource: ledger, prometheus: { name: offing_chain_depth_total }, ledger: { select: "SELECT color, 1 AS value FROM t WHERE s <= :cursor", logs: { event: §offing.chain.a, retracted: offing.chain.a } } }',
    }).concat(`events:\n${event(`name: offing.chain.a, ${FINE}`)}`),
    says: "`offing.chain.a` does not carry `color`",
  },
  {
    rule: "a log count whose summary does not say how many it stands for",
    file: metrics({
      instrument: "counter",
      annotations:
        '{ resource: ledger, prometheus: { name: offing_chain_depth_total }, ledger: { select: "SELECT 1 AS value FROM t WHERE s <= :cursor", logs: { event: offing.chain.a, retracted: offing.chain.a, summary: { event: §offing.chain.a, retracted: offing.chain.a, count: color } } } }',
    }).concat(`events:\n${event(`name: offing.chain.a, ${FINE}`)}`),
    says: "`offing.chain.a` does not carry `color`",
  },
  {
    rule: "a log count of a value outside its set",
    file: metrics({
      instrument: "counter",
      annotations:
        '{ resource: ledger, prometheus: { name: offing_chain_depth_total }, ledger: { select: "SELECT 1 AS value FROM t WHERE s <= :cursor", logs: { event: offing.chain.a, retracted: offing.chain.a, where: { color: [red, §blue] } } } }',
    }).concat(
      `events:\n${event("name: offing.chain.a, attributes: [{ ref: color, requirement_level: required }], annotations: { severity: info }")}`,
    ),
    says: "`blue` is no value of `color`",
  },
];

const ERRORS: readonly Case[] = [
  {
    rule: "a code in the wrong case",
    name: "errors.yaml",
    file: errors(member("disk_full", "§Disk_Full", HINT)),
    says: "must be SCREAMING_SNAKE",
  },
  {
    rule: "a code of one word",
    name: "errors.yaml",
    file: errors(member("invalid", "§INVALID", HINT)),
    says: "must be SCREAMING_SNAKE of at least two words",
  },
  {
    rule: "a code with an ending of its own",
    name: "errors.yaml",
    file: errors(member("disk_sad", "§DISK_SAD", HINT)),
    says: "must end in one of _NOT_FOUND",
  },
  {
    rule: "an id that is not its code",
    name: "errors.yaml",
    file: errors(member("§disc_full", "DISK_FULL", HINT)),
    says: "must be its code in lower case",
  },
  {
    rule: "a code that stands twice",
    name: "errors.yaml",
    file: errors(member("disk_full", "DISK_FULL", HINT), member("disk_full_2", "§DISK_FULL", HINT)),
    says: "the value `DISK_FULL` stands already",
  },
  {
    rule: "a code without a hint",
    name: "errors.yaml",
    file: errors(`§${member("disk_full", "DISK_FULL")}`),
    says: "needs `exit`, `retry` and `hint`",
  },
  {
    rule: "an exit code no command has",
    name: "errors.yaml",
    file: errors(member("disk_full", "DISK_FULL", ", annotations: { exit: §3, retry: never, hint: Mend it. }")),
    says: "must be one of 1, 2",
  },
  {
    rule: "a metric among the error codes",
    name: "errors.yaml",
    file: errors(member("disk_full", "DISK_FULL", HINT)).concat(`metrics:\n${metricEntry({}).replace("name:", "§name:")}`),
    says: "does not belong into errors.yaml",
  },
  {
    rule: "an exit code on a plain value",
    file: attributes(
      `{ key: size, brief: A size., stability: development, type: { members: [${member("a", "big", ", annotations: §{ exit: 1, retry: never, hint: No. }")}] } }`,
    ),
    says: "belongs to error codes only",
  },
];

const FILES: readonly Case[] = [
  { rule: "another file format", file: "file_format: §definition/3\n", says: "must be definition/2" },
  { rule: "an unknown list", file: "file_format: definition/2\n§metric: []\n", says: "did you mean `metrics`?" },
  { rule: "a repeated key", file: "file_format: definition/2\nmetrics: []\n§metrics: []\n", says: "Map keys must be unique" },
  { rule: "a tab", file: "file_format: definition/2\nmetrics:\n§\t- a\n", says: "Tabs are not allowed" },
  { rule: "a list that is none", file: "file_format: definition/2\nmetrics: §{}\n", says: "must be a list" },
];

test.for([...COLLISIONS, ...NAMES_AND_REFERENCES, ...ERRORS, ...FILES])("refuses $rule", ({ file, says, name = "chain.yaml", beside }) => {
  const { text, place } = marked(name, file);
  const faults = faultsOf({ ...beside, [name]: text });
  expect(faults.filter((fault) => fault.startsWith(`${place} `) && fault.includes(says))).toHaveLength(1);
});

test("two domains may each define one key in their own way", () => {
  const file = (value: string): string =>
    `file_format: definition/2\nattributes:\n  - { key: outcome, brief: It., stability: development, type: { members: [${member("a", value)}] } }\n`;
  expect(faultsOf({ "chain.yaml": file("blocked"), "node.yaml": file("sent") })).toEqual([]);
});
