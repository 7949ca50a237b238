import { type Field, fieldsOf } from "../fields.ts";
import { type Html, html } from "../html.ts";
import { type Cell, frameOf, transformed } from "./frame.ts";
import type { Drawing, Subject } from "./subject.ts";

/** Rows and columns; a value is written in the panel's unit and coloured where the panel says so. */
export function drawTable(subject: Subject): Drawing {
  const { panel, answers, context } = subject;
  if (answers.lines.length > 0) return drawLines(subject);
  const frame = transformed(panel, frameOf(panel, answers.series), context.unknown);
  if (frame.rows.length === 0) return { empty: true };
  const fields = fieldsOf(
    panel,
    frame.columns.map((name) => ({ name, refId: /^Value #(\w+)$/.exec(name)?.[1] ?? "" })),
    context,
  );
  const head = fields.map(({ name }) => html`<th scope="col">${name}</th>`);
  const rows = frame.rows.map(
    (row) => html`<tr>${frame.columns.map((name, index) => drawCell(name, { cell: row[name], field: fields[index] }))}</tr>`,
  );
  return { content: scrolled(html`<table><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table>`), summary: `${rows.length} rows` };
}

function drawCell(name: string, { cell, field }: { readonly cell: Cell; readonly field: Field | undefined }): Html {
  if (typeof cell !== "number" || field === undefined) return html`<td>${cell ?? ""}</td>`;
  if (name === "Time") return html`<td>${new Date(cell).toISOString().slice(0, 19).replace("T", " ")}</td>`;
  const cellType = (field.custom["cellOptions"] as { readonly type?: string } | undefined)?.type ?? "auto";
  const color = field.color(cell);
  const style = cellType.includes("background")
    ? `background:${color};color:#fff`
    : cellType.includes("text")
      ? `color:${color};font-weight:600`
      : "";
  return html`<td class="number" style="${style}">${field.text(cell)}</td>`;
}

function drawLines({ answers }: Subject): Drawing {
  const rows = answers.lines.map(
    ({ atMs, text }) => html`<tr><td>${new Date(atMs).toISOString().slice(0, 19).replace("T", " ")}</td><td>${text}</td></tr>`,
  );
  const table = html`<table><thead><tr><th scope="col">Time</th><th scope="col">Line</th></tr></thead><tbody>${rows}</tbody></table>`;
  return { content: scrolled(table), summary: `${rows.length} rows` };
}

function scrolled(table: Html): Html {
  return html`<div class="table" tabindex="0" role="region" aria-label="Table">${table}</div>`;
}
