import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { OffingError } from "#core/errors.ts";
import { legendOf } from "./answers.ts";
import { type Backends, type BackendUrls, createBackends, type Labels } from "./backends.ts";
import { colorOf } from "./colors.ts";
import type { Mark } from "./draw/subject.ts";
import { drawPanel } from "./draw-panel.ts";
import { type DrawnDashboard, type DrawnRow, pageOf } from "./page.ts";
import type { DashboardJson, PanelJson } from "./panel-json.ts";
import { intervalFor, parseDuration, parseRange, type TimeRange } from "./time-range.ts";
import { type Chosen, interpolate, resolveVariables } from "./variables.ts";

/** What to draw, and from where. */
export interface PreviewOptions extends BackendUrls {
  /** As Grafana writes them; each dashboard's own when left out. */
  readonly from?: string;
  readonly to?: string;
  /** The uids of the dashboards to draw; all when left out. */
  readonly only?: readonly string[];
  /** Only the first rows of each dashboard. */
  readonly rows?: number;
  /** Values of template variables, by name. */
  readonly chosen?: Chosen;
  readonly nowMs: number;
  /** The dashboards to draw; those of the checkout when left out. */
  readonly dashboards?: readonly DashboardJson[];
}

/** A page and what stands on it. */
export interface Preview {
  readonly page: string;
  readonly dashboards: readonly DrawnDashboard[];
  /** How many panels there are in each state. */
  readonly counts: Readonly<Record<string, number>>;
  /** Panels that could not be drawn, and settings that are not known: what makes a preview untrue. */
  readonly faults: readonly string[];
}

const GRAFANA = join(import.meta.dirname, "..", "grafana");

/**
 * Draws dashboards from their JSON and from what Prometheus and Loki answer now.
 *
 * @throws USAGE_INVALID for a range or a dashboard that is none; BACKEND_UNREACHABLE when a variable cannot be asked
 */
export async function preview(options: PreviewOptions): Promise<Preview> {
  const all = options.dashboards ?? readDashboards();
  const chosen = choose(all, options.only ?? []);
  const backends = createBackends(options);
  const scrapeMs = readScrapeTimes();
  const dashboards: DrawnDashboard[] = [];
  for (const dashboard of chosen) dashboards.push(await drawDashboard(dashboard, { options, backends, scrapeMs, all: chosen }));
  const panels = dashboards.flatMap(({ dashboard, rows }) => rows.flatMap((row) => row.panels.map((panel) => ({ dashboard, ...panel }))));
  const counts: Record<string, number> = {};
  for (const { state } of panels) counts[state] = (counts[state] ?? 0) + 1;
  const faults = panels.flatMap(({ dashboard, panel, state, note, unknown }) => {
    const place = `${dashboard.title}: ${panel.title}`;
    return [...(state === "failed" ? [`${place}: ${note}`] : []), ...unknown.map((what) => `${place}: this preview does not know ${what}`)];
  });
  return { page: pageOf(dashboards, options.nowMs), dashboards, counts, faults };
}

/** The provisioned dashboards of the checkout, the home dashboard first. */
export function readDashboards(): readonly DashboardJson[] {
  const files = globSync("dashboards/**/*.json", { cwd: GRAFANA });
  const read = files.map((file) => JSON.parse(readFileSync(join(GRAFANA, file), "utf8")) as DashboardJson);
  const isHome = ({ uid }: DashboardJson): boolean => /(^|-)home$/.test(uid) || uid === "offing";
  return read.sort((a, b) => Number(isHome(b)) - Number(isHome(a)) || a.title.localeCompare(b.title));
}

function choose(all: readonly DashboardJson[], only: readonly string[]): readonly DashboardJson[] {
  const unknown = only.find((uid) => !all.some((one) => one.uid === uid));
  if (unknown === undefined) return only.length === 0 ? all : all.filter(({ uid }) => only.includes(uid));
  throw new OffingError("USAGE_INVALID", {
    message: `there is no dashboard ${unknown}`,
    hint: `Choose among ${all.map(({ uid }) => uid).join(", ")}.`,
  });
}

/** How often each data source gets a point, as the provisioning says. */
function readScrapeTimes(): ReadonlyMap<string, number> {
  const files = globSync("provisioning/datasources/*.yaml", { cwd: GRAFANA });
  const sources = files.flatMap((file) => {
    const { datasources = [] } = parse(readFileSync(join(GRAFANA, file), "utf8")) as {
      datasources?: { uid: string; jsonData?: { timeInterval?: string } }[];
    };
    return datasources;
  });
  return new Map(
    sources.flatMap(({ uid, jsonData }): [string, number][] => {
      const ms = parseDuration(jsonData?.timeInterval ?? "");
      return ms === undefined ? [] : [[uid, ms]];
    }),
  );
}

