import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import type { ContractJson } from "#contract/emit-json.ts";
import { checkAlerts } from "./check/alerts.ts";
import { checkCoverage, type NotShown } from "./check/coverage.ts";
import { checkDashboards, type DashboardFile, type ProvisionedSource } from "./check/dashboards.ts";
import { checkDrills } from "./check/drills.ts";
import { type Finding, findingsIn } from "./check/finding.ts";
import { type DerivedField, dataSourceFile, providerFile } from "./check/grafana-data-sources.ts";
import { settingProblems } from "./check/grafana-settings.ts";
import { wiringProblems } from "./check/grafana-wiring.ts";
import { checkRecordLinks } from "./check/record-links.ts";
import { type RuleFile, readRuleFile, secondsOf } from "./check/rule-files.ts";
import { tempoProblems } from "./check/tempo-settings.ts";
import type { Dashboard } from "./grafana/panels/model.ts";

/** Everything the checks look at, read from a checkout. */
export interface Observability {
  readonly contract: ContractJson;
  readonly dashboards: readonly DashboardFile[];
  readonly rules: readonly RuleFile[];
  readonly runbooks: readonly string[];
  readonly provisioning: Provisioning;
  /** tempo.yaml as it stands. */
  readonly tempo: string;
}

/** What Grafana's provisioning says. */
export interface Provisioning {
  readonly dataSources: readonly ProvisionedSource[];
  /** Environment variables that the files read. */
  readonly variables: readonly string[];
  /** Those that defaults.env sets. */
  readonly defaults: readonly string[];
  /** The files as they stand, by their path. */
  readonly files: Readonly<Record<string, string>>;
}

/** Metrics that no dashboard shows, each with the reason. */
export const NOT_SHOWN: NotShown = {
  "offing.stack.canaries": "the canary of `offing doctor`, which looks for it itself and says what it found",
};
const ROOT = join(import.meta.dirname, "..");
const DEFAULTS = "observability/grafana/provisioning/defaults.env";
const SETTINGS = "observability/grafana/grafana.ini";
const TEMPO = "observability/tempo/tempo.yaml";

/**
 * Holds dashboards, alert rules, promtool cases, runbooks and data sources together, and all their names to the contract. Pure: what
 * needs promtool or the running stack is in promtool.ts and live.ts.
 */
export function checkObservability(all: Observability, notShown: NotShown = NOT_SHOWN): readonly Finding[] {
  const { contract, dashboards, rules, runbooks, provisioning } = all;
  return [
    ...checkDashboards(dashboards, { contract, dataSources: provisioning.dataSources }),
    ...checkAlerts(rules, { contract, dashboards, runbooks }),
    ...checkDrills(rules),
    ...checkCoverage(dashboards, contract, notShown),
    ...checkProvisioning(provisioning, contract),
    ...checkRecordLinks(dashboards, { fields: derivedFieldsOf(provisioning), contract }),
    ...tempoProblems(all.tempo).map((problem) => findingsIn(TEMPO)("file", problem)),
  ];
}

/** Reads what `checkObservability` looks at from the checkout at `root`. */
export function readObservability(root: string = ROOT): Observability {
  const read = (path: string): string => readFileSync(join(root, path), "utf8");
  const list = (pattern: string): readonly string[] => globSync(pattern, { cwd: root }).sort();
  const testsOf = (path: string): string | undefined => list(path.replace(/\.yaml$/, ".test.yaml")).map(read)[0];
  return {
    contract: JSON.parse(read("contract/generated/contract.json")) as ContractJson,
    dashboards: list("observability/grafana/dashboards/**/*.json").map((file) => ({
      file,
      dashboard: JSON.parse(read(file)) as Dashboard,
    })),
    rules: list("observability/prometheus/rules/*.rules.yaml").map((file) =>
      readRuleFile(file, { rules: read(file), tests: testsOf(file) }),
    ),
    runbooks: list("docs/runbooks/*.md"),
    tempo: read(TEMPO),
    provisioning: readProvisioning(
      Object.fromEntries([...list("observability/grafana/provisioning/*/*.yaml"), SETTINGS].map((file) => [file, read(file)])),
      read(DEFAULTS),
    ),
  };
}

const sourceShape = z.object({
  uid: z.string(),
  type: z.string(),
  jsonData: z.object({ timeInterval: z.string().optional() }).default({}),
});
const dataSourcesShape = z.object({ datasources: z.array(sourceShape).default([]) });

function readProvisioning(files: Readonly<Record<string, string>>, defaults: string): Provisioning {
  // In the YAML files Grafana writes a plain dollar as two.
  const values = Object.values(files).map((text) => text.replace(/^\s*#.*$/gm, "").replaceAll("$$", ""));
  const variables = values.flatMap((text) => [...text.matchAll(/\$\{?([A-Z][A-Z0-9_]*)/g)].map(([, name]) => name ?? ""));
  const sources = Object.entries(files).flatMap(([file, text]) => (file.includes("/datasources/") ? [text] : []));
  return {
    dataSources: sources.flatMap((text) => dataSourcesShape.parse(parse(text)).datasources.map(sourceIn)),
    variables: [...new Set(variables)],
    defaults: [...defaults.matchAll(/^([A-Z][A-Z0-9_]*)=/gm)].map(([, name]) => name ?? ""),
    files,
  };
}

function sourceIn({ uid, type, jsonData: { timeInterval } }: z.infer<typeof sourceShape>): ProvisionedSource {
  return { uid, type, ...(timeInterval !== undefined && { intervalSeconds: secondsOf(timeInterval) }) };
}

/** An unset variable becomes empty without a word, so each must have its default. */
function checkProvisioning({ variables, defaults, files }: Provisioning, contract: ContractJson): Finding[] {
  const finding = findingsIn(DEFAULTS);
  return [
    ...variables.filter((name) => !defaults.includes(name)).map((name) => finding(name, "is read by the provisioning and has no default")),
    ...defaults.filter((name) => !variables.includes(name)).map((name) => finding(name, "is set and read by nothing")),
    ...Object.entries(files).flatMap(([file, text]) => fileProblems(file, { text, contract }).map((one) => findingsIn(file)("file", one))),
  ];
}

function fileProblems(file: string, { text, contract }: { readonly text: string; readonly contract: ContractJson }): readonly string[] {
  if (file === SETTINGS) return settingProblems(text);
  if (file.includes("/datasources/")) return wiringProblems(parse(text), contract);
  return providerFile.safeParse(parse(text)).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];
}

/** How the fields of a line become links; what is wrong with the file itself is found by `wiringProblems`. */
function derivedFieldsOf({ files }: Provisioning): readonly DerivedField[] {
  const sources = Object.entries(files).flatMap(([file, text]) =>
    file.includes("/datasources/") ? [dataSourceFile.safeParse(parse(text))] : [],
  );
  const all = sources.flatMap(({ data }) => data?.datasources ?? []);
  return all.flatMap((source) => (source.type === "loki" ? source.jsonData.derivedFields : []));
}

if (import.meta.main) {
  const all = readObservability();
  const findings = checkObservability(all);
  for (const { file, place, problem } of findings) process.stderr.write(`${file}: ${place}: ${problem}\n`);
  const counts = `${all.dashboards.length} dashboards, ${all.rules.flatMap(({ rules }) => rules).length} alerts, ${all.contract.metrics.length} metrics`;
  process.stdout.write(`observability: ${counts}, ${findings.length} findings\n`);
  process.exitCode = findings.length === 0 ? 0 : 1;
}
