import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "offing-walls-"));
  copyFileSync(join(ROOT, "biome.json"), join(folder, "biome.json"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What Biome says of an import planted in a file of that place, under the rules of this repository. */
function lint(path: string, specifier: string): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `import { thing } from "${specifier}";\n\n/** Uses it. */\nexport const used: unknown = thing;\n`);
  const { stdout, stderr } = spawnSync(join(ROOT, "node_modules/.bin/biome"), ["lint", "--vcs-enabled=false", path], {
    cwd: folder,
    encoding: "utf8",
  });
  expect(stdout + stderr).toContain("Checked 1 file");
  return stdout + stderr;
}

test.each([
  ["core/planted.ts", "../emitters/chain/facts.ts"],
  ["core/planted.ts", "pg"],
  ["core/planted.ts", "node:sqlite"],
  ["emitters/chain/planted.ts", "../funding/facts.ts"],
  ["emitters/chain/planted.ts", "../../stack/start.ts"],
  ["emitters/chain/planted.ts", "kysely"],
  ["emitters/chain/planted.ts", "@opentelemetry/api"],
  ["contract/planted.ts", "../emitters/chain/facts.ts"],
  ["drill/planted.ts", "#core/otlp.ts"],
  ["drill/planted.ts", "#core/ledger/open.ts"],
  ["drill/planted.ts", "#core/process-metrics.ts"],
])("%s may not import %s", (path, specifier) => {
  expect(lint(path, specifier)).toContain("noRestrictedImports");
});

test.each([
  ["core/ledger/planted.ts", "pg"],
  ["emitters/chain/planted.ts", "#core/fact.ts"],
  ["emitters/chain/planted.ts", "./facts.ts"],
])("%s may import %s", (path, specifier) => {
  expect(lint(path, specifier)).not.toContain("noRestrictedImports");
});
