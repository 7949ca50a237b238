import type { ContractJson } from "#contract/emit-json.ts";
import { ROW_TITLES } from "../grafana/panels/layout.ts";
import type { Dashboard, Panel } from "../grafana/panels/model.ts";
import { namesOf } from "./expression.ts";
import { metricsUsed } from "./names.ts";

/** Something that is wrong with a dashboard as a whole. */
export interface RowProblem {
  readonly place: string;
  readonly problem: string;
}

/** What every dashboard marks on its time axis, and how the check finds it. */
const MARKS: readonly { readonly what: string; readonly metric?: string; readonly event?: string }[] = [
  { what: "deploys", metric: "offing.build.info" },
  { what: "configurations", metric: "offing.config.info" },
  { what: "drills", event: "offing.drill" },
];

/** Holds a dashboard's rows and marks: the order of the rows, a freshness beside figures of now, and the marks that all must have. */
export function rowProblems(dashboard: Dashboard, contract: ContractJson): readonly RowProblem[] {
  const rows = rowsOf(dashboard);
  return [
    ...rows.filter(({ panels }) => isOfNow(panels) && !panels.some(isFreshness)).map(({ title }) => lacksFreshness(title)),
    ...(dashboard.tags?.includes("emitter") === true ? orderProblems(rows.map(({ title }) => title)) : []),
    ...MARKS.filter((mark) => !marks(dashboard, mark, contract)).map(({ what }) => ({
      place: dashboard.title,
      problem: `marks no ${what} on its time axis`,
    })),
  ];
}

interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

function rowsOf({ panels }: Dashboard): readonly Row[] {
  const rows: { title: string; panels: Panel[] }[] = [];
  for (const panel of panels) {
    if (panel.type === "row") rows.push({ title: panel.title, panels: [...(panel.panels ?? [])] });
    else rows.at(-1)?.panels.push(panel);
  }
  return rows;
}

function isOfNow(panels: readonly Panel[]): boolean {
  return panels.some(({ type }) => type === "stat");
}

/** A stat of how old figures are, of the kind that outlives them: it looks back. */
function isFreshness({ type, targets = [] }: Panel): boolean {
  return type === "stat" && targets.some(({ expr = "" }) => /^time\(\) - (last|max)_over_time\(/.test(expr));
}

function lacksFreshness(title: string): RowProblem {
  return { place: `row ${title}`, problem: "shows figures of now and no age of them that outlives the emitter" };
}

function orderProblems(titles: readonly string[]): RowProblem[] {
  const { now, red, backlog, evidence, about } = ROW_TITLES;
  const wanted = [now, red, backlog, evidence, about];
  const found = titles.filter((title) => wanted.includes(title));
  const inOrder = found.join() === wanted.join() && titles.indexOf(now) === 0 && titles.indexOf(red) === 1 && titles.at(-1) === about;
  return inOrder ? [] : [{ place: "rows", problem: `are not in the order ${wanted.join("; ")}` }];
}

function marks({ annotations }: Dashboard, mark: (typeof MARKS)[number], contract: ContractJson): boolean {
  return annotations.list.some(({ expr = "" }) => {
    if (mark.metric !== undefined) return metricsUsed(expr, contract).includes(mark.metric);
    return namesOf(expr).filters.some(({ label, values }) => label === "event_name" && values.includes(mark.event ?? ""));
  });
}
