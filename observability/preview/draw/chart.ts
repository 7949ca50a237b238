import { type EChartsOption, init } from "echarts";
import type { Html } from "../html.ts";
import { trusted } from "../html.ts";

/** Where the plot of a chart stands in its picture; a script that reads values off the plot needs it. */
export interface PlotBox {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** The lines and letters of a chart. */
export const GRID_COLOR = "#e9ebee";
/** What axes are labelled in. */
export const LABEL = { color: "#5b6270", fontSize: 11, fontFamily: "Inter, Helvetica Neue, Arial, Liberation Sans, sans-serif" } as const;

/** Draws a chart as SVG that grows and shrinks with its box. */
export function drawChart(option: EChartsOption, { width, height }: { readonly width: number; readonly height: number }): Html {
  const chart = init(null, null, { renderer: "svg", ssr: true, width, height });
  try {
    chart.setOption({ animation: false, useUTC: true, ...option });
    const svg = chart.renderToSVGString();
    // Its box decides the size; the picture keeps its proportions.
    return trusted(svg.replace(/^<svg width="\d+" height="\d+"/, '<svg aria-hidden="true" preserveAspectRatio="none"'));
  } finally {
    chart.dispose();
  }
}

/** About how wide a text is in the letters of an axis, pixels. */
export function textWidth(text: string): number {
  return Math.ceil(text.length * 6.2);
}
