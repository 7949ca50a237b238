import { describe, expect, it } from "vitest";
import { canonical, indexOfPieces, namesOf } from "./expression.ts";

const metrics = (expression: string): readonly (string | undefined)[] => namesOf(expression).selectors.map(({ metric }) => metric);

describe("namesOf", () => {
  it.each([
    ["up", ["up"]],
    ["sum by (a, b) (rate(x_total[5m])) / on (a) group_left (c) y", ["x_total", "y"]],
    ["sum(x_total) without (a)", ["x_total"]],
    ["x > 5 and y offset 5m unless z", ["x", "y", "z"]],
    ["histogram_quantile(0.99, sum by (le) (rate(x_bucket[$__rate_interval])))", ["x_bucket"]],
    ["x == bool 1 or vector(0)", ["x"]],
    ['{__name__="x"}', [undefined]],
  ])("finds the metrics of %s", (expression, expected) => {
    expect(metrics(expression)).toEqual(expected);
  });

  it("finds conditions, grouping and filters with the values they name", () => {
    expect(namesOf('sum by (a) (x{b="1",c=~"2|3",d!~"e.*",f=~"$g"})')).toMatchObject({
      grouping: ["a"],
      selectors: [
        {
          matchers: [
            { label: "b", op: "=", values: ["1"] },
            { label: "c", op: "=~", values: ["2", "3"] },
            { label: "d", op: "!~", values: [] },
            { label: "f", op: "=~", values: [] },
          ],
        },
      ],
    });
    const loki = namesOf('topk(1, sum by (a) (count_over_time({s="x"} | event_name=~"o\\\\.c|o\\\\.d" | b!="" [$__range])))');
    expect(loki.filters).toMatchObject([
      { label: "event_name", op: "=~", values: ["o.c", "o.d"] },
      { label: "b", op: "!=", values: [""] },
    ]);
    expect(namesOf('{s="x"} | event_name="e" | label_format new=old')).toMatchObject({
      selectors: [{ metric: undefined }],
      grouping: ["old"],
      filters: [{ label: "event_name" }],
    });
  });

  it.each(["sum(x", "x}", 'x{a="1"', "x § y"])("finds that %s cannot be read", (expression) => {
    expect(namesOf(expression).fault).toBeDefined();
  });
});

describe("canonical", () => {
  it("forgets spaces, order and the narrowing to an emitter and to chosen ledgers", () => {
    expect(canonical('x { b = "2", job="j", instance=~"$ledger", a="1" } [5m]')).toEqual(canonical('x{a="1",b="2"}[5m]'));
    expect(canonical('x{instance=~"host.*"}')).not.toEqual(canonical("x"));
    expect(canonical('x{a=~"b.*"}')).not.toEqual(canonical('x{a=~"c.*"}'));
    expect(canonical('x{a="1"}')).not.toEqual(canonical('x{a="2"}'));
  });

  it("finds one expression within another", () => {
    expect(indexOfPieces(canonical('time() - x{a="1"} > 300 unless y'), canonical('time() - x{a="1",job="j"}'))).toBe(0);
    expect(indexOfPieces(canonical("x > 1"), canonical("y"))).toBe(-1);
    expect(indexOfPieces(canonical("x > 1"), [])).toBe(-1);
  });
});
