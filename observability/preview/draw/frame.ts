import type { Series } from "../answers.ts";
import type { PanelJson } from "../panel-json.ts";

/** A cell: a label's text, a number, or nothing. */
export type Cell = string | number | undefined;

/** Answers as a table: columns by name, rows of cells. */
export interface Frame {
  readonly columns: readonly string[];
  readonly rows: readonly Readonly<Record<string, Cell>>[];
}

type Options = Readonly<Record<string, unknown>>;

/** Instant answers as rows of labels and a value; several targets have a value column each, named as Grafana names it. */
export function frameOf({ targets = [] }: PanelJson, series: readonly Series[]): Frame {
  const several = new Set(series.map(({ refId }) => refId)).size > 1 || targets.length > 1;
  const rows = series.map(({ labels, points, refId }) => {
    const { __name__: _, ...rest } = labels;
    const [atMs, value] = points.at(-1) ?? [];
    return { Time: atMs, ...rest, [several ? `Value #${refId}` : "Value"]: value };
  });
  return { columns: columnsOf(rows), rows };
}

/** Changes a frame as the panel's transformations say; `unknown` is told of one that this preview does not know. */
export function transformed({ transformations = [] }: PanelJson, frame: Frame, unknown: (what: string) => void): Frame {
  return transformations.reduce((before, { id, options = {} }) => {
    const change = TRANSFORMATIONS[id];
    if (change === undefined) unknown(`transformation ${id}`);
    return change?.(before, options) ?? before;
  }, frame);
}

const TRANSFORMATIONS: Readonly<Record<string, (frame: Frame, options: Options) => Frame>> = {
  merge: merged,
  joinByField: merged,
  seriesToColumns: merged,
  labelsToFields: (frame) => frame,
  organize: organized,
  sortBy: sorted,
  limit: ({ columns, rows }, options) => ({ columns, rows: rows.slice(0, Number(options["limitField"] ?? 10)) }),
  filterFieldsByName: filtered,
};

/** Rows that agree in every label become one. */
function merged({ rows }: Frame): Frame {
  const found = new Map<string, Record<string, Cell>>();
  for (const row of rows) {
    const key = JSON.stringify(
      Object.entries(row)
        .filter(([name]) => name !== "Time" && !name.startsWith("Value"))
        .sort(),
    );
    found.set(key, { ...found.get(key), ...row });
  }
  const all = [...found.values()];
  return { columns: columnsOf(all), rows: all };
}

function organized({ columns, rows }: Frame, options: Options): Frame {
  const excluded = (options["excludeByName"] ?? {}) as Readonly<Record<string, boolean>>;
  const renamed = (options["renameByName"] ?? {}) as Readonly<Record<string, string>>;
  const order = (options["indexByName"] ?? {}) as Readonly<Record<string, number>>;
  const included = (options["includeByName"] ?? {}) as Readonly<Record<string, boolean>>;
  const only = Object.values(included).some(Boolean);
  const kept = columns
    .filter((name) => excluded[name] !== true && (!only || included[name] === true))
    .toSorted(
      (a, b) => (order[a] ?? Number.POSITIVE_INFINITY) - (order[b] ?? Number.POSITIVE_INFINITY) || columns.indexOf(a) - columns.indexOf(b),
    );
  const nameOf = (name: string): string => renamed[name] || name;
  return { columns: kept.map(nameOf), rows: rows.map((row) => Object.fromEntries(kept.map((name) => [nameOf(name), row[name]]))) };
}

function sorted({ columns, rows }: Frame, options: Options): Frame {
  const [by] = (options["sort"] ?? []) as readonly { readonly field: string; readonly desc?: boolean }[];
  if (by === undefined) return { columns, rows };
  const up = rows.toSorted((a, b) => compare(a[by.field], b[by.field]));
  return { columns, rows: by.desc === true ? up.toReversed() : up };
}

function filtered({ columns, rows }: Frame, options: Options): Frame {
  const { names, pattern } = (options["include"] ?? {}) as { readonly names?: readonly string[]; readonly pattern?: string };
  const fits = (name: string): boolean =>
    names?.includes(name) === true || (pattern !== undefined && new RegExp(pattern.replace(/^\/|\/$/g, "")).test(name));
  return { columns: names === undefined && pattern === undefined ? columns : columns.filter(fits), rows };
}

function compare(a: Cell, b: Cell): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a ?? "").localeCompare(String(b ?? ""));
}

function columnsOf(rows: readonly Readonly<Record<string, Cell>>[]): readonly string[] {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const isValue = (name: string): boolean => name.startsWith("Value");
  return [...names.filter((name) => !isValue(name)), ...names.filter(isValue)];
}
