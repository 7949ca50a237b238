import type { EChartsOption } from "echarts";
import { timeTicks } from "../axis.ts";
import { faded } from "../colors.ts";
import { panelField } from "../fields.ts";
import { type Html, html } from "../html.ts";
import { onGrid } from "../reduce.ts";
import { drawChart, GRID_COLOR, LABEL, textWidth } from "./chart.ts";
import type { Drawing, Subject } from "./subject.ts";

/** A coloured piece of a row, from one moment to another. */
interface Piece {
  readonly row: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly color: string;
  readonly text: string;
}

/** A row for each series, coloured by what it says at each moment. */
export function drawStates(subject: Subject): Drawing {
  const { answers, fields, range } = subject;
  const { stepMs } = answers;
  const pieces = answers.series.flatMap(({ points }, row) => {
    const field = fields[row];
    const found: Piece[] = [];
    for (const [at, value] of points) {
      if (field === undefined || Number.isNaN(value)) continue;
      const [text, color, toMs] = [field.text(value), field.color(value), Math.min(range.toMs, at + stepMs)];
      const last = found.at(-1);
      if (last !== undefined && last.text === text && last.color === color && at - last.toMs < stepMs / 2)
        found[found.length - 1] = { ...last, toMs };
      else found.push({ row, fromMs: Math.max(range.fromMs, at), toMs, color, text });
    }
    return found;
  });
  if (pieces.length === 0) return { empty: true };
  const names = fields.map(({ name }) => name);
  const showText = subject.panel.options?.["showValue"] !== "never";
  return { content: drawCells(subject, { names, pieces, showText }), summary: `${names.length} rows: ${names.slice(0, 12).join(", ")}` };
}

/** How many values fell into each bucket at each moment, darker for more. */
export function drawHeatmap(subject: Subject): Drawing {
  const { answers, range } = subject;
  const times = [...new Set(answers.series.flatMap(({ points }) => points.map(([at]) => at)))].sort((a, b) => a - b);
  const bounds = answers.series
    .map(({ labels, name, points }) => ({
      name: labels["le"] ?? name,
      bound: Number((labels["le"] ?? name).replace("+Inf", "Infinity")),
      line: onGrid(points, times),
    }))
    .sort((a, b) => a.bound - b.bound);
  const isCumulative = bounds.length > 1 && answers.series.every(({ labels }) => labels["le"] !== undefined);
  const counts = bounds.map(({ line }, row) =>
    line.map(([, value], at) => (value ?? 0) - (isCumulative ? (bounds[row - 1]?.line[at]?.[1] ?? 0) : 0)),
  );
  const most = Math.max(0, ...counts.flat());
  if (most <= 0) return { empty: true };
  const pieces = counts.flatMap((row, index) =>
    row.flatMap((count, at): Piece[] => {
      const end = times[at] ?? 0;
      if (count <= 0 || end > range.toMs) return [];
      return [
        {
          row: index,
          fromMs: Math.max(range.fromMs, end - answers.stepMs),
          toMs: end,
          color: faded("#1f60c4", 0.12 + 0.88 * (count / most)),
          text: "",
        },
      ];
    }),
  );
  const unit = (bound: number): string => panelField(subject.panel, subject.context).unit.format(bound);
  const names = bounds.map(({ name, bound }) => (Number.isFinite(bound) && isCumulative ? unit(bound) : name === "+Inf" ? "∞" : name));
  return {
    content: drawCells(subject, { names, pieces, showText: false }),
    summary: `${names.length} buckets, at most ${most.toFixed(2)} in one`,
  };
}

interface Cells {
  readonly names: readonly string[];
  readonly pieces: readonly Piece[];
  readonly showText: boolean;
}

function drawCells({ range, box }: Pick<Subject, "range" | "box">, { names, pieces, showText }: Cells): Html {
  const left = Math.min(box.width * 0.3, Math.max(...names.map(textWidth), 20) + 12);
  const ticks = timeTicks(range, Math.max(2, Math.floor((box.width - left) / 85)));
  const option: EChartsOption = {
    grid: { left, right: 12, top: 8, bottom: 24 },
    xAxis: {
      type: "time",
      min: range.fromMs,
      max: range.toMs,
      axisLine: { lineStyle: { color: GRID_COLOR } },
      axisTick: { show: false },
      axisLabel: { ...LABEL, customValues: [...ticks.at], formatter: ticks.text, hideOverlap: true },
      splitLine: { show: false },
    },
    yAxis: {
      type: "category",
      data: [...names],
      axisTick: { show: false },
      axisLine: { show: false },
      axisLabel: { ...LABEL, width: left - 12, overflow: "truncate" },
    },
    series: [
      {
        type: "custom",
        data: pieces.map(({ row, fromMs, toMs }) => [fromMs, row, toMs]),
        encode: { x: [0, 2], y: 1 },
        renderItem: (parameters, api) => {
          const piece = pieces[parameters.dataIndex];
          const [x0 = 0, y = 0] = api.coord([piece?.fromMs ?? 0, piece?.row ?? 0]);
          const [x1 = 0] = api.coord([piece?.toMs ?? 0, piece?.row ?? 0]);
          const row = (api.size?.([0, 1]) as readonly number[] | undefined)?.[1] ?? 10;
          const height = row * (showText ? 0.8 : 0.96);
          const shape = { x: x0, y: y - height / 2, width: Math.max(1, x1 - x0), height };
          const text = showText && x1 - x0 > textWidth(piece?.text ?? "") + 8 ? (piece?.text ?? "") : "";
          const label = {
            type: "text" as const,
            style: { text, x: x0 + 6, y, fill: "#fff", fontSize: 11, textVerticalAlign: "middle" as const },
          };
          return { type: "group", children: [{ type: "rect" as const, shape, style: { fill: piece?.color ?? GRID_COLOR } }, label] };
        },
      },
    ],
  };
  return html`<div class="chart">${drawChart(option, box)}</div>`;
}
