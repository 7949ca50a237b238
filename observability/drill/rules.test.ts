import { expect, test } from "vitest";
import { secondsOf } from "../check/rule-files.ts";
import { readObservability } from "../check.ts";
import { drillRule } from "./rules.ts";

const rule = { alert: "Demo", expr: "up > 1", labels: {}, annotations: {} };
const exprOf = (expr: string): string => drillRule({ ...rule, expr }).expr;

test.each([
  ["a range", "sum by (job) (increase(a_total[1h])) > 0", "sum by (job) (increase(a_total[180000ms])) > 0"],
  [
    "a subquery and the seconds behind it",
    "time() - max_over_time(timestamp(a)[1h:15s]) > 60",
    "time() - max_over_time(timestamp(a)[180000ms:1000ms]) > 3",
  ],
  ["an offset, and a count that is no time", "lag > 32 and lag >= lag offset 5m", "lag > 32 and lag >= lag offset 15000ms"],
  ["seconds beside a count", "time() - a_seconds > 300 unless lag > 32", "time() - a_seconds > 15 unless lag > 32"],
  [
    "a quantile of seconds",
    "histogram_quantile(0.99, sum by (le) (rate(a_seconds_bucket[5m]))) > 10",
    "histogram_quantile(0.99, sum by (le) (rate(a_seconds_bucket[15000ms]))) > 0.5",
  ],
  ["a gauge of seconds", 'a_duration_seconds{contract="PSM"} >= 600', 'a_duration_seconds{contract="PSM"} >= 30'],
])("%s", (_, expr, expected) => {
  expect(exprOf(expr)).toBe(expected);
});

test("the waits of every real rule are a twentieth, a second at least, and nothing else of it changes", () => {
  for (const real of readObservability().rules.flatMap((file) => file.rules)) {
    const { expr: _, for: pending, keep_firing_for: held, ...rest } = drillRule(real);
    expect(rest).toEqual({ alert: real.alert, labels: real.labels, annotations: real.annotations });
    for (const [drilled, own] of [
      [pending, real.for],
      [held, real.keep_firing_for],
    ] as const) {
      expect(drilled === undefined).toBe(own === undefined);
      if (drilled !== undefined && own !== undefined) expect(secondsOf(drilled)).toBeCloseTo(Math.max(1, secondsOf(own) / 20), 3);
    }
  }
});
