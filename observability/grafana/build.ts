import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { alertsDashboard } from "./panels/alerts.ts";
import { chainDashboard } from "./panels/chain.ts";
import { homeDashboard } from "./panels/home.ts";
import type { Dashboard } from "./panels/model.ts";
import { networkAndStorageDashboard, operationsDashboard, syncPipelineDashboard } from "./panels/node-details.ts";
import { nodeOverviewDashboard } from "./panels/node-overview.ts";

const FOLDER = join(import.meta.dirname, "dashboards");
const COMMAND = "node observability/grafana/build.ts";

/** Every dashboard by its file name. */
const DASHBOARDS: Readonly<Record<string, () => Dashboard>> = {
  "alerts.json": alertsDashboard,
  "chain.json": chainDashboard,
  "home.json": homeDashboard,
  "network-and-storage.json": networkAndStorageDashboard,
  "node-overview.json": nodeOverviewDashboard,
  "operations.json": operationsDashboard,
  "sync-pipeline.json": syncPipelineDashboard,
};

/** Compiles every dashboard; the same panels give the same bytes. */
export function buildDashboards(): ReadonlyMap<string, string> {
  return new Map(Object.entries(DASHBOARDS).map(([file, make]) => [file, `${JSON.stringify(make(), null, 2)}\n`]));
}

/** What a folder of written dashboards has too much, too little or different. */
export function dashboardDrift(folder: string): readonly string[] {
  const built = buildDashboards();
  const written = readdirSync(folder).filter((file) => file.endsWith(".json"));
  const drift = [...built].flatMap(([file, text]) => {
    if (!written.includes(file)) return [`${file} was never written`];
    return readFileSync(join(folder, file), "utf8") === text ? [] : [`${file} differs from its panels`];
  });
  return [...drift, ...written.filter((file) => !built.has(file)).map((file) => `${file} has no panels it is built from`)];
}

/** Writes every dashboard to a folder and removes what has no panels. */
export function writeDashboards(folder: string): void {
  const built = buildDashboards();
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of built) writeFileSync(join(folder, file), text);
  for (const file of readdirSync(folder)) if (file.endsWith(".json") && !built.has(file)) rmSync(join(folder, file));
}

if (import.meta.main) {
  if (process.argv.includes("--check")) {
    const drift = dashboardDrift(FOLDER);
    for (const fault of drift) process.stderr.write(`${fault}: run \`${COMMAND}\` and commit the result\n`);
    process.stdout.write(`dashboards: ${buildDashboards().size} built, ${drift.length} differ\n`);
    process.exitCode = drift.length === 0 ? 0 : 1;
  } else {
    writeDashboards(FOLDER);
  }
}
