import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse, stringify } from "yaml";
import { type AlertRule, secondsOf } from "../check/rule-files.ts";

/** By how much a drill is quicker than real trouble. */
export const DRILL_DIVISOR = 20;

const PROMETHEUS = join(import.meta.dirname, "..", "prometheus");
const ALERTMANAGER = join(import.meta.dirname, "..", "alertmanager", "alertmanager.yaml");

/**
 * Writes a Prometheus configuration into `folder` whose rules are the real ones with every duration divided, so that a drill fires and
 * clears its alert in seconds. The real durations are held by promtool.
 *
 * @returns the configuration's path
 */
export function writeDrillConfig(folder: string): string {
  mkdirSync(join(folder, "rules"), { recursive: true });
  for (const file of globSync("*.rules.yaml", { cwd: join(PROMETHEUS, "rules") })) {
    const { groups } = parse(readFileSync(join(PROMETHEUS, "rules", file), "utf8")) as {
      groups: readonly { rules: readonly AlertRule[] }[];
    };
    const drilled = groups.map((group) => ({ ...group, interval: "1s", rules: group.rules.map(drillRule) }));
    writeFileSync(join(folder, "rules", file), stringify({ groups: drilled }));
  }
  const config = join(folder, "prometheus.yaml");
  writeFileSync(config, readFileSync(join(PROMETHEUS, "prometheus.yaml"), "utf8"));
  return config;
}

/**
 * Writes an Alertmanager configuration into `folder` whose waits and repetitions are a twentieth, so that the Watchdog comes as often as a
 * drill's rules ask for it.
 *
 * @returns the configuration's path
 */
export function writeDrillAlertmanager(folder: string): string {
  mkdirSync(folder, { recursive: true });
  const config = parse(readFileSync(ALERTMANAGER, "utf8"), { merge: true }) as { route: Route; templates: readonly string[] };
  const templates = config.templates.map((path) => join(dirname(ALERTMANAGER), path));
  const path = join(folder, "alertmanager.yaml");
  writeFileSync(path, stringify({ ...config, templates, route: drillRoute(config.route) }, { aliasDuplicateObjects: false }));
  return path;
}

interface Route {
  readonly routes?: readonly Route[];
  readonly [key: string]: unknown;
}

function drillRoute(route: Route): Route {
  const waits = Object.entries(route).flatMap(([key, wait]) =>
    /_(?:wait|interval)$/.test(key) && typeof wait === "string" && wait !== "0s" ? [[key, divided(wait)]] : [],
  );
  return { ...route, ...Object.fromEntries(waits), ...(route.routes !== undefined && { routes: route.routes.map(drillRoute) }) };
}

/** A rule with every duration divided: `for`, `keep_firing_for`, ranges and offsets, and each number that seconds are compared with. */
export function drillRule(rule: AlertRule): AlertRule {
  const { for: pending, keep_firing_for: held } = rule;
  return {
    ...rule,
    expr: drillExpr(rule.expr),
    ...(pending !== undefined && { for: divided(pending) }),
    ...(held !== undefined && { keep_firing_for: divided(held) }),
  };
}

function drillExpr(expr: string): string {
  const shorter = expr
    .replace(
      /\[(\w+)(?::(\w+))?\]/g,
      (_, range: string, step?: string) => `[${divided(range)}${step === undefined ? "" : `:${divided(step)}`}]`,
    )
    .replace(/\boffset (\w+)/g, (_, by: string) => `offset ${divided(by)}`);
  // What stands between two set operators is compared by itself.
  return shorter
    .split(/(\s(?:unless|and|or)\s)/)
    .map((part) =>
      /\btime\(\)|_seconds(?:_bucket)?\b/.test(part)
        ? part.replace(/([<>]=?\s*)(\d+(?:\.\d+)?)/, (_, op: string, number: string) => `${op}${Number(number) / DRILL_DIVISOR}`)
        : part,
    )
    .join("");
}

/** At least a second: Prometheus evaluates no more often. */
function divided(duration: string): string {
  return `${Math.max(1000, Math.round((secondsOf(duration) * 1000) / DRILL_DIVISOR))}ms`;
}
