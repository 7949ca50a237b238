import type { EChartsOption } from "echarts";
import { timeTicks, type ValueAxis, valueAxis } from "../axis.ts";
import { colorOf, faded } from "../colors.ts";
import { customText, type Field } from "../fields.ts";
import { type Html, html, trusted } from "../html.ts";
import { onGrid, type Point } from "../reduce.ts";
import { drawChart, GRID_COLOR, LABEL, type PlotBox, textWidth } from "./chart.ts";
import { legend, legendRoom } from "./legend.ts";
import type { Drawing, Subject } from "./subject.ts";

/** Series over time: lines or bars, stacked or not, with thresholds, marks and exemplars. */
export function drawTimeSeries(subject: Subject): Drawing {
  const { panel, answers, fields, box } = subject;
  const isEmpty = answers.series.every(({ points }) => points.every(([, value]) => !Number.isFinite(value)));
  if (isEmpty) return { empty: true };
  const times = gridTimes(subject);
  const lines = answers.series.map(({ points }) => onGrid(points, times));
  const room = legendRoom(panel, { fields, box });
  const size = { width: box.width - room.width, height: box.height - room.height };
  const axis = axisFor(subject, lines);
  const plot = plotBox(axis, { fields, size });
  const chart = drawChart(optionFor(subject, { lines, axis, plot, size }), size);
  const place = JSON.stringify({ ...plot, ...size, ...subject.range });
  const readings = html`<script type="application/json">${jsonPiece(readingsOf(lines, fields))}</script>`;
  const content = html`<div class="chart" data-plot="${place}">${chart}${readings}</div>${legend(panel, { fields, lines })}`;
  return { content: room.width > 0 ? html`<div class="beside">${content}</div>` : content, summary: summaryOf(lines, fields) };
}

interface Layout {
  readonly lines: readonly (readonly Point[])[];
  readonly axis: ValueAxis;
  readonly plot: PlotBox;
  readonly size: Subject["box"];
}

/** All moments at which a range answer can have a point. */
function gridTimes({ range, answers }: Subject): readonly number[] {
  const { stepMs } = answers;
  const first = Math.floor(range.fromMs / stepMs) * stepMs;
  return Array.from({ length: Math.floor((range.toMs - first) / stepMs) + 1 }, (_, index) => first + index * stepMs);
}

function axisFor({ fields }: Subject, lines: Layout["lines"]): ValueAxis {
  const [field] = fields;
  const values = lines.flatMap((line) => line.flatMap(([, value]) => (value === null ? [] : [value])));
  const stacked = fields.some(isStacked)
    ? (lines[0] ?? []).map((_, at) => lines.reduce((sum, line) => sum + Math.max(0, line[at]?.[1] ?? 0), 0))
    : [];
  const softMax = fields.reduce<number | undefined>((most, { max }) => (max === undefined ? most : Math.max(most ?? max, max)), undefined);
  const unit = field?.unit;
  if (unit === undefined) throw new TypeError("a chart without a series has no axis");
  return valueAxis([...values, ...stacked], { unit, min: field?.min, max: softMax });
}

function plotBox(axis: ValueAxis, { fields, size }: { readonly fields: readonly Field[]; readonly size: Layout["size"] }): PlotBox {
  const labels = axisValues(axis).map((value) => fields[0]?.unit.format(value) ?? "");
  return { left: Math.max(...labels.map(textWidth), 20) + 12, right: size.width - 12, top: 10, bottom: size.height - 24 };
}

function axisValues({ min, max, step }: ValueAxis): readonly number[] {
  return Array.from({ length: Math.round((max - min) / step) + 1 }, (_, index) => min + index * step);
}

function optionFor(subject: Subject, { lines, axis, plot, size }: Layout): EChartsOption {
  const { range, fields } = subject;
  const ticks = timeTicks(range, Math.max(2, Math.floor((plot.right - plot.left) / 85)));
  const barWidth = Math.max(1, ((plot.right - plot.left) * subject.answers.stepMs * 0.8) / (range.toMs - range.fromMs));
  return {
    grid: { left: plot.left, right: size.width - plot.right, top: plot.top, bottom: 24 },
    xAxis: {
      type: "time",
      min: range.fromMs,
      max: range.toMs,
      axisLine: { lineStyle: { color: GRID_COLOR } },
      axisTick: { show: false },
      axisLabel: { ...LABEL, customValues: [...ticks.at], formatter: ticks.text, hideOverlap: true },
      splitLine: { show: true, lineStyle: { color: GRID_COLOR } },
      splitNumber: 4,
    },
    yAxis: {
      type: "value",
      min: axis.min,
      max: axis.max,
      interval: axis.step,
      axisLabel: { ...LABEL, formatter: (value: number) => fields[0]?.unit.format(value) ?? String(value) },
      splitLine: { lineStyle: { color: GRID_COLOR } },
    },
    series: [
      ...fields.map((field, index) => seriesOption(field, { line: lines[index] ?? [], barWidth })),
      ...marksOf(subject),
      exemplarsOf(subject, axis),
    ] as NonNullable<EChartsOption["series"]>,
  };
}

function isStacked({ custom }: Field): boolean {
  const mode = customText(custom, ["stacking", "mode"]);
  return mode === "normal" || mode === "percent";
}

