import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promtoolTest, testDashboards } from "../observability/promtool.ts";
import { createProgress } from "../stack/progress.ts";
import { findTools } from "../stack/tools.ts";

/** Holds what only the tools themselves can judge: rules and their cases by promtool, the Collector's configuration by the Collector. */
const { promtool, collector } = await findTools(["promtool", "collector"], { progress: createProgress() });
let failed = 0;
for (const { name, ok, output } of [...(await promtoolTest(promtool.path)), ...(await testDashboards(promtool.path))]) {
  process.stdout.write(`${ok ? "✓" : "✗"} ${name}\n${ok ? "" : output}`);
  failed += ok ? 0 : 1;
}
for (const configs of [["otel-config.yaml"], ["otel-config.yaml", "traces-to-file.yaml"]]) {
  const paths = configs.map((file) => fileURLToPath(new URL(`../collector/${file}`, import.meta.url)));
  try {
    execFileSync(collector.path, ["validate", ...paths.flatMap((path) => ["--config", path])], { stdio: "pipe" });
    process.stdout.write(`✓ ${configs.join(" + ")}\n`);
  } catch (error) {
    process.stdout.write(`✗ ${configs.join(" + ")}\n${String((error as { stderr?: Buffer }).stderr)}\n`);
    failed += 1;
  }
}
process.exitCode = failed === 0 ? 0 : 1;
