import type { Field } from "../fields.ts";
import { type Html, html } from "../html.ts";
import type { PanelJson } from "../panel-json.ts";
import { type Point, REDUCER_NAMES, reduce } from "../reduce.ts";
import { textWidth } from "./chart.ts";

interface LegendJson {
  readonly showLegend?: boolean;
  readonly displayMode?: string;
  readonly placement?: string;
  readonly calcs?: readonly string[];
}

/** Room that a legend takes from its chart: below it or beside it, never more than a part of it. */
export interface LegendRoom {
  readonly width: number;
  readonly height: number;
}

const LINE = 20;
const MOST_LINES = 3;
const SIDE_SHARE = 0.34;

/** How much room the legend of a panel needs. */
export function legendRoom(
  panel: PanelJson,
  { fields, box }: { readonly fields: readonly Field[]; readonly box: { readonly width: number; readonly height: number } },
): LegendRoom {
  const json = legendOf(panel);
  if (json.showLegend === false || json.displayMode === "hidden") return { width: 0, height: 0 };
  if (json.placement === "right") return { width: Math.round(box.width * SIDE_SHARE), height: 0 };
  if (json.displayMode === "table") return { width: 0, height: Math.min((fields.length + 1) * LINE + 4, Math.round(box.height * 0.4)) };
  const wanted = fields.reduce((sum, { name }) => sum + textWidth(name) + 34, 0);
  return { width: 0, height: Math.min(MOST_LINES, Math.ceil(wanted / box.width)) * LINE + 4 };
}

/** The names of the series in their colours, with the reduced values the panel asks for. */
export function legend(
  panel: PanelJson,
  { fields, lines }: { readonly fields: readonly Field[]; readonly lines: readonly (readonly Point[])[] },
): Html {
  const json = legendOf(panel);
  if (json.showLegend === false || json.displayMode === "hidden") return html``;
  const calcs = json.calcs ?? [];
  const rows = fields.map((field, index) => ({ field, values: calcs.map((calc) => field.text(reduce(lines[index] ?? [], calc))) }));
  if (json.displayMode === "table") return tableLegend(rows, calcs);
  const items = rows.map(
    ({ field, values }) =>
      html`<li>${key(field)}${field.name}${values.map((value, at) => html` <span class="calc">${REDUCER_NAMES[calcs[at] ?? ""] ?? calcs[at]}: ${value}</span>`)}</li>`,
  );
  return html`<ul class="legend" tabindex="0" aria-label="Legend">${items}</ul>`;
}

function tableLegend(rows: readonly { readonly field: Field; readonly values: readonly string[] }[], calcs: readonly string[]): Html {
  const head = calcs.map((calc) => html`<th scope="col">${REDUCER_NAMES[calc] ?? calc}</th>`);
  const body = rows.map(
    ({ field, values }) => html`<tr><th scope="row">${key(field)}${field.name}</th>${values.map((value) => html`<td>${value}</td>`)}</tr>`,
  );
  return html`<div class="legend legend-table" tabindex="0" role="region" aria-label="Legend"><table><thead><tr><th scope="col">Name</th>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function key({ seriesColor }: Field): Html {
  return html`<i class="key" style="background:${seriesColor}"></i>`;
}

function legendOf({ options }: PanelJson): LegendJson {
  return (options?.["legend"] ?? {}) as LegendJson;
}
