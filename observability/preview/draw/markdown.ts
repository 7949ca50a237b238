import { type Html, html, trusted } from "../html.ts";
import type { Drawing, Subject } from "./subject.ts";

/** A text panel. Markdown is drawn as far as dashboards use it; HTML in it is shown as text, never run. */
export function drawText({ panel }: Pick<Subject, "panel">): Drawing {
  const source = panel.options?.["content"];
  const text = typeof source === "string" ? source : "";
  if (text.trim() === "") return { empty: true };
  return {
    content: html`<div class="text" tabindex="0" role="region" aria-label="${panel.title || "Text"}">${markdown(text)}</div>`,
    summary: "",
  };
}

/** Headings, lists, tables, code, quotes and paragraphs of Markdown. */
export function markdown(text: string): Html {
  const blocks = text.replaceAll("\r", "").split(/\n{2,}(?![^`]*```(?:(?!```)[\s\S])*$)/);
  return trusted(blocks.map((block) => drawBlock(block.replace(/^\n+|\s+$/g, "")).text).join("\n"));
}

function drawBlock(block: string): Html {
  const lines = block.split("\n");
  if (block === "") return html``;
  const [, fenced] = /^```\w*\n([\s\S]*?)\n?```$/.exec(block) ?? [];
  if (fenced !== undefined) return html`<pre><code>${fenced}</code></pre>`;
  const [, marks = "", heading] = /^(#{1,6}) (.*)$/.exec(lines[0] ?? "") ?? [];
  if (heading !== undefined) {
    // Levels one to three belong to the page, the row and the panel.
    const level = Math.min(6, marks.length + 3);
    return html`${trusted(`<h${level}>`)}${inline(heading)}${trusted(`</h${level}>`)}${drawBlock(lines.slice(1).join("\n"))}`;
  }
  const list = lines.findIndex((line) => /^\s*(?:[-*]|\d+\.) /.test(line));
  if (list > 0) return html`${drawBlock(lines.slice(0, list).join("\n"))}${drawBlock(lines.slice(list).join("\n"))}`;
  if (list === 0) return drawList(lines);
  if (lines.length > 1 && /^\s*\|?[\s:|-]+\|[\s:|-]*$/.test(lines[1] ?? "")) return drawTableBlock(lines);
  if (lines.every((line) => line.startsWith(">")))
    return html`<blockquote>${inline(lines.map((line) => line.replace(/^> ?/, "")).join(" "))}</blockquote>`;
  return html`<p>${inline(lines.join(" "))}</p>`;
}

function drawList(lines: readonly string[]): Html {
  const items: string[] = [];
  for (const line of lines) {
    const [, item] = /^\s*(?:[-*]|\d+\.) (.*)$/.exec(line) ?? [];
    // A line without a mark goes on with the item before it.
    if (item === undefined) items.push(`${items.pop() ?? ""} ${line.trim()}`);
    else items.push(item);
  }
  const drawn = items.map((item) => html`<li>${inline(item)}</li>`);
  return /^\s*\d/.test(lines[0] ?? "") ? html`<ol>${drawn}</ol>` : html`<ul>${drawn}</ul>`;
}

function drawTableBlock([head = "", , ...rows]: readonly string[]): Html {
  const cells = (line: string): readonly string[] =>
    line
      .trim()
      .replace(/^\||\|$/g, "")
      .split("|")
      .map((cell) => cell.trim());
  const body = rows.map((row) => html`<tr>${cells(row).map((cell) => html`<td>${inline(cell)}</td>`)}</tr>`);
  return html`<table><thead><tr>${cells(head).map((cell) => html`<th scope="col">${inline(cell)}</th>`)}</tr></thead><tbody>${body}</tbody></table>`;
}

/** Code, bold, emphasis and links within a line. */
function inline(text: string): Html {
  const pattern = /`([^`]+)`|\*\*(.+?)\*\*|(?<![\w*])\*([^*\s][^*]*)\*|\[([^\]]+)\]\(([^)\s]+)\)/g;
  let at = 0;
  const pieces: Html[] = [];
  for (const match of text.matchAll(pattern)) {
    const [whole, code, bold, emphasis, label, url = ""] = match;
    pieces.push(html`${text.slice(at, match.index)}`);
    if (code !== undefined) pieces.push(html`<code>${code}</code>`);
    else if (bold !== undefined) pieces.push(html`<strong>${inline(bold)}</strong>`);
    else if (emphasis !== undefined) pieces.push(html`<em>${inline(emphasis)}</em>`);
    // Only addresses that can do no harm become links; a path below Grafana leads nowhere without it.
    else
      pieces.push(
        /^(https?:|#)/.test(url) ? html`<a href="${url}" rel="noreferrer">${label}</a>` : html`<span title="${url}">${label}</span>`,
      );
    at = match.index + whole.length;
  }
  return html`${pieces}${text.slice(at)}`;
}
