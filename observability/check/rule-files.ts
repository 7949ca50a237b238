import { parse } from "yaml";
import { z } from "zod";

/** An alert rule, as written. */
export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string | undefined;
  readonly keep_firing_for?: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A test group of promtool. */
export interface RuleTest {
  readonly name: string;
  readonly alert_rule_test: readonly AlertCase[];
  readonly promql_expr_test: readonly { readonly expr: string; readonly eval_time: string; readonly exp_samples: readonly unknown[] }[];
}

/** What promtool shall find firing at one moment. */
export interface AlertCase {
  readonly eval_time: string;
  readonly alertname: string;
  readonly exp_alerts: readonly {
    readonly exp_labels: Readonly<Record<string, string>>;
    readonly exp_annotations: Readonly<Record<string, string>>;
  }[];
}

/** A rule file and its tests. */
export interface RuleFile {
  readonly file: string;
  readonly rules: readonly AlertRule[];
  /** Undefined when it has no test file. */
  readonly tests: readonly RuleTest[] | undefined;
}

/** Reads a rule file and its tests; promtool judges the rest of both. */
export function readRuleFile(file: string, text: { readonly rules: string; readonly tests: string | undefined }): RuleFile {
  const rules = rulesShape.parse(parse(text.rules)).groups.flatMap((group) => group.rules);
  return { file, rules, tests: text.tests === undefined ? undefined : testsShape.parse(parse(text.tests)).tests };
}

/** A duration of Prometheus, such as `1h30m`, in seconds. */
export function secondsOf(duration: string): number {
  const units: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800, y: 31_536_000 };
  return [...duration.matchAll(/(\d+)(ms|[smhdwy])/g)].reduce((sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ""] ?? 0), 0);
}

const texts = z.record(z.string(), z.string());

const rulesShape: z.ZodType<{ readonly groups: readonly { readonly rules: readonly AlertRule[] }[] }> = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.object({
          alert: z.string(),
          expr: z.string(),
          for: z.string().optional(),
          keep_firing_for: z.string().optional(),
          labels: texts.default({}),
          annotations: texts.default({}),
        }),
      ),
    }),
  ),
});

const expected = z.object({ exp_labels: texts, exp_annotations: texts.default({}) });
const alertCase = z.object({ eval_time: z.string(), alertname: z.string(), exp_alerts: z.array(expected).default([]) });
const exprCase = z.object({ expr: z.string(), eval_time: z.string(), exp_samples: z.array(z.unknown()).default([]) });

const testsShape: z.ZodType<{ readonly tests: readonly RuleTest[] }> = z.object({
  tests: z.array(
    z.object({
      name: z.string().default(""),
      alert_rule_test: z.array(alertCase).default([]),
      promql_expr_test: z.array(exprCase).default([]),
    }),
  ),
});
