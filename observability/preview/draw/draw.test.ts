import { expect, test } from "vitest";
import type { Series } from "../answers.ts";
import { fieldsOf } from "../fields.ts";
import type { FieldJson, PanelJson } from "../panel-json.ts";
import { drawHeatmap, drawStates } from "./cells.ts";
import { drawLogs } from "./logs.ts";
import type { Drawing, Subject } from "./subject.ts";
import { drawTable } from "./table.ts";
import { drawTimeSeries } from "./time-series.ts";
import { drawBars, drawGauges, drawStat } from "./values.ts";

const STEP_MS = 15_000;
const range = { fromMs: 0, toMs: 20 * STEP_MS };
const THRESHOLDS = {
  steps: [
    { color: "green", value: null },
    { color: "red", value: 5 },
  ],
};

function series(name: string, values: readonly (number | null)[], more: Partial<Series> = {}): Series {
  const points = values.flatMap((value, index): [number, number][] => (value === null ? [] : [[index * STEP_MS, value]]));
  return { refId: "A", name, labels: {}, points, isInstant: false, isTable: false, ...more };
}

interface Given {
  readonly series?: readonly Series[];
  readonly defaults?: FieldJson;
  readonly panel?: Partial<PanelJson>;
  readonly unknown?: string[];
}

function subject(type: string, { series: answers = [], defaults = {}, panel: more = {}, unknown = [] }: Given): Subject {
  const panel: PanelJson = { id: 1, type, title: "Panel", gridPos: { x: 0, y: 0, w: 12, h: 8 }, fieldConfig: { defaults }, ...more };
  const context = { nowMs: range.toMs, unknown: (what: string) => void unknown.push(what) };
  const fields = fieldsOf(panel, answers, context);
  return {
    panel,
    answers: { series: answers, lines: [], exemplars: [], stepMs: STEP_MS },
    fields,
    range,
    marks: [],
    box: { width: 760, height: 250 },
    context,
  };
}

function textOf(drawing: Drawing): string {
  return "empty" in drawing ? "empty" : drawing.content.text;
}

