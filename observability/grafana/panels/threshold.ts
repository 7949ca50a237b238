import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { OffingError } from "#core/errors.ts";
import { runbookOf } from "../../check/alerts.ts";
import { type AlertRule, readRuleFile } from "../../check/rule-files.ts";

/** Where a value turns bad: over a number, or from it on. */
export type Threshold = { readonly over: number } | { readonly from: number };

/** What a panel takes from the alert it stands for. */
export interface PanelAlert {
  /** Undefined where the rule compares with another series, as with a threshold that the configuration sets. */
  readonly threshold: Threshold | undefined;
  /** The alert and its runbook, as the last sentence of a description. */
  readonly sentence: string;
}

const RULES = join(import.meta.dirname, "..", "..", "prometheus", "rules");
let rules: readonly AlertRule[] | undefined;

/**
 * What the rule files say of an alert: a panel has no number of its own.
 *
 * @throws CONTRACT_INVALID when no rule has this name
 */
export function alertOf(name: string): PanelAlert {
  rules ??= readRules();
  const rule = rules.find(({ alert }) => alert === name);
  if (rule === undefined) throw new OffingError("CONTRACT_INVALID", { message: `no rule is called ${name}`, context: { alert: name } });
  return { threshold: thresholdIn(rule.expr), sentence: `Alert: ${name}, ${runbookOf(name)}.` };
}

/** The first number that an expression compares with: what stands behind it narrows the alert, and marks no other value as bad. */
export function thresholdIn(expr: string): Threshold | undefined {
  const [, op, number] = /(>=?)\s*(\d+(?:\.\d+)?)(?:\s|$)/.exec(expr) ?? [];
  if (op === undefined || number === undefined) return undefined;
  return op === ">" ? { over: Number(number) } : { from: Number(number) };
}

function readRules(): readonly AlertRule[] {
  return globSync("*.rules.yaml", { cwd: RULES }).flatMap(
    (file) => readRuleFile(file, { rules: readFileSync(join(RULES, file), "utf8"), tests: undefined }).rules,
  );
}
