import type { ContractJson } from "#contract/emit-json.ts";
import { queryPrometheus } from "#core/backends.ts";
import { namesOf } from "../check/expression.ts";
import { metricOf } from "../check/names.ts";
import { type DashboardQuery, dashboardQueries, substitute } from "../queries.ts";
import { drivenSum } from "./driven.ts";

/** A panel whose figures are not what the driver caused. */
export interface Difference {
  readonly panel: string;
  readonly asked: string;
  readonly expected: number;
  readonly found: number | undefined;
}

/** When and what the driver sent last. */
export interface DrivenRound {
  readonly atMs: number;
  readonly round: number;
}

/** Series that nobody drives: Prometheus makes its alerts, and the Collector counts what really passes. */
const UNDRIVEN = /^(ALERTS$|otelcol_)/;

/**
 * Compares one query of every panel with what the driver sent. A query that only adds, takes away and sums is compared whole, one of an
 * age at the same moment; of any other each selector is. Both sides must be the same and not zero.
 */
export async function compareDriven(prometheus: string, contract: ContractJson, driven: DrivenRound): Promise<readonly Difference[]> {
  const first = new Map(
    dashboardQueries()
      .filter(isOfPanel)
      .toReversed()
      .map((query) => [`${query.uid} ${query.panel}`, query]),
  );
  const questions = [...first.values()].flatMap((query) => questionsOf(query, contract, driven));
  const differences: Difference[] = [];
  for (const { panel, asked, expected } of questions) {
    const [sample] = await queryPrometheus(prometheus, `sum(${asked})`, driven.atMs);
    const same = sample !== undefined && expected !== 0 && Math.abs(sample.value - expected) <= 1e-6 * Math.abs(expected);
    if (!same) differences.push({ panel, asked, expected, found: sample?.value });
  }
  return differences;
}

/** The panels that can be compared, and how many questions are asked of them. */
export function comparable(contract: ContractJson): { readonly panels: number; readonly skipped: readonly string[] } {
  const queries = dashboardQueries().filter(isOfPanel);
  const asked = new Set(
    queries.filter((query) => questionsOf(query, contract, { atMs: 0, round: 1 }).length > 0).map(({ panel }) => panel),
  );
  const skipped = [...new Set(queries.map(({ panel }) => panel))].filter((panel) => !asked.has(panel));
  return { panels: asked.size, skipped };
}

/**
 * What a panel would say ten minutes from now if nothing more came: queries that answer zero. Nothing (no data) and an age are right.
 */
export async function zerosWhenStopped(
  prometheus: string,
  { atMs, queries = dashboardQueries() }: { readonly atMs: number; readonly queries?: readonly DashboardQuery[] },
): Promise<readonly string[]> {
  const zeros: string[] = [];
  for (const { panel, expr } of queries.filter(isOfPanel)) {
    const samples = await queryPrometheus(prometheus, substitute(expr), atMs + 600_000);
    if (samples.some(({ value }) => value === 0)) zeros.push(`${panel}: ${expr}`);
  }
  return zeros;
}

function isOfPanel({ datasource, panel, label }: DashboardQuery): boolean {
  return datasource === "prometheus" && label === undefined && !panel.startsWith("annotation ");
}

function questionsOf(
  { panel, expr: written }: DashboardQuery,
  contract: ContractJson,
  { atMs, round }: DrivenRound,
): readonly { readonly panel: string; readonly asked: string; readonly expected: number }[] {
  const expr = substitute(written);
  const { selectors } = namesOf(expr);
  if (selectors.some(({ metric = "" }) => UNDRIVEN.test(metric) || metricOf(contract, metric) === undefined)) return [];
  const sums = selectors.map((selector) => drivenSum(contract, { selector, atMs, round }));
  const signs = signsOf(expr);
  if (signs !== undefined) return [{ panel, asked: expr, expected: sums.reduce((sum, one, at) => sum + (signs[at] ?? 0) * one.sum, 0) }];
  const [age] = sums;
  if (/^time\(\) - [\w:]+\{[^}]*\}$/.test(expr) && age !== undefined) {
    return [{ panel, asked: expr.replace("time()", String(atMs / 1000 + 1)), expected: age.series * (atMs / 1000 + 1) - age.sum }];
  }
  return selectorTexts(expr).map((asked, at) => ({ panel, asked, expected: sums[at]?.sum ?? 0 }));
}

/** The sign of each selector, where an expression only adds, takes away and sums. */
function signsOf(expr: string): readonly number[] | undefined {
  const inner = /^sum by \([^)]*\) \((.*)\)$/s.exec(expr)?.[1] ?? expr;
  const parts = inner.split(/ ([+-]) /);
  const selectors = parts.filter((_, index) => index % 2 === 0);
  if (!selectors.every((part) => /^[\w:]+(\{[^}]*\})?$/.test(part))) return undefined;
  return selectors.map((_, index) => (parts[2 * index - 1] === "-" ? -1 : 1));
}

/** The selectors of an expression as they are written, in their order. */
function selectorTexts(expr: string): readonly string[] {
  return [...expr.matchAll(/[a-zA-Z_:][\w:]*\{[^}]*\}/g)].map(([text]) => text);
}
