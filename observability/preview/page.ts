import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Mark } from "./draw/subject.ts";
import type { DrawnPanel } from "./draw-panel.ts";
import { type Html, html, trusted } from "./html.ts";
import type { DashboardJson, LinkJson, PanelJson } from "./panel-json.ts";
import type { TimeRange } from "./time-range.ts";
import type { Variable } from "./variables.ts";

/** A row of a dashboard with its panels drawn; the first may have no title. */
export interface DrawnRow {
  readonly title: string;
  /** Closed in Grafana until one opens it; a preview shows it. */
  readonly collapsed: boolean;
  readonly panels: readonly DrawnPanel[];
}

/** A dashboard with all its panels drawn. */
export interface DrawnDashboard {
  readonly dashboard: DashboardJson;
  readonly range: TimeRange;
  readonly variables: readonly Variable[];
  readonly marks: readonly Mark[];
  readonly rows: readonly DrawnRow[];
}

// The page with its grid and charts, then what shows values without a chart.
const CSS = ["page.css", "values.css"].map((name) => readFileSync(new URL(`./page/${name}`, import.meta.url), "utf8")).join("");
const SCRIPT = readFileSync(new URL("./page/hover.js", import.meta.url), "utf8");

/** All dashboards as one page that needs nothing from elsewhere and lets no script run but its own. */
export function pageOf(dashboards: readonly DrawnDashboard[], drawnAtMs: number): string {
  const policy = `default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-${hash("sha256", SCRIPT, "base64")}'`;
  const links = dashboards.map(({ dashboard: { uid, title } }) => html`<a href="#${uid}">${title}</a>`);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${dashboards.length === 1 ? dashboards[0]?.dashboard.title : "Offing dashboards"} (preview)</title>
<link rel="icon" href="data:,">
<style>${trusted(CSS)}</style>
</head>
<body>
<div class="top"><strong>Offing</strong><nav aria-label="Dashboards">${links}</nav><span class="preview-mark">Preview, drawn without Grafana at ${timeText(drawnAtMs)} UTC</span></div>
<main>
<h1 class="hidden-words">Offing dashboards, a preview</h1>
${dashboards.map((one) => drawDashboard(one, dashboards))}
</main>
<footer>Drawn by <code>offing preview</code> from the provisioned dashboards and live data. It is not Grafana: sizes and colours are near, values are the same queries' answers. Times are UTC.</footer>
<script type="module">${trusted(SCRIPT)}</script>
</body>
</html>
`;
  return page.text;
}

/** The name by which a panel is linked to on the page. */
export function panelAnchor(uid: string, panel: Pick<PanelJson, "id">): string {
  return `${uid}-panel-${panel.id}`;
}

function drawDashboard({ dashboard, range, variables, marks, rows }: DrawnDashboard, all: readonly DrawnDashboard[]): Html {
  const { uid, title, description } = dashboard;
  const shown = variables.filter(({ hidden }) => !hidden).map(({ label, shown: value }) => html`<li><b>${label}</b> ${value}</li>`);
  const names = [...new Map(marks.map((mark) => [mark.color, mark])).values()];
  const legend = names.map(
    ({ color, name }) =>
      html`<li><i class="key" style="background:${color}"></i>${name} (${marks.filter((mark) => mark.name === name).length})</li>`,
  );
  return html`<section class="dashboard" id="${uid}" data-dashboard="${uid}" aria-labelledby="${uid}-title">
<header><h2 id="${uid}-title">${title}</h2><p class="lead">${description ?? ""}</p></header>
<ul class="chips" aria-label="Settings"><li class="preview-mark">Preview, not Grafana</li><li><b>Time</b> ${timeText(range.fromMs)} to ${timeText(range.toMs)} UTC</li>${shown}${legend}</ul>
${rows.map((row) => drawRow(row, { uid, all }))}
</section>
`;
}

interface Place {
  readonly uid: string;
  readonly all: readonly DrawnDashboard[];
}

function drawRow({ title, collapsed, panels }: DrawnRow, place: Place): Html {
  const top = Math.min(...panels.map(({ panel }) => panel.gridPos.y));
  const heading = title === "" ? "" : html`<h3>${title}${collapsed ? html`<small>folded in Grafana</small>` : ""}</h3>`;
  return html`<section class="row">${heading}<div class="grid">${panels.map((panel) => drawFrame(panel, { ...place, top }))}</div></section>`;
}

function drawFrame(
  { panel, state, content, summary, note, unknown }: DrawnPanel,
  { uid, all, top }: Place & { readonly top: number },
): Html {
  const { x, y, w, h } = panel.gridPos;
  const anchor = panelAnchor(uid, panel);
  const place = `grid-column:${x + 1}/span ${w};grid-row:${y - top + 1}/span ${h}`;
  const about =
    panel.description === undefined || panel.description === ""
      ? ""
      : html`<details class="about" title="${panel.description}"><summary aria-label="About ${panel.title}">i</summary><p>${panel.description}</p></details>`;
  const links = [...(panel.links ?? []), ...(panel.fieldConfig?.defaults?.links ?? [])].flatMap((link) => drawLink(link, all));
  const words = summary === "" ? "" : html`<p class="hidden-words">${summary}</p>`;
  const missing =
    unknown.length === 0 || state === "unknown" ? "" : html`<p class="unknown">Not known to this preview: ${unknown.join(", ")}</p>`;
  return html`<article class="panel" id="${anchor}" data-panel="${panel.id}" data-type="${panel.type}" data-state="${state}" aria-labelledby="${anchor}-title" style="${place}">
<header><h4 id="${anchor}-title">${panel.title}</h4>${about}${links}</header>
<div class="body">${words}${missing}${content ?? html`<div class="note">${note}</div>`}</div>
</article>
`;
}

/** A link to a panel or dashboard that is on this page, or to a whole address elsewhere; what needs Grafana is left out. */
function drawLink({ title, url = "" }: LinkJson, all: readonly DrawnDashboard[]): readonly Html[] {
  const [, uid, id] = /^\/d\/([^/?]+)(?:\/[^?]*)?(?:\?(?:.*&)?viewPanel=(?:panel-)?(\d+))?/.exec(url) ?? [];
  const isHere = all.some(({ dashboard }) => dashboard.uid === uid);
  const target = isHere && uid !== undefined ? `#${id === undefined ? uid : panelAnchor(uid, { id: Number(id) })}` : url;
  if (!isHere && (!/^https?:/.test(url) || url.includes("${"))) return [];
  return [html`<a href="${target}" title="${title}" aria-label="${title}">↗</a>`];
}

function timeText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16).replace("T", " ");
}
