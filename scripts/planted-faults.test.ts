import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const BIN = join(ROOT, "node_modules", ".bin");
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "offing-planted-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text, { mode: 0o755 });
}

function run(program: string, ...args: readonly string[]): { readonly status: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: folder, encoding: "utf8" });
  return { status, said: stdout + stderr };
}

test("bats finds a planted fault: an entry script that splits what it hands over", () => {
  const entry = readFileSync(join(ROOT, "offing"), "utf8");
  const title = "hands over to cli.ts with every argument as it was, under the pinned node";
  const planted = entry.replace('/cli.ts" "$@"', () => '/cli.ts" $*');
  expect(planted).not.toBe(entry);
  write("offing", planted);
  cpSync(join(ROOT, "stack/offing.bats"), join(folder, "stack/offing.bats"));
  const { status, said } = run(join(ROOT, "node_modules/bats/bin/bats"), "--formatter", "tap", "--filter", `^${title}$`, "stack");
  expect({ status, said }).toMatchObject({ status: 1, said: expect.stringContaining(`\nnot ok 1 ${title}`) });
});

test("knip finds a planted fault: an export and a file that nobody uses, under this repository's settings", () => {
  cpSync(join(ROOT, "knip.json"), join(folder, "knip.json"));
  write("package.json", '{ "name": "planted", "type": "module" }');
  write("cli.ts", 'import { used } from "./core/tide.ts";\n\nused();\n');
  write("core/tide.ts", "export function used(): void {}\n\nexport function planted(): void {}\n");
  write("core/ebb.ts", "export const ebb = 1;\n");
  const { status, said } = run(join(BIN, "knip"));
  expect(status, said).toBe(1);
  expect(said).toMatch(/Unused files \(1\)\s+core\/ebb\.ts/u);
  expect(said).toMatch(/Unused exports \(1\)\s+planted\s+function\s+core\/tide\.ts/u);
});

test("the shell check finds a planted fault: what is badly formatted, and what shellcheck knows", () => {
  expect(run("git", "init", "--quiet").status).toBe(0);
  write("planted.sh", "#!/bin/sh\nrm   -f $1\n");
  const { status, said } = run(join(BIN, "node"), join(ROOT, "scripts/lint-shell.ts"));
  expect(status, said).toBe(1);
  expect(said).toContain("planted.sh: not formatted");
  expect(said).toContain("2086");
  expect(said).toContain("shell: 1 files, 2 faults");
});
