import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const ROOT = import.meta.dirname;

/** Generated code as it is while a new name is missing in it: whoever loads it fails. The errors' list alone is always there. */
const BEHIND = `import { registerHooks } from "node:module";
registerHooks({ load: (url, context, next) => {
  if (/contract\\/generated\\/(?!errors)/.test(url)) throw new SyntaxError("does not provide an export named 'newName'");
  return next(url, context);
} });`;

async function run(...args: readonly string[]): Promise<string> {
  const hooks = `data:text/javascript,${encodeURIComponent(BEHIND)}`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", hooks, join(ROOT, "cli.ts"), ...args], { cwd: ROOT });
  return stdout;
}

test("generated code that is behind can still be written anew", async () => {
  expect(await run("contract", "generate")).toBe("contract: generated files are up to date\n");
});

test("every other command needs it", async () => {
  await expect(run("run", "--help")).rejects.toThrow("does not provide an export named");
});