test("a stat is coloured by the threshold its value has reached, and zero is no missing value", () => {
  const draw = (value: number): string =>
    textOf(
      drawStat(
        subject("stat", {
          series: [series("a", [value])],
          defaults: { unit: "s", thresholds: THRESHOLDS },
          panel: { options: { colorMode: "value" } },
        }),
      ),
    );
  expect(draw(4.9)).toMatch(/color:#2f9639.*4\.9 s/);
  expect(draw(5)).toMatch(/color:#e02f44.*5 s/);
  expect(draw(0)).toContain(">0 s<");
});

test.each([drawStat, drawBars, drawGauges, drawTable, drawTimeSeries, drawStates, drawHeatmap, drawLogs])(
  "%o has nothing to draw of nothing",
  (draw) => {
    expect(textOf(draw(subject("stat", {})))).toBe("empty");
  },
);

test("a value that is not a number is none", () => {
  expect(textOf(drawStat(subject("stat", { series: [series("a", [Number.NaN])] })))).toBe("empty");
  expect(textOf(drawTimeSeries(subject("timeseries", { series: [series("a", [Number.NaN, Number.NaN])] })))).toBe("empty");
});

test("a line breaks where there is no point, and a lone point is a dot", () => {
  const custom = { drawStyle: "line" };
  const gap = textOf(
    drawTimeSeries(subject("timeseries", { series: [series("a", [1, 2, null, null, 3, 4])], defaults: { unit: "short", custom } })),
  );
  expect(gap).toMatch(/d="M[\d. ]+L[\d. ]+M[\d. ]+L[\d. ]+"/);
  const lone = textOf(
    drawTimeSeries(subject("timeseries", { series: [series("a", [null, 2, null])], defaults: { unit: "short", custom } })),
  );
  expect(lone).toContain("ecmeta_data_index");
});

test("a threshold is a line across the plot in its colour", () => {
  const defaults = { unit: "short", thresholds: THRESHOLDS, custom: { thresholdsStyle: { mode: "dashed" } } };
  const drawn = textOf(drawTimeSeries(subject("timeseries", { series: [series("a", [1, 9])], defaults })));
  expect(drawn).toMatch(/stroke="#e02f44" stroke-dasharray/);
});

test("what a series says reaches the reader's pointer, and no name of a series can leave its script", () => {
  const drawn = textOf(drawTimeSeries(subject("timeseries", { series: [series("</script><b>", [1, 1, 2])], defaults: { unit: "s" } })));
  expect(drawn).not.toContain("</script><b>");
  const [, json = ""] = /<script type="application\/json">(.*?)<\/script>/.exec(drawn) ?? [];
  expect(JSON.parse(json)).toEqual([
    {
      name: "</script><b>",
      color: expect.any(String),
      changes: [
        [0, "1 s"],
        [2 * STEP_MS, "2 s"],
        [3 * STEP_MS, null],
      ],
    },
  ]);
});

test("states that follow each other are one piece with their mapped word and colour", () => {
  const mappings = [{ type: "value", options: { 0: { text: "down", color: "red" }, 1: { text: "up", color: "green" } } }];
  const drawn = textOf(drawStates(subject("state-timeline", { series: [series("node", [1, 1, 1, 0, 0, 1])], defaults: { mappings } })));
  expect(drawn.match(/fill="#2f9639"/g)).toHaveLength(2);
  expect(drawn.match(/fill="#e02f44"/g)).toHaveLength(1);
});

test("a heatmap of cumulative buckets shows what fell into each", () => {
  const bucket = (le: string, values: readonly number[]): Series => series(le, values, { labels: { le } });
  const drawn = drawHeatmap(
    subject("heatmap", { series: [bucket("+Inf", [5, 5]), bucket("0.5", [2, 3]), bucket("1", [5, 5])], defaults: { unit: "s" } }),
  );
  if ("empty" in drawn) throw new Error("nothing was drawn");
  expect(drawn.summary).toBe("3 buckets, at most 3.00 in one");
  expect(drawn.content.text).toContain(">500 ms<");
  expect(drawn.content.text.match(/fill="(?:#1f60c4|rgb\(31,96,196\))"/g)).toHaveLength(4);
});

test("a table joins its targets by label, renames, hides and sorts, and writes values in their unit", () => {
  const row = (refId: string, caller: string, value: number): Series => series("", [value], { refId, labels: { caller }, isTable: true });
  const panel: Partial<PanelJson> = {
    targets: [{ refId: "A" }, { refId: "B" }],
    transformations: [
      { id: "merge" },
      { id: "organize", options: { excludeByName: { Time: true }, renameByName: { "Value #A": "Seen", "Value #B": "Took" } } },
      { id: "sortBy", options: { sort: [{ field: "Seen", desc: true }] } },
    ],
    fieldConfig: { defaults: {}, overrides: [{ matcher: { id: "byName", options: "Took" }, properties: [{ id: "unit", value: "s" }] }] },
  };
  const drawn = textOf(drawTable(subject("table", { series: [row("A", "a", 1), row("A", "b", 2), row("B", "a", 90)], panel })));
  expect(drawn.match(/<th scope="col">(.*?)<\/th>/g)?.map((cell) => cell.replace(/<.*?>/g, ""))).toEqual(["caller", "Seen", "Took"]);
  expect(drawn.match(/<td.*?>(.*?)<\/td>/g)?.map((cell) => cell.replace(/<.*?>/g, ""))).toEqual(["b", "2", "", "a", "1", "1.5 mins"]);
});

test("what a panel sets and a preview does not know is told", () => {
  const unknown: string[] = [];
  const panel: Partial<PanelJson> = {
    fieldConfig: { defaults: { unit: "bananas" }, overrides: [{ matcher: { id: "byMoon" }, properties: [] }] },
  };
  subject("stat", { series: [series("a", [1])], panel, unknown });
  expect(unknown).toEqual(["override matcher byMoon", "unit bananas"]);
});
