import {
  AnnotationQueryBuilder,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  QueryVariableBuilder,
  VariableRefresh,
  VariableSort,
} from "@grafana/grafana-foundation-sdk/dashboard";
import type { LogQuery } from "./logql.ts";
import type { Dashboard, Panel } from "./model.ts";
import { DATA_SOURCES, type PlaceablePanel } from "./toolkit.ts";

/** A row of panels; every line fills the 24 columns with panels of one height. */
export interface Row {
  readonly title: string;
  /** A collapsed row asks nothing until it is opened; no panel of an alert stands in one. */
  readonly collapsed?: boolean;
  readonly lines: readonly (readonly PlaceablePanel[])[];
}

/** What a dashboard is made of. */
export interface DashboardSpec {
  /** Equal to the `job` of the emitter it shows, so that a rule can link to it by that label. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly tags: readonly string[];
  /** The variable that holds the chosen ledgers, and the query for them. */
  readonly ledgers: { readonly variable: string; readonly query: string };
  readonly annotations: readonly { readonly name: string; readonly logs: LogQuery; readonly title: string; readonly color: string }[];
  readonly rows: readonly Row[];
}

const COLUMNS = 24;

/** Lays rows out from top to bottom and gives every panel an id made from its key. The same spec gives the same JSON. */
export function dashboard(spec: DashboardSpec): Dashboard {
  const builder = new DashboardBuilder(spec.title)
    .uid(spec.uid)
    .description(spec.description)
    .tags([...spec.tags])
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: "now-6h", to: "now" })
    .refresh("10s")
    .timezone("utc")
    .variables([ledgerVariable(spec)])
    .annotations(spec.annotations.map(annotation))
    .links([siblingsLink()]);
  const built = JSON.parse(JSON.stringify(builder.build())) as Dashboard;
  return { ...withoutMenuPlacement(built), panels: layOut(spec.rows) };
}

/** A panel's id: a number from 1000 to 99999 that depends on its key alone (FNV-1a). */
export function panelId(key: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(key)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return 1000 + (hash % 99_000);
}

/** The path of a panel on a dashboard, below Grafana's address; `query` adds parameters. */
export function panelPath(uid: string, key: string, query = ""): string {
  return `/d/${uid}?viewPanel=panel-${panelId(key)}${query === "" ? "" : `&${query}`}`;
}

function layOut(rows: readonly Row[]): readonly Panel[] {
  const panels: Panel[] = [];
  let y = 0;
  for (const row of rows) {
    const head = { id: panelId(`row ${row.title}`), type: "row", title: row.title, gridPos: { x: 0, y, w: COLUMNS, h: 1 } };
    y += 1;
    const inside: Panel[] = [];
    for (const line of row.lines) {
      inside.push(...placeLine(line, y));
      y += heightOf(line);
    }
    if (row.collapsed === true) panels.push({ ...head, collapsed: true, panels: inside });
    else panels.push({ ...head, collapsed: false, panels: [] }, ...inside);
  }
  return panels;
}

function placeLine(line: readonly PlaceablePanel[], y: number): Panel[] {
  const h = heightOf(line);
  return line.map((panel, index) => {
    const x = Math.floor((COLUMNS * index) / line.length);
    const w = Math.floor((COLUMNS * (index + 1)) / line.length) - x;
    return panel.place(panelId(panel.key), { x, y, w, h });
  });
}

function heightOf(line: readonly PlaceablePanel[]): number {
  return Math.max(...line.map(({ height }) => height));
}

function ledgerVariable({ ledgers }: DashboardSpec): QueryVariableBuilder {
  return new QueryVariableBuilder(ledgers.variable)
    .label("Ledger")
    .description("The ledgers whose figures are shown, by their id.")
    .datasource(DATA_SOURCES.prometheus)
    .query(ledgers.query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue(".+")
    .current({ text: "All", value: "$__all" });
}

function annotation({ name, logs, title, color }: DashboardSpec["annotations"][number]): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name(name)
    .datasource(DATA_SOURCES.loki)
    .enable(true)
    .iconColor(color)
    .expr(logs.logql)
    .titleFormat(title);
}

function siblingsLink(): DashboardLinkBuilder {
  return new DashboardLinkBuilder("Offing").type(DashboardLinkType.Dashboards).tags(["offing"]).asDropdown(true).keepTime(true);
}

/** The kit hides links and annotations in a menu and has no way to unset it. */
function withoutMenuPlacement(built: Dashboard): Dashboard {
  return JSON.parse(
    JSON.stringify(built, (key, value: unknown) => (key === "placement" && value === "inControlsMenu" ? undefined : value)),
  ) as Dashboard;
}
