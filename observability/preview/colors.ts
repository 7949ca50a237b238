import type { FieldDefaults } from "../grafana/panels/model.ts";

/** Thresholds as a panel holds them: the first step has no value and stands below all others. */
export type Thresholds = NonNullable<FieldDefaults["thresholds"]>;

/** What text is written in. */
export const INK = "#24292e";

/** Grafana's names of colours, as its light theme draws them. */
const NAMED: Readonly<Record<string, string>> = {
  text: INK,
  white: "#ffffff",
  black: "#000000",
  gray: "#8a8f98",
  transparent: "transparent",
  red: "#e02f44",
  "dark-red": "#c4162a",
  "semi-dark-red": "#e02f44",
  "light-red": "#ff7383",
  "super-light-red": "#ffa6b0",
  orange: "#ff780a",
  "dark-orange": "#fa6400",
  "semi-dark-orange": "#ff780a",
  "light-orange": "#ff9830",
  "super-light-orange": "#ffb357",
  yellow: "#d9a400",
  "dark-yellow": "#c08a00",
  "semi-dark-yellow": "#d9a400",
  "light-yellow": "#f2cc0c",
  "super-light-yellow": "#fade2a",
  green: "#2f9639",
  "dark-green": "#1f7a2a",
  "semi-dark-green": "#2f9639",
  "light-green": "#56a64b",
  "super-light-green": "#73bf69",
  blue: "#3274d9",
  "dark-blue": "#1f60c4",
  "semi-dark-blue": "#3274d9",
  "light-blue": "#5794f2",
  "super-light-blue": "#8ab8ff",
  purple: "#a352cc",
  "dark-purple": "#8f3bb8",
  "semi-dark-purple": "#a352cc",
  "light-purple": "#b877d9",
  "super-light-purple": "#ca95e5",
};

const CLASSIC = [
  "#56a64b",
  "#e5ac0e",
  "#3274d9",
  "#ff780a",
  "#e02f44",
  "#1f9aa8",
  "#a352cc",
  "#7a5c3e",
  "#c15c9d",
  "#6b7f1e",
  "#5a6fc0",
  "#8a8f98",
];

/** A colour as CSS and SVG take it; one that is no name is taken as it is when it is written with digits. */
export function colorOf(name: string | undefined): string {
  if (name === undefined) return INK;
  return NAMED[name] ?? (/^(#[\da-f]{3,8}|rgba?\([\d\s.,%]+\))$/i.test(name) ? name : INK);
}

/** What a bar is drawn in when its thresholds say no more than that it is text. */
export const PLAIN_BAR = "#5794f2";

/** The colour of the nth series of a panel. */
export function seriesColor(index: number): string {
  return CLASSIC[index % CLASSIC.length] ?? INK;
}

/** The colour of a value: that of the highest step it has reached. */
export function thresholdColor(thresholds: Thresholds | undefined, value: number): string {
  const step = thresholds?.steps.findLast((one) => one.value === null || value >= one.value);
  return colorOf(step?.color);
}

/** A colour, lighter: `share` of it over white. */
export function faded(color: string, share: number): string {
  const [, red, green, blue] = /^#([\da-f]{2})([\da-f]{2})([\da-f]{2})$/i.exec(color) ?? [];
  if (red === undefined || green === undefined || blue === undefined) return color;
  return `rgba(${[red, green, blue].map((part) => Number.parseInt(part, 16)).join(", ")}, ${share})`;
}
