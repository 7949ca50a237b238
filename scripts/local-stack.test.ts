import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readObservability } from "../observability/check.ts";

const ROOT = join(import.meta.dirname, "..");
const PAGE = readFileSync(join(ROOT, "docs/local-stack.md"), "utf8");
const ALERTS = readObservability().rules.flatMap(({ rules }) => rules.map(({ alert }) => alert));

/** What the page names and is not there: settings in files, titles in tests, alerts. */
function missingIn(page: string): readonly string[] {
  const read = (file: string): string => (existsSync(join(ROOT, file)) ? readFileSync(join(ROOT, file), "utf8") : "");
  const settings = [...page.matchAll(/`([^`]+)` in `([^`]+)`/g)].filter(([, setting = "", file = ""]) => !read(file).includes(setting));
  const proofs = [...page.matchAll(/\| `([^`]+\.test\.ts)`: (.+?) \|$/gm)].filter(
    ([, file = "", title = ""]) => !read(file).includes(`"${title}"`),
  );
  const alerts = [...page.matchAll(/\b(?:Offing|Node|Chain)(?:[A-Z][a-z]+){1,}\b/g)].filter(([name]) => !ALERTS.includes(name));
  return [
    ...settings.map(([, setting, file]) => `${setting} in ${file}`),
    ...proofs.map(([, file, title]) => `${file}: ${title}`),
    ...alerts.map(([name]) => name),
  ];
}

test("every setting, test and alert that the page of the local stack names is there", () => {
  expect(missingIn(PAGE)).toEqual([]);
  expect([...PAGE.matchAll(/`[^`]+` in `[^`]+`/g)].length).toBeGreaterThanOrEqual(9);
  expect([...PAGE.matchAll(/\.test\.ts`: /g)].length).toBeGreaterThanOrEqual(24);
});

test.each([
  [
    "a retention that is set otherwise",
    "block_retention: 720h",
    "block_retention: 24h",
    "block_retention: 24h in observability/tempo/tempo.yaml",
  ],
  ["a test that was renamed", "dashboardDrift", "dashboardDrifts", "observability/grafana/build.test.ts: dashboardDrifts"],
  ["an alert that is gone", "OffingCollectorSilent;", "OffingCollectorMute;", "OffingCollectorMute"],
])("a planted fault is found: %s", (_, good, bad, problem) => {
  expect(PAGE).toContain(good);
  expect(missingIn(PAGE.replace(good, bad))).toEqual([problem]);
});
