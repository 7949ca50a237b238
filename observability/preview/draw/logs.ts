import type { Line } from "../backends.ts";
import { type Html, html } from "../html.ts";
import type { Drawing, Subject } from "./subject.ts";

const LEVEL_COLORS: Readonly<Record<string, string>> = {
  critical: "#8f3bb8",
  fatal: "#8f3bb8",
  error: "#e02f44",
  warn: "#d9a400",
  warning: "#d9a400",
  info: "#2f9639",
  debug: "#3274d9",
  trace: "#1f9aa8",
};

/** Labels that Loki adds of itself; a reader of a line gains nothing from them. */
const OWN_LABELS = /^(detected_level|severity_number|observed_timestamp|flags|scope_\w+)$/;

/** Log lines, each with its labels to be unfolded. */
export function drawLogs({ panel, answers }: Subject): Drawing {
  if (answers.lines.length === 0) return { empty: true };
  const lines = panel.options?.["sortOrder"] === "Ascending" ? answers.lines.toReversed() : answers.lines;
  const content = html`<div class="logs" tabindex="0" role="region" aria-label="Log lines">${lines.map(drawLine)}</div>`;
  return { content, summary: `${lines.length} log lines` };
}

function drawLine({ atMs, text, labels }: Line): Html {
  const level = (labels["detected_level"] ?? labels["severity_text"] ?? labels["level"] ?? "").toLowerCase();
  const known = Object.entries(labels).filter(([name]) => !OWN_LABELS.test(name));
  const rows = known.map(([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`);
  const time = new Date(atMs).toISOString();
  return html`<details class="line" style="--level:${LEVEL_COLORS[level] ?? "#8a8f98"}"><summary><time datetime="${time}">${time.slice(0, 23).replace("T", " ")}</time><span>${text}</span></summary><table>${rows}</table></details>`;
}
