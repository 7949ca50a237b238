import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { breakingChanges, checkReleased, RELEASED_PATH } from "./diff.ts";
import { type ContractJson, contractJson, emitJson } from "./emit-json.ts";
import { readContract } from "./schema.ts";
import { checkoutOf } from "./testing/registry.ts";
import { SAMPLE } from "./testing/sample.ts";

type Edits = Readonly<Record<string, readonly (readonly [from: string | RegExp, to: string])[]>>;

function jsonOf(edits: Edits = {}): ContractJson {
  const files = { ...SAMPLE };
  for (const [file, changes] of Object.entries(edits)) {
    for (const [from, to] of changes) {
      const before = files[file] ?? "";
      files[file] = before.replace(from, to);
      if (files[file] === before) throw new Error(`${String(from)} is not in ${file}`);
    }
  }
  using checkout = checkoutOf(files);
  return contractJson(readContract(checkout));
}

interface Case {
  readonly change: string;
  readonly edits: Edits;
  readonly breaks: readonly string[];
}

const LAG = /^ {2}- name: offing\.chain\.lag\n(?: {4}.*\n)+/mu;
const CASES: readonly Case[] = [
  { change: "nothing", edits: {}, breaks: [] },
  { change: "a metric removed", edits: { "chain.yaml": [[LAG, ""]] }, breaks: ["metric offing.chain.lag is gone"] },
  {
    change: "a metric renamed",
    edits: {
      "chain.yaml": [
        ["offing.chain.lag", "offing.chain.delay"],
        ["offing_chain_lag", "offing_chain_delay"],
      ],
    },
    breaks: ["metric offing.chain.lag is gone"],
  },
  {
    change: "another unit",
    edits: {
      "chain.yaml": [
        ['unit: "{block}"', "unit: s"],
        ["name: offing_chain_lag", "name: offing_chain_lag_seconds"],
      ],
    },
    breaks: [
      "metric offing.chain.lag changed its Prometheus name from offing_chain_lag to offing_chain_lag_seconds",
      "metric offing.chain.lag changed its unit from {block} to s",
    ],
  },
  {
    change: "another instrument",
    edits: {
      "chain.yaml": [
        ["instrument: gauge", "instrument: counter"],
        ["{ resource: ledger, prometheus: { name: offing_chain_lag }", "{ resource: process, prometheus: { name: offing_chain_lag_total }"],
      ],
    },
    breaks: [
      "metric offing.chain.lag changed its Prometheus name from offing_chain_lag to offing_chain_lag_total",
      "metric offing.chain.lag changed its instrument from gauge to counter",
      "metric offing.chain.lag changed its resource from ledger to process",
    ],
  },
  {
    change: "a value taken out of a closed set",
    edits: { "chain.yaml": [[/^ {8}- \{ id: unhealthy.*\n/mu, ""]] },
    breaks: ["attribute reason_code (chain) lost its value UNHEALTHY"],
  },
  {
    change: "a closed set opened",
    edits: { "shared.yaml": [[/type:\n {6}members:\n(?: {8}- .*\n)+/u, "type: string\n    annotations: { bound: three signals }\n"]] },
    breaks: ["attribute signal (shared) changed its type from enum to string"],
  },
  {
    change: "a label taken away",
    edits: { "shared.yaml": [["[{ ref: signal, requirement_level: required }]", "[]"]] },
    breaks: ["metric offing.queue.wait lost its label signal"],
  },
  {
    change: "a bucket bound removed",
    edits: { "shared.yaml": [["[0.1, 1]", "[1]"]] },
    breaks: ["metric offing.queue.wait lost its bucket bound 0.1"],
  },
  {
    change: "a stable name made unsure",
    edits: { "chain.yaml": [["Blocked operations.\n    stability: stable", "Blocked operations.\n    stability: development"]] },
    breaks: ["metric oracle.required.failures is no longer stable"],
  },
  {
    change: "a span renamed",
    edits: { "chain.yaml": [["note: chain.operation", "note: chain.call"]] },
    breaks: ["span offing.chain.operation changed its name from chain.operation to chain.call"],
  },
  {
    change: "an attribute of a span made optional",
    edits: {
      "chain.yaml": [["{ ref: offing.fact.id, requirement_level: required }", "{ ref: offing.fact.id, requirement_level: opt_in }"]],
    },
    breaks: ["span offing.chain.operation no longer always has the attribute offing.fact.id"],
  },
  {
    change: "an attribute of an event removed",
    edits: { "chain.yaml": [[", { ref: signal, requirement_level: recommended }", ""]] },
    breaks: ["event offing.chain.operation.retracted lost its attribute signal"],
  },
  {
    change: "an error code removed",
    edits: { "errors.yaml": [[/^ {8}- \{ id: disk_full.*\n/mu, ""]] },
    breaks: ["error DISK_FULL is gone"],
  },
  {
    change: "an error's exit code changed",
    edits: { "errors.yaml": [["exit: 1", "exit: 2"]] },
    breaks: ["error DISK_FULL changed its exit code from 1 to 2"],
  },
  {
    change: "names added",
    edits: {
      "chain.yaml": [
        [
          "        - { id: unhealthy",
          "        - { id: late, value: LATE, brief: Late., stability: development }\n        - { id: unhealthy",
        ],
      ],
      "shared.yaml": [["[0.1, 1]", "[0.1, 1, 10]"]],
    },
    breaks: [],
  },
];

test.for(CASES)("$change", ({ edits, breaks }) => {
  expect(breakingChanges(jsonOf(), jsonOf(edits))).toEqual(breaks);
});

test("a name may go once a release had it deprecated, not in the pull request that deprecates it", () => {
  const deprecation: Edits = {
    "chain.yaml": [["    brief: Blocks behind.", "    brief: Blocks behind.\n    deprecated: { reason: obsoleted, note: Unread. }"]],
  };
  const without = jsonOf({ "chain.yaml": [[LAG, ""]] });
  expect(breakingChanges(jsonOf(), jsonOf(deprecation))).toEqual([]);
  expect(breakingChanges(jsonOf(deprecation), without)).toEqual([]);
  expect(breakingChanges(jsonOf(), without)).toEqual(["metric offing.chain.lag is gone"]);
});

test("a value may go once a release had it deprecated", () => {
  const deprecation: Edits = {
    "chain.yaml": [
      ["brief: Not well., stability: stable", "brief: Not well., stability: stable, deprecated: { reason: obsoleted, note: Unused. }"],
    ],
  };
  const without = jsonOf({ "chain.yaml": [[/^ {8}- \{ id: unhealthy.*\n/mu, ""]] });
  expect(breakingChanges(jsonOf(deprecation), without)).toEqual([]);
});

test("an error code never goes, deprecated or not", () => {
  const deprecation: Edits = {
    "errors.yaml": [["brief: The disk is full.,", "brief: The disk is full., deprecated: { reason: obsoleted, note: Unused. },"]],
  };
  const without = jsonOf({ "errors.yaml": [[/^ {8}- \{ id: disk_full.*\n/mu, ""]] });
  expect(breakingChanges(jsonOf(deprecation), without)).toEqual(["error DISK_FULL is gone"]);
});

test("the check reads the last release and names every break", () => {
  using checkout = checkoutOf(SAMPLE);
  const contract = readContract(checkout);
  checkout.write(RELEASED_PATH, emitJson(contract));
  checkReleased(contract, checkout);
  checkout.write("contract/chain.yaml", (SAMPLE["chain.yaml"] ?? "").replace(LAG, ""));
  checkout.write("contract/errors.yaml", (SAMPLE["errors.yaml"] ?? "").replace(/^ {8}- \{ id: disk_full.*\n/mu, ""));
  expect(() => checkReleased(readContract(checkout), checkout)).toThrow(
    expect.objectContaining({
      code: "CONTRACT_BREAKING",
      message: "released names were removed or changed\n  error DISK_FULL is gone\n  metric offing.chain.lag is gone",
      context: { breaks: 2, released: RELEASED_PATH },
    }),
  );
});

test.for([
  ["missing", undefined],
  ["no JSON", "{"],
  ["of another format", "{}"],
])("a last release that is %s is a fault, not a pass", ([, text]) => {
  using checkout = checkoutOf(SAMPLE);
  if (text !== undefined) checkout.write(RELEASED_PATH, text);
  expect(() => checkReleased(readContract(checkout), checkout)).toThrow(expect.objectContaining({ code: "CONTRACT_DRIFT" }));
});

test("this checkout keeps what its last release promised", () => {
  const root = join(import.meta.dirname, "..");
  expect(JSON.parse(readFileSync(join(root, RELEASED_PATH), "utf8"))).toMatchObject({ format: "offing-contract/1" });
  checkReleased(readContract({ root }), { root });
});
