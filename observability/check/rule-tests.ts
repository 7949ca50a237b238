import { canonical } from "./expression.ts";
import { type AlertRule, type RuleTest, secondsOf } from "./rule-files.ts";

/**
 * What the promtool group named after an alert leaves out of its life: silent, pending, firing with every label and annotation, held
 * although its expression is false, and resolved. Whether the cases hold is promtool's to say.
 */
export function testProblems(rule: AlertRule, tests: readonly RuleTest[]): readonly string[] {
  const test = tests.find(({ name }) => name === rule.alert);
  if (test === undefined) return ["has no promtool group of its name"];
  const cases = test.alert_rule_test.filter(({ alertname }) => alertname === rule.alert);
  const firing = cases.filter(({ exp_alerts }) => exp_alerts.length > 0);
  const quietAt = cases.filter(({ exp_alerts }) => exp_alerts.length === 0).map(({ eval_time }) => secondsOf(eval_time));
  const firingAt = firing.map(({ eval_time }) => secondsOf(eval_time));
  if (firingAt.length === 0) return ["has no promtool case in which it fires"];
  const problems: string[] = [];
  if (!quietAt.some((at) => at < Math.min(...firingAt))) problems.push("has no promtool case in which it is silent before it fires");
  if (!quietAt.some((at) => at > Math.max(...firingAt))) problems.push("has no promtool case in which it has resolved");
  if (!isPending(rule, test)) problems.push("has no promtool case in which it is pending");
  if (!isHeld(rule, { test, firingAt })) problems.push("has no promtool case in which keep_firing_for holds it");
  return [...problems, ...firing.flatMap(({ exp_alerts }) => exp_alerts.flatMap((alert) => expectationProblems(rule, alert)))];
}

function isPending({ alert, for: pending }: AlertRule, { promql_expr_test }: RuleTest): boolean {
  if (pending === undefined) return true;
  const wanted = canonical(`ALERTS{alertname="${alert}",alertstate="pending"}`).join("");
  return promql_expr_test.some(({ expr, exp_samples }) => canonical(expr).join("") === wanted && exp_samples.length > 0);
}

function isHeld({ expr: own, keep_firing_for }: AlertRule, { test, firingAt }: { test: RuleTest; firingAt: readonly number[] }): boolean {
  if (keep_firing_for === undefined) return true;
  const wanted = canonical(own).join(" ");
  const falseAt = test.promql_expr_test
    .filter(({ expr, exp_samples }) => canonical(expr).join(" ") === wanted && exp_samples.length === 0)
    .map(({ eval_time }) => secondsOf(eval_time));
  return falseAt.some((at) => firingAt.includes(at));
}

function expectationProblems(
  { labels, annotations }: AlertRule,
  { exp_labels, exp_annotations }: RuleTest["alert_rule_test"][number]["exp_alerts"][number],
): string[] {
  const missing = [
    ...Object.keys(labels).filter((name) => exp_labels[name] === undefined),
    ...Object.keys(annotations).filter((name) => exp_annotations[name] === undefined),
  ];
  return missing.map((name) => `its promtool case does not expect ${name}`);
}
