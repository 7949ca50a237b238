import { expect, test } from "vitest";
import type { Backends } from "./backends.ts";
import type { DashboardJson, VariableJson } from "./panel-json.ts";
import { interpolate, resolveVariables, type Times, type Variable } from "./variables.ts";

const range = { fromMs: 0, toMs: 3_600_000 };
const times: Times = { range, intervalMs: 15_000, rateIntervalMs: 60_000 };
const variable = (over: Partial<Variable>): Variable => ({
  name: "ledger",
  label: "Ledger",
  shown: "",
  hidden: false,
  values: [],
  isMulti: true,
  ...over,
});
/** Grafana's other way to write a variable. */
const braced = (inner: string): string => `$\{${inner}}`;

test.each([
  ["a fixed text for all", variable({ values: ["a", "b"], allValue: ".+" }), `x{l=~".+"}`],
  ["one value, escaped", variable({ values: ["a.b"] }), `x{l=~"a\\\\.b"}`],
  ["several values as a pattern", variable({ values: ["a", "b"] }), `x{l=~"(a|b)"}`],
  ["a single choice as it is", variable({ values: ["a.b"], isMulti: false }), `x{l=~"a.b"}`],
])("%s", (_, one, wanted) => {
  for (const name of ["$ledger", braced("ledger"), "[[ledger]]", braced("ledger:regex")]) {
    if (name.includes(":") && (one.allValue !== undefined || !one.isMulti)) continue;
    expect(interpolate(`x{l=~"${name}"}`, [one], times)).toBe(wanted);
  }
});

test("Grafana's own variables are filled in, and what nobody defines stays", () => {
  const text = `$__rate_interval ${braced("__interval")} $__range $__range_s $__from $other $ledgers`;
  expect(interpolate(text, [variable({ values: ["a"] })], times)).toBe("60s 15s 3600s 3600 0 $other $ledgers");
});

/** Answers with what was asked, so that a test sees it. */
function backends(answers: Readonly<Record<string, readonly string[]>>): { readonly asked: string[]; readonly backends: Backends } {
  const asked: string[] = [];
  const labelValues: Backends["labelValues"] = async (source, { label, match }) => {
    asked.push(`${source} ${label} ${match}`);
    return answers[label] ?? [];
  };
  return { asked, backends: { labelValues } as Backends };
}

const dashboardWith = (list: readonly VariableJson[]): DashboardJson => ({ uid: "one", title: "One", panels: [], templating: { list } });

test("a variable asks with those before it, sorts, filters, and keeps what the dashboard chose", async () => {
  const prometheus = { type: "prometheus", uid: "prometheus" };
  const { asked, backends: found } = backends({ job: ["b", "a"], instance: ["x-1", "x-2", "y"] });
  const list: VariableJson[] = [
    { name: "job", query: "label_values(job)", datasource: prometheus, sort: 1 },
    {
      name: "instance",
      query: 'label_values(up{job="$job"}, instance)',
      datasource: prometheus,
      regex: "/x-(.*)/",
      multi: true,
      includeAll: true,
    },
    { name: "level", type: "custom", query: "warn, error", current: { value: "error" } },
  ];
  const resolved = await resolveVariables(dashboardWith(list), { backends: found, range });
  expect(asked).toEqual(["prometheus job ", 'prometheus instance up{job="a"}']);
  expect(resolved.map(({ shown, values }) => [shown, values])).toEqual([
    ["a", ["a"]],
    ["All", ["1", "2"]],
    ["error", ["error"]],
  ]);
});

test("what a caller chooses stands over the dashboard's own choice", async () => {
  const json: VariableJson = {
    name: "ledger",
    query: "label_values(up, l)",
    includeAll: true,
    multi: true,
    allValue: ".+",
    current: { value: "$__all" },
  };
  const { backends: found } = backends({ l: ["a", "b"] });
  const [chosen] = await resolveVariables(dashboardWith([json]), { backends: found, range, chosen: { ledger: ["b"] } });
  expect(chosen).toMatchObject({ values: ["b"], shown: "b" });
  expect(chosen?.allValue).toBeUndefined();
});
