import { OffingError } from "#core/errors.ts";
import { type Answers, type AskContext, askPanel } from "./answers.ts";
import { drawHeatmap, drawStates } from "./draw/cells.ts";
import { drawAlerts, drawDashboards } from "./draw/lists.ts";
import { drawLogs } from "./draw/logs.ts";
import { drawText } from "./draw/markdown.ts";
import type { Drawing, Mark, Subject } from "./draw/subject.ts";
import { drawTable } from "./draw/table.ts";
import { drawTimeSeries } from "./draw/time-series.ts";
import { drawBars, drawGauges, drawStat } from "./draw/values.ts";
import { fieldsOf, panelField } from "./fields.ts";
import type { Html } from "./html.ts";
import type { DashboardJson, PanelJson } from "./panel-json.ts";

/** What became of a panel. Only `failed` and `unknown` are faults; to have no data is an answer. */
export type PanelState = "drawn" | "no data" | "not asked" | "failed" | "unknown";

/** A panel as it stands on the page. */
export interface DrawnPanel {
  readonly panel: PanelJson;
  readonly state: PanelState;
  /** The drawing; without one, `note` stands in the panel. */
  readonly content?: Html;
  /** What is drawn, in words, for who cannot see it. */
  readonly summary: string;
  readonly note: string;
  /** Settings of the panel that this preview does not know. */
  readonly unknown: readonly string[];
}

/** What all panels of a dashboard are drawn with. */
export interface DrawContext extends AskContext {
  readonly marks: readonly Mark[];
  /** Every dashboard of the page. */
  readonly dashboards: readonly DashboardJson[];
}

const ROW_HEIGHT = 30;
const GAP = 8;
/** The page's full width, and what of a panel's height its head and edge take. */
const PAGE_WIDTH = 1_568;
const HEAD_HEIGHT = 34;
const EDGE = 9;

type Draw = (subject: Subject, context: DrawContext) => Drawing | Promise<Drawing>;

const DRAW: Readonly<Record<string, Draw>> = {
  timeseries: drawTimeSeries,
  bargauge: drawBars,
  stat: drawStat,
  gauge: drawGauges,
  logs: drawLogs,
  text: drawText,
  table: drawTable,
  heatmap: drawHeatmap,
  "state-timeline": drawStates,
  "status-history": drawStates,
  alertlist: async (_, { backends }) => drawAlerts(await backends.alerts()),
  dashlist: (subject, { dashboards }) => drawDashboards(subject, dashboards),
};

/** Asks what a panel asks and draws it. It never throws for a panel's sake: what goes wrong stands in the panel and is counted. */
export async function drawPanel(panel: PanelJson, context: DrawContext): Promise<DrawnPanel> {
  const unknown: string[] = [];
  const tell = (what: string): void => void (unknown.includes(what) || unknown.push(what));
  if (panel.repeat !== undefined) tell(`repeat by ${panel.repeat}`);
  const draw = Object.hasOwn(DRAW, panel.type) ? DRAW[panel.type] : undefined;
  if (draw === undefined) {
    return {
      panel,
      state: "unknown",
      summary: "",
      note: `This preview cannot draw a panel of type "${panel.type}".`,
      unknown: [`panel type ${panel.type}`],
    };
  }
  try {
    const answers = await askPanel(panel, context);
    if ("unavailable" in answers) {
      return {
        panel,
        state: "not asked",
        summary: "",
        note: `A preview does not ask ${answers.unavailable}.`,
        unknown,
      };
    }
    const drawing = await draw(subjectOf(panel, { answers, context, tell }), context);
    const { noValue } = panelField(panel, { nowMs: context.range.toMs, unknown: tell });
    if ("empty" in drawing) return { panel, state: "no data", summary: "", note: noValue, unknown };
    return { panel, state: "drawn", ...drawing, note: "", unknown };
  } catch (error) {
    const message =
      error instanceof OffingError ? error.message : `could not be drawn: ${error instanceof Error ? error.message : String(error)}`;
    return { panel, state: "failed", summary: "", note: message, unknown };
  }
}

function subjectOf(
  panel: PanelJson,
  { answers, context, tell }: { readonly answers: Answers; readonly context: DrawContext; readonly tell: (what: string) => void },
): Subject {
  const { w, h } = panel.gridPos;
  const fieldContext = { nowMs: context.range.toMs, unknown: tell };
  return {
    panel,
    answers,
    fields: fieldsOf(panel, answers.series, fieldContext),
    range: context.range,
    marks: context.marks,
    box: {
      width: Math.floor(((PAGE_WIDTH + GAP) * w) / 24) - GAP - 2 * EDGE,
      height: h * (ROW_HEIGHT + GAP) - GAP - HEAD_HEIGHT - EDGE,
    },
    context: fieldContext,
  };
}
