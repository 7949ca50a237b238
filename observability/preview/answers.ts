import type { Backends, Exemplar, Labels, Line, Points } from "./backends.ts";
import type { PanelJson, TargetJson } from "./panel-json.ts";
import { intervalFor, parseDuration, type TimeRange } from "./time-range.ts";
import { interpolate, type Variable } from "./variables.ts";

/** A series with the name its target gives it. */
export interface Series extends Points {
  readonly refId: string;
  readonly name: string;
  readonly isInstant: boolean;
  readonly isTable: boolean;
}

/** Everything one panel asked, answered. */
export interface Answers {
  readonly series: readonly Series[];
  readonly lines: readonly Line[];
  readonly exemplars: readonly Exemplar[];
  /** The distance of points in range answers, milliseconds. */
  readonly stepMs: number;
}

/** What is asked with. */
export interface AskContext {
  readonly backends: Backends;
  readonly range: TimeRange;
  readonly variables: readonly Variable[];
  /** How often each data source gets a point, milliseconds, by its uid. */
  readonly scrapeMs: ReadonlyMap<string, number>;
}

const DEFAULT_SCRAPE_MS = 15_000;
const DEFAULT_LINES = 1_000;
/** A line in the preview has a point every other pixel at most. */
const PIXELS_PER_COLUMN = 30;

/** Asks all targets of a panel; `unavailable` names a data source that cannot be asked here. */
export async function askPanel(panel: PanelJson, context: AskContext): Promise<Answers | { readonly unavailable: string }> {
  const targets = (panel.targets ?? []).filter(({ hide }) => hide !== true);
  const times = timesOf(panel, context);
  const answers: Answers[] = [];
  for (const target of targets) {
    const source = sourceOf(target, panel, context);
    if (source !== "prometheus" && source !== "loki") return { unavailable: source };
    const expr = interpolate(target.expr ?? "", context.variables, times);
    answers.push(await (source === "loki" ? askLoki : askPrometheus)({ ...target, expr }, { ...context, stepMs: times.intervalMs, panel }));
  }
  return {
    series: answers.flatMap(({ series }) => series),
    lines: answers.flatMap(({ lines }) => lines),
    exemplars: answers.flatMap(({ exemplars }) => exemplars),
    stepMs: times.intervalMs,
  };
}

/** A legend as Grafana writes it: `{{label}}` filled in, and all labels where there is no legend. */
export function legendOf(format: string | undefined, labels: Labels): string {
  if (format === undefined || format === "" || format === "__auto") return autoLegend(labels);
  return format.replace(/\{\{\s*([\w.]+)\s*\}\}/g, (_, label: string) => labels[label] ?? "").trim();
}

function autoLegend(labels: Labels): string {
  const { __name__: name = "", ...rest } = labels;
  const entries = Object.entries(rest);
  if (name === "" && entries.length === 1) return entries[0]?.[1] ?? "";
  return entries.length === 0 ? name || "Value" : `${name}{${entries.map(([key, value]) => `${key}="${value}"`).join(", ")}}`;
}

function sourceOf(target: TargetJson, panel: PanelJson, { variables, range }: AskContext): string {
  const source = target.datasource ?? panel.datasource;
  const uid = interpolate(source?.uid ?? "", variables, { range, intervalMs: 0, rateIntervalMs: 0 });
  return source?.type ?? uid;
}

function timesOf(panel: PanelJson, { range, scrapeMs }: AskContext): { range: TimeRange; intervalMs: number; rateIntervalMs: number } {
  const uid = panel.datasource?.uid ?? "";
  const leastMs = parseDuration(panel.interval ?? "") ?? scrapeMs.get(uid) ?? DEFAULT_SCRAPE_MS;
  const intervalMs = intervalFor(range, { points: panel.maxDataPoints ?? panel.gridPos.w * PIXELS_PER_COLUMN, leastMs });
  return { range, intervalMs, rateIntervalMs: Math.max(intervalMs + leastMs, 4 * leastMs) };
}

type Asked = AskContext & { readonly stepMs: number; readonly panel: PanelJson };
type Target = TargetJson & { readonly expr: string };

async function askPrometheus(target: Target, { backends, range, stepMs }: Asked): Promise<Answers> {
  const isInstant = target.instant === true && target.range !== true;
  const found = isInstant
    ? await backends.prometheusInstant(target.expr, range.toMs)
    : await backends.prometheusRange(target.expr, range, stepMs);
  const exemplars = target.exemplar === true && !isInstant ? await backends.exemplars(target.expr, range) : [];
  return { series: named(found, target, isInstant), lines: [], exemplars, stepMs };
}

async function askLoki(target: Target, { backends, range, stepMs, panel }: Asked): Promise<Answers> {
  const isMetric = !/^\s*\{/.test(target.expr);
  if (!isMetric) {
    const lines = await backends.lines(target.expr, range, target.maxLines ?? DEFAULT_LINES);
    return { series: [], lines, exemplars: [], stepMs };
  }
  const isInstant =
    target.queryType === "instant" || target.instant === true || (panel.type !== "timeseries" && target.queryType === undefined);
  const found = isInstant ? await backends.lokiInstant(target.expr, range.toMs) : await backends.lokiRange(target.expr, range, stepMs);
  return { series: named(found, target, isInstant), lines: [], exemplars: [], stepMs };
}

function named(found: readonly Points[], target: Target, isInstant: boolean): readonly Series[] {
  const isTable = target.format === "table";
  return found.map((points) => ({
    ...points,
    refId: target.refId,
    name: legendOf(target.legendFormat, points.labels),
    isInstant,
    isTable,
  }));
}
