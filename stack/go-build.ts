import { execFile, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { OffingError } from "#core/errors.ts";
import type { Progress } from "./progress.ts";
import type { GoModule, Pin, ToolName } from "./tool-pins.ts";

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
  try {
    for (const [tool, path] of Object.entries(module.packages) as [ToolName, string][]) {
      const code = await goBuild({ output: join(directory, tool), path, log, options });
      if (code !== 0) throw buildFailed(options, code);
    }
  } finally {
    closeSync(log);
    end();
  }
}

interface OneBuild {
  readonly output: string;
  readonly path: string;
  readonly log: number;
  readonly options: BuildOptions;
}

function goBuild({ output, path, log, options }: OneBuild): Promise<number | null> {
  const { module, env, signal } = options;
  const linker = ["-s", "-w", module.assignments].filter((part) => part !== undefined).join(" ");
  const tags = module.tags === undefined ? [] : ["-tags", module.tags];
  const args = ["build", "-mod=readonly", "-trimpath", "-buildvcs=false", ...tags, "-ldflags", linker, "-o", output, path];
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
