import type { Backends } from "./backends.ts";
import type { DashboardJson, VariableJson } from "./panel-json.ts";
import { durationText, type TimeRange } from "./time-range.ts";

/** A template variable with what it holds now. */
export interface Variable {
  readonly name: string;
  readonly label: string;
  /** What a reader sees: `All`, or the chosen values. */
  readonly shown: string;
  /** Hidden from the head of the page, as in Grafana. */
  readonly hidden: boolean;
  readonly values: readonly string[];
  /** Stands in the place of all values when all are chosen. */
  readonly allValue?: string;
  readonly isMulti: boolean;
}

/** Which values a caller wants, by the name of the variable; every other variable is as the dashboard has it. */
export type Chosen = Readonly<Record<string, readonly string[]>>;

/** What a query may name besides the dashboard's own variables. */
export interface Times {
  readonly range: TimeRange;
  readonly intervalMs: number;
  readonly rateIntervalMs: number;
}

/** Asks what each variable of a dashboard may hold, in their order, since one may use those before it. */
export async function resolveVariables(
  dashboard: DashboardJson,
  { backends, range, chosen = {} }: { readonly backends: Backends; readonly range: TimeRange; readonly chosen?: Chosen },
): Promise<readonly Variable[]> {
  const found: Variable[] = [];
  for (const json of dashboard.templating?.list ?? []) {
    const options = sorted(await optionsOf(json, { backends, range, before: found }), json.sort);
    found.push(variableOf(json, { options, wanted: chosen[json.name] }));
  }
  return found;
}

/** Puts values in the place of `$name`, `${name}`, `${name:format}` and `[[name]]`. A name nobody defines stays as it is. */
export function interpolate(text: string, variables: readonly Variable[], times: Times): string {
  const pattern = /\$\{(\w+)(?::(\w+))?\}|\[\[(\w+)(?::(\w+))?\]\]|\$(\w+)/g;
  return text.replace(pattern, (whole, braced?: string, format?: string, bracketed?: string, otherFormat?: string, bare?: string) => {
    const name = braced ?? bracketed ?? bare ?? "";
    const builtIn = builtIns(times)[name];
    if (builtIn !== undefined) return builtIn;
    const variable = variables.find((one) => one.name === name);
    return variable === undefined ? whole : write(variable, format ?? otherFormat ?? "");
  });
}

function builtIns({ range: { fromMs, toMs }, intervalMs, rateIntervalMs }: Times): Readonly<Record<string, string>> {
  const rangeMs = toMs - fromMs;
  return {
    __interval: durationText(intervalMs),
    __interval_ms: String(intervalMs),
    __auto: durationText(intervalMs),
    __rate_interval: durationText(rateIntervalMs),
    __rate_interval_ms: String(rateIntervalMs),
    __range: `${Math.round(rangeMs / 1000)}s`,
    __range_s: String(Math.round(rangeMs / 1000)),
    __range_ms: String(rangeMs),
    __from: String(fromMs),
    __to: String(toMs),
  };
}

/** Grafana's way to write a variable into a query: one value as it is, several as a regular expression. */
function write({ values, allValue, isMulti, name }: Variable, format: string): string {
  if (allValue !== undefined && format === "") return allValue;
  switch (format) {
    case "csv":
    case "raw":
    case "text":
      return values.join(",");
    case "pipe":
      return values.join("|");
    case "doublequote":
      return values.map((value) => `"${value}"`).join(",");
    case "queryparam":
      return values.map((value) => `var-${name}=${encodeURIComponent(value)}`).join("&");
    default:
      if (!isMulti && format !== "regex") return values[0] ?? "";
      return values.length === 1 ? escapeRegex(values[0] ?? "") : `(${values.map(escapeRegex).join("|")})`;
  }
}

/** Twice, because the expression stands in a quoted string of PromQL or LogQL. */
function escapeRegex(value: string): string {
  return value.replace(/[\\^$.*+?()[\]{}|]/g, "\\\\$&");
}

interface Asking {
  readonly backends: Backends;
  readonly range: TimeRange;
  readonly before: readonly Variable[];
}

async function optionsOf(json: VariableJson, { backends, range, before }: Asking): Promise<readonly string[]> {
  const text = typeof json.query === "string" ? json.query : "";
  if (json.type === "custom") return text.split(",").map((part) => part.trim().replace(/^.* : /, ""));
  if (json.type === "constant" || json.type === "textbox") return [text];
  if (json.type === "datasource") return [text];
  if (json.type === "interval") return text.split(",");
  const times: Times = { range, intervalMs: 60_000, rateIntervalMs: 60_000 };
  const source = json.datasource?.type === "loki" || json.datasource?.uid === "loki" ? "loki" : "prometheus";
  const { label, match } = labelQuery(json, (query) => interpolate(query, before, times));
  if (label === undefined) return [];
  const values = await backends.labelValues(source, { label, match, range });
  return filtered(values, json.regex ?? "");
}

/** `label_values(SELECTOR, LABEL)`, also as the object that Grafana's editor writes. */
function labelQuery({ query }: VariableJson, fill: (text: string) => string): { readonly label?: string; readonly match: string } {
  if (typeof query === "object" && query.label !== undefined) return { label: query.label, match: fill(query.stream ?? "") };
  const text = typeof query === "object" ? (query.query ?? "") : (query ?? "");
  const [, match = "", label] = /^label_values\((?:(.*),)?\s*(\w+)\s*\)$/s.exec(text.trim()) ?? [];
  return { ...(label !== undefined && { label }), match: fill(match.trim()) };
}

function filtered(values: readonly string[], regex: string): readonly string[] {
  if (regex === "") return values;
  const pattern = new RegExp(regex.replace(/^\/|\/\w*$/g, ""));
  return values.flatMap((value) => {
    const match = pattern.exec(value);
    return match === null ? [] : [match[1] ?? match[0]];
  });
}

/** 1 and 2 are by alphabet, 3 and 4 by number; the even ones turn it round. */
function sorted(values: readonly string[], sort = 0): readonly string[] {
  const order = sort === 3 || sort === 4 ? (a: string, b: string) => Number(a) - Number(b) : (a: string, b: string) => a.localeCompare(b);
  if (sort === 0) return values;
  const up = values.toSorted(order);
  return sort % 2 === 0 ? up.toReversed() : up;
}

function variableOf(
  json: VariableJson,
  { options, wanted }: { readonly options: readonly string[]; readonly wanted: readonly string[] | undefined },
): Variable {
  const shared = { name: json.name, label: json.label ?? json.name, hidden: json.hide === 2, isMulti: json.multi === true };
  const current = [json.current?.value ?? []].flat().filter((value) => value !== "");
  const chosen = wanted ?? current;
  if (wanted === undefined && (current.includes("$__all") || (current.length === 0 && json.includeAll === true))) {
    return { ...shared, shown: "All", values: options, isMulti: true, ...(json.allValue !== undefined && { allValue: json.allValue }) };
  }
  const values = chosen.length > 0 ? chosen : options.slice(0, 1);
  return { ...shared, shown: values.length === 0 ? "none" : values.join(" + "), values };
}
