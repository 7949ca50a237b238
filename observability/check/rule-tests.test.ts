import { describe, expect, it } from "vitest";
import { type AlertRule, type RuleTest, secondsOf } from "./rule-files.ts";
import { testProblems } from "./rule-tests.ts";

const rule: AlertRule = {
  alert: "ThingBroken",
  expr: "x > 5",
  for: "1m",
  keep_firing_for: "5m",
  labels: { severity: "warning" },
  annotations: { summary: "s" },
};
const firing = { exp_labels: { severity: "warning", a: "1" }, exp_annotations: { summary: "s" } };
const whole: RuleTest = {
  name: "ThingBroken",
  promql_expr_test: [
    { eval_time: "1m", expr: 'ALERTS{alertname="ThingBroken", alertstate="pending"}', exp_samples: [{}] },
    { eval_time: "5m", expr: "x>5", exp_samples: [] },
  ],
  alert_rule_test: [
    { eval_time: "0s", alertname: "ThingBroken", exp_alerts: [] },
    { eval_time: "2m", alertname: "ThingBroken", exp_alerts: [firing] },
    { eval_time: "5m", alertname: "ThingBroken", exp_alerts: [firing] },
    { eval_time: "10m", alertname: "ThingBroken", exp_alerts: [] },
  ],
};
const without = (times: readonly string[]): RuleTest => ({
  ...whole,
  alert_rule_test: whole.alert_rule_test.filter(({ eval_time }) => !times.includes(eval_time)),
});

describe("testProblems", () => {
  it("is content with a whole life", () => {
    expect(testProblems(rule, [whole])).toEqual([]);
  });

  it.each<[string, RuleTest]>([
    ["has no promtool group of its name", { ...whole, name: "another" }],
    ["has no promtool case in which it fires", without(["2m", "5m"])],
    ["has no promtool case in which it is silent before it fires", without(["0s"])],
    ["has no promtool case in which it has resolved", without(["10m"])],
    ["has no promtool case in which it is pending", { ...whole, promql_expr_test: whole.promql_expr_test.slice(1) }],
    ["has no promtool case in which keep_firing_for holds it", { ...whole, promql_expr_test: whole.promql_expr_test.slice(0, 1) }],
    ["has no promtool case in which keep_firing_for holds it", without(["5m"])],
  ])("misses a part of it: %s", (problem, test) => {
    expect(testProblems(rule, [test])).toContain(problem);
  });

  it("wants every label and annotation of the rule expected", () => {
    const bare = { eval_time: "2m", alertname: "ThingBroken", exp_alerts: [{ exp_labels: {}, exp_annotations: {} }] };
    const test = { ...whole, alert_rule_test: [...whole.alert_rule_test, bare] };
    expect(testProblems(rule, [test])).toEqual(["its promtool case does not expect severity", "its promtool case does not expect summary"]);
  });

  it("wants no hold from a rule that has none", () => {
    const { keep_firing_for: _, ...short } = rule;
    expect(testProblems(short, [{ ...whole, promql_expr_test: whole.promql_expr_test.slice(0, 1) }])).toEqual([]);
  });
});

describe("secondsOf", () => {
  it.each([
    ["0s", 0],
    ["1h30m", 5400],
    ["250ms", 0.25],
    ["1d", 86_400],
  ])("reads %s", (duration, seconds) => {
    expect(secondsOf(duration)).toBe(seconds);
  });
});
