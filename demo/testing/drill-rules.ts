import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse, stringify } from "yaml";

/** By how much a drill is faster than the world. */
const FASTER = 20;
const PROMETHEUS = fileURLToPath(new URL("../../observability/prometheus/prometheus.yaml", import.meta.url));
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

interface RuleFile {
  readonly groups: readonly { readonly rules: readonly Readonly<Record<string, unknown>>[] }[];
}

/** Writes a Prometheus configuration with the rules of the named files, every duration a twentieth, and gives its path. */
export function writeDrillConfig(folder: string, ruleFiles: readonly string[]): string {
  mkdirSync(folder, { recursive: true });
  for (const file of ruleFiles)
    writeFileSync(join(folder, basename(file)), stringify(drill(parse(readFileSync(file, "utf8")) as RuleFile)));
  const config = parse(readFileSync(PROMETHEUS, "utf8")) as Readonly<Record<string, unknown>>;
  const path = join(folder, "prometheus.yaml");
  const rule_files = ruleFiles.map((file) => join(folder, basename(file)));
  writeFileSync(path, stringify({ ...config, global: { evaluation_interval: "1s" }, rule_files }));
  return path;
}

function drill({ groups }: RuleFile): RuleFile {
  return { groups: groups.map((group) => ({ ...group, rules: group.rules.map(drillRule) })) };
}

function drillRule(rule: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const shorter = Object.fromEntries(
    ["for", "keep_firing_for"].flatMap((key) => (typeof rule[key] === "string" ? [[key, shorten(rule[key])]] : [])),
  );
  return { ...rule, ...shorter, expr: drillExpression(String(rule["expr"])) };
}

/** Windows, offsets and, where the left side is in seconds, the threshold. */
function drillExpression(expr: string): string {
  const windows = expr.replace(/\[([^\]]+)\]|offset (\w+)/g, (whole) => whole.replace(/\d+(?:ms|[smhdw])/g, shorten));
  if (!/time\(\)|timestamp\(|_seconds\b/.test(expr)) return windows;
  return windows.replace(
    /([<>]=?) (\d+(?:\.\d+)?)\s*$/,
    (_, comparison: string, seconds: string) => `${comparison} ${Number(seconds) / FASTER}`,
  );
}

function shorten(duration: string): string {
  const ms = [...duration.matchAll(/(\d+)(ms|[smhdw])/g)].reduce(
    (sum, [, count, unit = ""]) => sum + Number(count) * (UNIT_MS[unit] ?? 0),
    0,
  );
  return `${Math.max(1, Math.round(ms / FASTER))}ms`;
}
