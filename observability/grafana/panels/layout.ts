import {
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  QueryVariableBuilder,
  VariableRefresh,
  VariableSort,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { annotationOf, commonMarks, type Mark } from "./annotations.ts";
import type { Dashboard, Panel } from "./model.ts";
import { DATA_SOURCES } from "./targets.ts";
import type { PlaceablePanel } from "./toolkit.ts";

/** A row of panels; every line fills the 24 columns with panels of one height. */
export interface Row {
  readonly title: string;
  /** A collapsed row asks nothing until it is opened; no panel of an alert stands in one. */
  readonly collapsed?: boolean;
  readonly lines: readonly Line[];
}

/** Panels side by side. */
export type Line = readonly PlaceablePanel[];

/** The parts that every emitter's dashboard has, in the order in which an operator asks. */
export interface Sections {
  /** Is it healthy now? Figures of this moment, and how fresh they are. */
  readonly now: readonly Line[];
  /** Rate, errors, duration: what the users of the watched system meet. */
  readonly red: readonly Line[];
  /** What this domain has besides. */
  readonly topics?: readonly Row[];
  /** What waits, what was lost, what could not be read. */
  readonly backlog: readonly Line[];
  /** Log lines and traces: the single cases behind the numbers. */
  readonly evidence: readonly Line[];
  /** The emitter itself, collapsed. */
  readonly emitter: readonly Line[];
  readonly about: PlaceablePanel;
}

/** The titles of the rows, in their order. */
export const ROW_TITLES: Readonly<Record<Exclude<keyof Sections, "topics">, string>> = {
  now: "Is it healthy now?",
  red: "Rate, errors, duration",
  backlog: "Backlog and losses",
  evidence: "Logs and traces",
  emitter: "The emitter",
  about: "About",
};

/** What a dashboard is made of. */
export interface DashboardSpec {
  /** Equal to the `job` of the emitter it shows, so that a rule can link to it by that label. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly tags: readonly string[];
  /** The variable that holds the chosen ledgers, and the query for them; left out where there are none to choose from. */
  readonly ledgers?: { readonly variable: string; readonly query: string; readonly label?: string; readonly description?: string };
  /** Whose deploys and configurations are marked; the uid when left out. */
  readonly job?: string | RegExp;
  /** Marks besides those that every dashboard has. */
  readonly marks?: readonly Mark[];
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
    .variables(spec.ledgers === undefined ? [] : [ledgerVariable(spec.ledgers)])
    .annotations([...commonMarks(spec.job ?? spec.uid), ...(spec.marks ?? [])].map(annotationOf))
    .links([siblingsLink()]);
  const built = JSON.parse(JSON.stringify(builder.build())) as Dashboard;
  return { ...withoutMenuPlacement(built), panels: layOut(spec.rows) };
}

/** The rows of an emitter's dashboard. */
export function sectionRows({ now, red, topics = [], backlog, evidence, emitter, about }: Sections): readonly Row[] {
  return [
    { title: ROW_TITLES.now, lines: now },
    { title: ROW_TITLES.red, lines: red },
    ...topics,
    { title: ROW_TITLES.backlog, lines: backlog },
    { title: ROW_TITLES.evidence, lines: evidence },
    { title: ROW_TITLES.emitter, collapsed: true, lines: emitter },
    { title: ROW_TITLES.about, lines: [[about]] },
  ];
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

function ledgerVariable({ variable, query, label, description }: NonNullable<DashboardSpec["ledgers"]>): QueryVariableBuilder {
  return new QueryVariableBuilder(variable)
    .label(label ?? "Ledger")
    .description(description ?? "The ledgers whose figures are shown, by their id.")
    .datasource(DATA_SOURCES.prometheus)
    .query(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue(".+")
    .current({ text: "All", value: "$__all" });
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
