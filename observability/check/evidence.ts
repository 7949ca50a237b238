import type { ContractJson } from "#contract/emit-json.ts";
import type { Panel } from "../grafana/panels/model.ts";
import { namesOf } from "./expression.ts";
import { metricOf } from "./names.ts";
import { parseTraceql } from "./traceql-parse.ts";

/**
 * A count of facts must lead to its cases: where the contract says which log event a counter counts, the panel links to a panel with those
 * lines, and where that event has a span, to one with those traces.
 */
export function evidenceProblems(
  panel: Panel,
  { reached, contract }: { readonly reached: readonly Panel[]; readonly contract: ContractJson },
): readonly string[] {
  const events = new Set((panel.targets ?? []).flatMap(({ expr = "" }) => eventsCounted(expr, contract)));
  const lines = new Set(reached.flatMap(linesOf));
  const traces = new Set(reached.flatMap(tracesOf));
  return [...events].flatMap((event) => {
    const span = contract.spans.find(({ type }) => type === event);
    return [
      ...(lines.has(event) ? [] : [`counts what ${event} records and links to no panel with those lines`]),
      ...(span === undefined || traces.has(span.name) ? [] : [`counts what ${event} records and links to no panel with its traces`]),
    ];
  });
}

function eventsCounted(expr: string, contract: ContractJson): string[] {
  return namesOf(expr).selectors.flatMap(({ metric }) => {
    const logs = metricOf(contract, metric ?? "")?.ledger?.logs;
    return logs === undefined ? [] : [logs.event];
  });
}

function linesOf({ type, targets = [] }: Panel): readonly string[] {
  if (type !== "logs") return [];
  return targets.flatMap(({ expr = "" }) =>
    namesOf(expr)
      .filters.filter(({ label }) => label === "event_name")
      .flatMap(({ values }) => values),
  );
}

function tracesOf({ targets = [] }: Panel): readonly string[] {
  return targets.flatMap(({ query = "" }) =>
    parseTraceql(query)
      .conditions.filter(({ field }) => field === "name")
      .map(({ value }) => value.text),
  );
}