interface Drawing {
  readonly options: PreviewOptions;
  readonly backends: Backends;
  readonly scrapeMs: ReadonlyMap<string, number>;
  readonly all: readonly DashboardJson[];
}

async function drawDashboard(dashboard: DashboardJson, { options, backends, scrapeMs, all }: Drawing): Promise<DrawnDashboard> {
  const { from = "now-6h", to = "now" } = { ...dashboard.time, ...definedOnly({ from: options.from, to: options.to }) };
  const range = parseRange({ from, to }, options.nowMs);
  const variables = await resolveVariables(dashboard, { backends, range, ...(options.chosen !== undefined && { chosen: options.chosen }) });
  const marks = await marksOf(dashboard, {
    backends,
    range,
    fill: (text) => interpolate(text, variables, { range, intervalMs: 60_000, rateIntervalMs: 60_000 }),
  });
  const context = { backends, range, variables, scrapeMs, marks, dashboards: all };
  const rows: DrawnRow[] = [];
  for (const { title, collapsed, panels } of rowsOf(dashboard).slice(0, options.rows)) {
    rows.push({ title, collapsed, panels: await Promise.all(panels.map((panel) => drawPanel(panel, context))) });
  }
  return { dashboard, range, variables, marks, rows };
}

function definedOnly<T extends object>(value: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as { [K in keyof T]?: NonNullable<T[K]> };
}

/** Panels by the row they stand under; those before the first row have one without a title. */
function rowsOf({
  panels,
}: DashboardJson): readonly { readonly title: string; readonly collapsed: boolean; readonly panels: readonly PanelJson[] }[] {
  const rows: { title: string; collapsed: boolean; panels: PanelJson[] }[] = [{ title: "", collapsed: false, panels: [] }];
  for (const panel of panels) {
    if (panel.type === "row") rows.push({ title: panel.title, collapsed: panel.collapsed === true, panels: [...(panel.panels ?? [])] });
    else rows.at(-1)?.panels.push(panel);
  }
  return rows.filter((row) => row.panels.length > 0);
}

interface Marking {
  readonly backends: Backends;
  readonly range: TimeRange;
  readonly fill: (text: string) => string;
}

const MOST_MARKS = 200;
const MARK_STEP_MS = 5_000;

/** The marks of every annotation; a backend that does not answer leaves them out, and its panels say so. */
async function marksOf(dashboard: DashboardJson, { backends, range, fill }: Marking): Promise<readonly Mark[]> {
  const asked = (dashboard.annotations?.list ?? []).filter(({ enable, expr }) => enable !== false && expr !== undefined);
  const found = asked.map(async ({ name, expr = "", iconColor, titleFormat, datasource }): Promise<readonly Mark[]> => {
    const moments = datasource?.type === "loki" ? linesAsMoments : pointsAsMoments;
    const marks = await moments(fill(expr), { backends, range }).catch(() => []);
    const titleOf = (labels: Labels, text: string): string => (titleFormat === undefined ? text : legendOf(titleFormat, labels));
    return marks.map(({ atMs, labels, text }) => ({ atMs, color: colorOf(iconColor), name, title: titleOf(labels, text) }));
  });
  return (await Promise.all(found)).flat();
}

interface Moment {
  readonly atMs: number;
  readonly labels: Labels;
  readonly text: string;
}

async function linesAsMoments(query: string, { backends, range }: Omit<Marking, "fill">): Promise<readonly Moment[]> {
  return await backends.lines(query, range, MOST_MARKS);
}

/** Grafana makes one mark of points that follow each other, and none of zeros. */
async function pointsAsMoments(query: string, { backends, range }: Omit<Marking, "fill">): Promise<readonly Moment[]> {
  const stepMs = intervalFor(range, { points: MOST_MARKS, leastMs: MARK_STEP_MS });
  const series = await backends.prometheusRange(query, range, stepMs);
  return series.flatMap(({ labels, points }) => {
    const standing = points.filter(([, value]) => value !== 0);
    const firsts = standing.filter(([atMs], index) => atMs - (standing[index - 1]?.[0] ?? Number.NEGATIVE_INFINITY) > stepMs * 1.5);
    return firsts.map(([atMs]) => ({ atMs, labels, text: "" }));
  });
}
