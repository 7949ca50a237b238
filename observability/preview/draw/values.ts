import type { Series } from "../answers.ts";
import { faded, INK, PLAIN_BAR, thresholdColor } from "../colors.ts";
import type { Field } from "../fields.ts";
import { type Html, html } from "../html.ts";
import { reduce } from "../reduce.ts";
import type { Drawing, Subject } from "./subject.ts";

/** One number of a panel, reduced from a series. */
export interface Reduced {
  readonly field: Field;
  readonly series: Series;
  readonly value: number | undefined;
}

/** The numbers of a panel that shows one for each series. */
export function reducedOf({ panel, answers, fields }: Subject): readonly Reduced[] {
  const { calcs = [] } = (panel.options?.["reduceOptions"] ?? {}) as { readonly calcs?: readonly string[] };
  return answers.series.flatMap((series, index) => {
    const field = fields[index];
    return field === undefined ? [] : [{ field, series, value: reduce(series.points, calcs[0] ?? "lastNotNull") }];
  });
}

/** Big numbers, coloured by their thresholds. */
export function drawStat(subject: Subject): Drawing {
  const numbers = reducedOf(subject).filter(({ value }) => value !== undefined);
  if (numbers.length === 0) return { empty: true };
  const options = subject.panel.options ?? {};
  const [colorMode, textMode, graphMode] = [String(options["colorMode"]), String(options["textMode"]), String(options["graphMode"])];
  const showName = textMode === "value_and_name" || textMode === "name" || (textMode === "auto" && numbers.length > 1);
  const columns = statColumns(numbers.length, subject.box);
  const textOf = ({ field, value }: Reduced): string => (textMode === "name" ? field.name : field.text(value));
  // The longest decides the size of all, so that they can be compared.
  const letters = Math.max(4, ...numbers.map((number) => textOf(number).length));
  const tiles = numbers.map((number) => {
    const { field, series, value } = number;
    const color = field.color(value);
    const style = colorMode.startsWith("background") ? `background:${color};color:#fff` : colorMode === "none" ? "" : `color:${color}`;
    const graph = graphMode === "area" ? sparkline(series, color) : html``;
    return html`<div class="stat" style="${style}">${graph}${showName && textMode !== "name" ? html`<span class="stat-name">${field.name}</span>` : ""}<span class="stat-value" style="--letters:${letters}">${textOf(number)}</span></div>`;
  });
  return { content: html`<div class="stats" style="--columns:${columns}">${tiles}</div>`, summary: summaryOf(numbers) };
}

/** Bars that compare the series, coloured by their thresholds. */
export function drawBars(subject: Subject): Drawing {
  const numbers = reducedOf(subject).filter(({ value }) => value !== undefined);
  if (numbers.length === 0) return { empty: true };
  const most = Math.max(...numbers.map(({ value = 0 }) => value));
  const letters = Math.max(...numbers.map(({ field }) => field.name.length));
  const rows = numbers.map(({ field, value = 0 }) => {
    const { min = 0, max = most } = field;
    const share = max > min ? Math.min(1, Math.max(0, (value - min) / (max - min))) : 0;
    const color = field.color(value);
    const bar = color === INK ? PLAIN_BAR : color;
    return html`<div class="bar-row"><span class="bar-name">${field.name}</span><span class="bar-track" style="background:${faded(bar, 0.1)}"><span class="bar-fill" style="width:${(share * 100).toFixed(2)}%;background:${faded(bar, 0.75)}"></span></span><span class="bar-value" style="color:${color}">${field.text(value)}</span></div>`;
  });
  return {
    content: html`<div class="bars" style="--letters:${letters}" tabindex="0" role="region" aria-label="Values">${rows}</div>`,
    summary: summaryOf(numbers),
  };
}

/** Half rings with the thresholds around them. */
export function drawGauges(subject: Subject): Drawing {
  const numbers = reducedOf(subject).filter(({ value }) => value !== undefined);
  if (numbers.length === 0) return { empty: true };
  const most = Math.max(...numbers.map(({ value = 0 }) => value));
  const tiles = numbers.map(({ field, value = 0 }) => {
    const { min = 0, max = Math.max(most, 1e-9) } = field;
    const share = Math.min(1, Math.max(0, (value - min) / (max - min)));
    const rim = (field.thresholds?.steps ?? []).map(({ value: from }) =>
      arc(clampShare(((from ?? min) - min) / (max - min)), {
        to: 1,
        radius: 47,
        width: 3,
        color: thresholdColor(field.thresholds, from ?? min),
      }),
    );
    return html`<figure class="gauge"><svg viewBox="0 0 100 56" aria-hidden="true">${arc(0, { to: 1, radius: 40, width: 9, color: "#e9ebee" })}${rim}${arc(0, { to: share, radius: 40, width: 9, color: field.color(value) })}<text x="50" y="50" text-anchor="middle" font-size="13" fill="${field.color(value)}">${field.text(value)}</text></svg>${numbers.length > 1 ? html`<figcaption>${field.name}</figcaption>` : ""}</figure>`;
  });
  return { content: html`<div class="gauges">${tiles}</div>`, summary: summaryOf(numbers) };
}

function clampShare(share: number): number {
  return Math.min(1, Math.max(0, share));
}

function arc(
  from: number,
  { to, radius, width, color }: { readonly to: number; readonly radius: number; readonly width: number; readonly color: string },
): Html {
  const at = (share: number): string => {
    const angle = Math.PI * (1 - share);
    return `${(50 + radius * Math.cos(angle)).toFixed(2)} ${(51 - radius * Math.sin(angle)).toFixed(2)}`;
  };
  return html`<path d="M${at(from)} A${radius} ${radius} 0 0 1 ${at(to)}" fill="none" stroke="${color}" stroke-width="${width}"/>`;
}

function statColumns(count: number, { width, height }: Subject["box"]): number {
  if (count <= 1) return 1;
  const perRow = Math.max(1, Math.round(Math.sqrt((count * width) / Math.max(height, 1) / 1.8)));
  return Math.min(count, perRow);
}

function sparkline({ points }: Series, color: string): Html {
  if (points.length < 2) return html``;
  const values = points.map(([, value]) => value).filter(Number.isFinite);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const path = points.map(
    ([, value], index) =>
      `${((index / (points.length - 1)) * 100).toFixed(1)} ${(28 - (high > low ? (value - low) / (high - low) : 0.5) * 26).toFixed(1)}`,
  );
  return html`<svg class="spark" viewBox="0 0 100 30" preserveAspectRatio="none" aria-hidden="true"><path d="M0 30 L${path.join(" L")} L100 30 Z" fill="${faded(color, 0.18)}"/><path d="M${path.join(" L")}" fill="none" stroke="${color}" vector-effect="non-scaling-stroke"/></svg>`;
}

function summaryOf(numbers: readonly Reduced[]): string {
  return numbers.map(({ field, value }) => (field.name === "" ? field.text(value) : `${field.name}: ${field.text(value)}`)).join("; ");
}
