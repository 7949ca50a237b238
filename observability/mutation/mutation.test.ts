import { describe, expect, it } from "vitest";
import { reportOf } from "./check.ts";
import { type Mutant, mutantsOf } from "./mutants.ts";

const rule = {
  alert: "ChainDemo",
  expr: 'sum by (job, reason) (increase(things_total{kind="a",unit!="5 > 4"}[1h])) > 0 unless lag >= 32',
  for: "1m",
  keep_firing_for: "5m",
  labels: { severity: "warning", domain: "chain" },
  annotations: {},
};

function changes(operator: Mutant["operator"]): readonly string[] {
  return mutantsOf(rule)
    .filter((mutant) => mutant.operator === operator)
    .map(({ change }) => change.replace(/ at \d+$/, ""));
}

describe("every operator finds its places in a rule, and no other", () => {
  it.each<[Mutant["operator"], readonly string[]]>([
    ["threshold", ["0 → 1", "0 → -1", "32 → 35", "32 → 29"]],
    ["comparison", ["> → >=", "> → <", ">= → >", ">= → <="]],
    ["range", ["1h → 4320s", "1h → 2880s"]],
    ["for", ["1m → none", "1m → 72s", "1m → 48s"]],
    ["keep_firing_for", ["5m → none", "5m → 360s", "5m → 240s"]],
    ["dropped label", ["severity", "domain"]],
    ["dropped matcher", ['kind="a"', 'unit!="5 > 4"']],
    ["dropped grouping", ["job", "reason"]],
  ])("%s", (operator, expected) => {
    expect(changes(operator)).toEqual(expected);
  });
});

it("a mutant differs from its rule in one place", () => {
  const [first] = mutantsOf(rule).filter(({ operator }) => operator === "dropped matcher");
  expect(first?.rule).toEqual({ ...rule, expr: rule.expr.replace('kind="a",', "") });
  const [held] = mutantsOf(rule).filter(({ operator }) => operator === "keep_firing_for");
  expect(held?.rule).toEqual({ ...rule, keep_firing_for: undefined });
});

describe("the report", () => {
  const judged = mutantsOf(rule).map((mutant) => ({ mutant, killed: mutant.change !== "1m → none" }));
  const excuse = { alert: "ChainDemo", operator: "for", change: "1m → none", reason: "a reason" };

  it("counts by operator and names what no test notices", () => {
    const { lines, findings } = reportOf(judged, []);
    expect(lines[0]).toContain("comparison 4/4, range 2/2, for 2/3");
    expect(findings).toEqual(["no test notices ChainDemo, for: 1m → none"]);
  });

  it("accepts a survivor with a reason, and no reason without a survivor", () => {
    expect(reportOf(judged, [excuse]).findings).toEqual([]);
    expect(reportOf(judged, [excuse, { ...excuse, change: "1m → 72s" }, { ...excuse, change: "gone" }]).findings).toEqual([
      "killed, yet excused: ChainDemo, for: 1m → 72s",
      "not made, yet excused: ChainDemo, for: gone",
    ]);
  });
});
