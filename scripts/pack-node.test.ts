import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type OtlpReceiver, startOtlpReceiver } from "#core/testing/otlp-receiver.ts";
import { spansOf } from "../emitters/node/library/testing/received.ts";
import { packNodeLibrary } from "./pack-node.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
let project: string;
let packed: string;
let receiver: OtlpReceiver;

/** An empty project with the tarball unpacked as npm would, its dependencies linked from this checkout: nothing is downloaded. */
beforeAll(async () => {
  receiver = await startOtlpReceiver();
  project = mkdtempSync(join(tmpdir(), "offing-user-"));
  const home = join(project, "node_modules/@offing/node");
  mkdirSync(home, { recursive: true });
  packed = packNodeLibrary(project);
  execFileSync("tar", ["-xzf", packed, "-C", home, "--strip-components=1"]);
  const { dependencies } = JSON.parse(readFileSync(join(home, "package.json"), "utf8")) as { dependencies: Record<string, string> };
  for (const name of [...Object.keys(dependencies), "@types/node", "undici-types"]) {
    const place = join(project, "node_modules", name);
    mkdirSync(dirname(place), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), place);
  }
  writeFileSync(join(project, "package.json"), '{ "name": "user", "private": true, "type": "module" }\n');
  writeFileSync(join(project, "node.toml"), `[telemetry.traces]\nenabled = true\notlp_endpoint = "${receiver.url}"\n`);
});
afterAll(async () => {
  await receiver.close();
  rmSync(project, { recursive: true });
});

const THREE_LINES = `import { startNodeTelemetry } from "@offing/node";
const { command, shutdown } = await startNodeTelemetry({ file: "node.toml" });
await command("publish", { operation_id: "op-1" }, async (span) => span.set({ "asset.count": 3 }));
await shutdown();
`;

test("the tarball holds JavaScript and types only, with exact versions of what it needs", () => {
  const names = execFileSync("tar", ["-tzf", packed], { encoding: "utf8" }).trim().split("\n");
  const foreign = names.filter((name) => !/\.js$|\.d\.ts$|\/(?:package\.json|LICENSE|README\.md)$/u.test(name));
  expect(foreign).toEqual([]);
  expect(names.filter((name) => /ledger|testing|\.test\./u.test(name))).toEqual([]);
  const { dependencies } = JSON.parse(readFileSync(join(project, "node_modules/@offing/node/package.json"), "utf8"));
  for (const version of Object.values(dependencies)) expect(version).toMatch(/^\d+\.\d+\.\d+$/u);
});

test("an empty project runs the three lines", async () => {
  writeFileSync(join(project, "three.js"), THREE_LINES);
  const { execFile } = await import("node:child_process");
  await new Promise<void>((resolve, reject) => {
    execFile(process.execPath, ["three.js"], { cwd: project }, (error, _, stderr) =>
      error === null ? resolve() : reject(new Error(stderr)),
    );
  });
  expect(spansOf(receiver)).toMatchObject([{ name: "command.publish", attributes: { operation_id: "op-1", "asset.count": 3 } }]);
});

test("its types hold in a strict project, and refuse what is not in the contract", () => {
  const wrong = 'await command("publish", {}, async (span) => span.endsAs("fine"));\n';
  writeFileSync(join(project, "three.ts"), `${THREE_LINES}${wrong}`);
  const options = { module: "nodenext", target: "es2024", strict: true, noEmit: true, types: ["node"] };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions: options, files: ["three.ts"] }));
  let printed = "";
  try {
    execFileSync(join(ROOT, "node_modules/.bin/tsc"), ["--project", project, "--pretty", "false"], { cwd: project, encoding: "utf8" });
  } catch (error) {
    printed = (error as { stdout: string }).stdout;
  }
  expect(printed.trim().split("\n")).toEqual([expect.stringMatching(/^three\.ts\(5,\d+\): error TS2345: .*"fine"/u)]);
});
