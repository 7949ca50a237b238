import { colorOf } from "../colors.ts";
import { html } from "../html.ts";
import type { DashboardJson } from "../panel-json.ts";
import type { ActiveAlert, Drawing, Subject } from "./subject.ts";

const SEVERITY: Readonly<Record<string, string>> = { critical: "red", warning: "orange", info: "blue" };

/** Alerts that are pending or firing now. */
export function drawAlerts(alerts: readonly ActiveAlert[]): Drawing {
  const shown = alerts.toSorted((a, b) => a.state.localeCompare(b.state) || b.activeAt.localeCompare(a.activeAt));
  if (shown.length === 0)
    return { content: html`<p class="quiet">No alert is pending or firing.</p>`, summary: "no alert is pending or firing" };
  const rows = shown.map(({ labels, annotations, state, activeAt }) => {
    const color = state === "firing" ? colorOf(SEVERITY[labels["severity"] ?? ""] ?? "red") : colorOf("gray");
    return html`<li style="--level:${color}"><strong>${labels["alertname"]}</strong> <span class="badge" style="background:${color}">${state}</span> ${annotations["summary"] ?? ""} <time>since ${activeAt.slice(0, 19).replace("T", " ")}</time></li>`;
  });
  return { content: html`<ul class="alerts" tabindex="0" aria-label="Alerts">${rows}</ul>`, summary: `${shown.length} alerts` };
}

/** Links to the other dashboards of this page. */
export function drawDashboards({ panel }: Subject, dashboards: readonly DashboardJson[]): Drawing {
  const tags = (panel.options?.["tags"] ?? []) as readonly string[];
  const found = dashboards.filter(({ tags: own = [] }) => tags.every((tag) => own.includes(tag)));
  if (found.length === 0) return { empty: true };
  const items = found.map(({ uid, title, description }) => html`<li><a href="#${uid}">${title}</a><span>${description ?? ""}</span></li>`);
  return { content: html`<ul class="dashboards">${items}</ul>`, summary: `${found.length} dashboards` };
}