function seriesOption(field: Field, { line, barWidth }: { readonly line: readonly Point[]; readonly barWidth: number }): object {
  const { custom, seriesColor: color } = field;
  const opacity = Number(custom["fillOpacity"] ?? 0) / 100;
  const stack = isStacked(field) ? { stack: customText(custom, ["stacking", "group"]) ?? "A" } : {};
  if (custom["drawStyle"] === "bars") {
    const itemStyle = { color: faded(color, Math.max(opacity, 0.3)) };
    return { type: "bar", name: field.name, data: line, barWidth, barGap: "-100%", itemStyle, ...stack };
  }
  const step = { stepAfter: "end", stepBefore: "start" }[String(custom["lineInterpolation"])];
  const showAll = custom["drawStyle"] === "points" || custom["showPoints"] === "always";
  return {
    type: "line",
    name: field.name,
    data: line.map((point, index) => ({ value: point, symbol: showAll || isAlone(line, index) ? "circle" : "none" })),
    symbolSize: 5,
    showSymbol: true,
    showAllSymbol: true,
    connectNulls: custom["spanNulls"] === true,
    lineStyle: { color, width: Number(custom["lineWidth"] ?? 1.5), type: dashOf(custom) },
    itemStyle: { color },
    ...(step !== undefined && { step }),
    ...(opacity > 0 && { areaStyle: { color: faded(color, opacity) } }),
    ...stack,
  };
}

function dashOf(custom: Field["custom"]): string {
  const fill = customText(custom, ["lineStyle", "fill"]);
  return fill === "dash" ? "dashed" : fill === "dot" ? "dotted" : "solid";
}

/** A point between two gaps would be no line at all. */
function isAlone(line: readonly Point[], index: number): boolean {
  return (line[index - 1]?.[1] ?? null) === null && (line[index + 1]?.[1] ?? null) === null;
}

/** Thresholds across the plot, annotations up through it; on a series of their own, so that each is drawn once. */
function marksOf({ fields, marks, panel }: Subject): object[] {
  const thresholds = panel.fieldConfig?.defaults?.thresholds?.steps ?? [];
  const style = customText(fields[0]?.custom ?? {}, ["thresholdsStyle", "mode"]) ?? "off";
  const shown = style === "off" ? [] : thresholds.filter(({ value }) => value !== null);
  const across = style.includes("line") || style.startsWith("dashed") ? shown : [];
  const lineStyle = (color: string, type: string, width = 1) => ({ color, type, width });
  const data = [
    ...across.map(({ value, color }) => ({
      yAxis: value,
      lineStyle: lineStyle(colorOf(color), style.startsWith("dashed") ? "dashed" : "solid"),
    })),
    ...marks.map(({ atMs, color }) => ({ xAxis: atMs, lineStyle: { ...lineStyle(color, "dashed"), opacity: 0.7 } })),
  ];
  const areas = style.includes("area") || style.includes("+area") ? areasOf(shown) : [];
  const markArea = areas.length === 0 ? {} : { markArea: { silent: true, data: areas } };
  return [{ type: "line", data: [], silent: true, markLine: { silent: true, symbol: "none", label: { show: false }, data }, ...markArea }];
}

function areasOf(steps: readonly { readonly value: number | null; readonly color: string }[]): object[] {
  return steps.map(({ value, color }, index) => {
    const next = steps[index + 1]?.value;
    return [{ yAxis: value, itemStyle: { color: faded(colorOf(color), 0.1) } }, next === undefined || next === null ? {} : { yAxis: next }];
  });
}

/** Grafana draws an exemplar as a diamond at its own value; one beyond the axis stands at its edge. */
function exemplarsOf({ answers: { exemplars }, range }: Subject, axis: ValueAxis): object {
  const data = exemplars
    .filter(({ atMs }) => atMs >= range.fromMs && atMs <= range.toMs)
    .map(({ atMs, value }) => [atMs, Math.min(axis.max, Math.max(axis.min, value))]);
  return {
    type: "scatter",
    name: "exemplars",
    data,
    symbol: "diamond",
    symbolSize: 7,
    itemStyle: { color: "#3274d9", borderColor: "#fff", borderWidth: 1 },
  };
}

/** What a reader's pointer is told: per series its name, colour and the moments at which its text changes. */
function readingsOf(lines: Layout["lines"], fields: readonly Field[]): readonly object[] {
  return fields.map((field, index) => {
    const changes: [number, string | null][] = [];
    for (const [at, value] of lines[index] ?? []) {
      const text = value === null ? null : field.text(value);
      if (changes.length === 0 || changes.at(-1)?.[1] !== text) changes.push([at, text]);
    }
    return { name: field.name, color: field.seriesColor, changes };
  });
}

/** JSON inside a script element: `<` must not end it. */
function jsonPiece(value: unknown): Html {
  return trusted(JSON.stringify(value).replaceAll("<", "\\u003c"));
}

function summaryOf(lines: Layout["lines"], fields: readonly Field[]): string {
  const parts = fields.map((field, index) => {
    const values = (lines[index] ?? []).flatMap(([, value]) => (value === null ? [] : [value]));
    const [last, most] = [values.at(-1), Math.max(...values)];
    return values.length === 0 ? `${field.name}: no data` : `${field.name}: last ${field.text(last)}, highest ${field.text(most)}`;
  });
  return `${fields.length} series. ${parts.slice(0, 12).join("; ")}`;
}
