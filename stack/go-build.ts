import { execFile, spawn } from "node:child_process";
import { closeSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { OffingError } from "#core/errors.ts";
import type { Progress } from "./progress.ts";
import type { Embedded, GoModule, Pin, ToolName } from "./tool-pins.ts";

const run = promisify(execFile);
const LOG_TAIL_LINES = 12;

/** What `go env GOVERSION` says, or null when there is no Go. */
export async function goVersion(env: NodeJS.ProcessEnv): Promise<string | null> {
  try {
    return (await run("go", ["env", "GOVERSION"], { env })).stdout.trim();
  } catch {
    return null;
  }
}

/** What to build and how to show it. */
export interface BuildOptions {
  readonly pin: Pin;
  readonly module: GoModule;
  /** Everything that `go build` says; kept. */
  readonly logFile: string;
  readonly env: NodeJS.ProcessEnv;
  readonly progress: Progress;
  readonly signal?: AbortSignal;
}

/**
 * Builds the programs of a pin from its committed go.mod and go.sum into `directory`, one after the other.
 *
 * @throws OffingError TOOL_BUILD_FAILED with the end of the log
 */
export async function buildModule(directory: string, options: BuildOptions): Promise<void> {
  const { pin, module, progress } = options;
  const end = progress.begin(`building ${pin.name} ${pin.version} with Go`, module.usual);
  const log = openSync(options.logFile, "w");
  const scratch = mkdtempSync(join(tmpdir(), "offing-build-"));
  try {
    const flags = module.embedded === undefined ? [] : ["-modfile", await withPage(scratch, module.embedded, options)];
    for (const [tool, path] of Object.entries(module.packages) as [ToolName, string][]) {
      const code = await goBuild({ output: join(directory, tool), path, log, flags, options });
      if (code !== 0) throw buildFailed(options, code);
    }
  } finally {
    closeSync(log);
    rmSync(scratch, { recursive: true, force: true });
    end();
  }
}

/**
 * Builds from a copy of the downloaded and verified module that has our page where its code looks for one.
 *
 * @returns the go.mod to build with
 */
async function withPage(scratch: string, { module: name, path, page }: Embedded, { module, env }: BuildOptions): Promise<string> {
  const { stdout } = await run("go", ["mod", "download", "-json", name], { cwd: module.directory, env: { ...env, GOWORK: "off" } });
  const { Dir: downloaded } = JSON.parse(stdout) as { readonly Dir: string };
  const copy = join(scratch, "module");
  cpSync(downloaded, copy, { recursive: true });
  // What Go downloads is read-only, folders too.
  await run("chmod", ["-R", "u+w", copy]);
  mkdirSync(dirname(join(copy, path)), { recursive: true });
  writeFileSync(join(copy, path), gzipSync(readFileSync(join(module.directory, page))));
  copyFileSync(join(module.directory, "go.sum"), join(scratch, "go.sum"));
  const goMod = join(scratch, "go.mod");
  writeFileSync(goMod, `${readFileSync(join(module.directory, "go.mod"), "utf8")}\nreplace ${name} => ${JSON.stringify(copy)}\n`);
  return goMod;
}

interface OneBuild {
  readonly output: string;
  readonly path: string;
  readonly log: number;
  readonly flags: readonly string[];
  readonly options: BuildOptions;
}

function goBuild({ output, path, log, flags, options }: OneBuild): Promise<number | null> {
  const { module, env, signal } = options;
  const linker = ["-s", "-w", module.assignments].filter((part) => part !== undefined).join(" ");
  const tags = module.tags === undefined ? [] : ["-tags", module.tags];
  const args = ["build", "-mod=readonly", "-trimpath", "-buildvcs=false", ...flags, ...tags, "-ldflags", linker, "-o", output, path];
  return new Promise((resolve, reject) => {
    const child = spawn("go", args, {
      cwd: module.directory,
      env: { ...env, GOWORK: "off" },
      stdio: ["ignore", log, log],
      ...(signal === undefined ? {} : { signal }),
    });
    child.once("error", reject);
    child.once("close", resolve);
  });
}

function buildFailed({ pin, logFile }: BuildOptions, code: number | null): OffingError {
  const tail = readFileSync(logFile, "utf8").trimEnd().split("\n").slice(-LOG_TAIL_LINES);
  return new OffingError("TOOL_BUILD_FAILED", {
    message: `go build of ${pin.name} ${pin.version} ended with exit code ${code ?? "none"}`,
    context: { log: logFile, "last lines": `\n    ${tail.join("\n    ")}` },
  });
}
