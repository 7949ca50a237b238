import { execFile } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, resolve } from "node:path";
import { promisify } from "node:util";
import { OffingError } from "#core/errors.ts";
import { type Progress, silent } from "./progress.ts";
import { cachedTool, obtainPin } from "./tool-cache.ts";
import { type Pin, pinOf, type ToolName } from "./tool-pins.ts";

export type { ToolName } from "./tool-pins.ts";

/** A program that is ready to run. */
export interface Tool {
  readonly name: ToolName;
  /** Absolute path. */
  readonly path: string;
  /** As the program says it, or the pinned one when it came from the pin; "unknown" when a program given by hand does not say. */
  readonly version: string;
  readonly origin: "environment" | "path" | "cache" | "release" | "build";
}

/** How to look. */
export interface FindToolsOptions {
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
  /** Defaults to this process's environment: `OFFING_<TOOL>_BIN`, PATH, XDG_CACHE_HOME, OFFING_RELEASE_MIRROR. */
  readonly env?: NodeJS.ProcessEnv;
}

const MAX_AT_ONCE = 2;
const VERSION_TIMEOUT_MS = 30_000;
const run = promisify(execFile);

/**
 * Finds each named program, and gets those that are missing: `OFFING_<TOOL>_BIN`, PATH (same minor version), our cache, the
 * official release checked against its checksums, a Go build of the pinned module. Says what it found.
 *
 * @throws OffingError TOOL_NOT_FOUND, TOOL_BUILD_FAILED
 */
export async function findTools<T extends ToolName>(names: readonly T[], options: FindToolsOptions = {}): Promise<Record<T, Tool>> {
  const { progress = silent } = options;
  const found = new Map<ToolName, Tool>();
  const missing = new Set<Pin>();
  for (const name of names) {
    const tool = await findTool(name, options);
    if (tool === null) missing.add(pinOf(name));
    else found.set(name, tool);
  }
  await inTurn([...missing], async (pin) => {
    for (const tool of await obtainPin(pin, options)) if (!found.has(tool.name)) found.set(tool.name, tool);
  });
  const chosen = names.map((name) => found.get(name)).filter((tool) => tool !== undefined);
  for (const tool of chosen) progress.line(`${tool.name} ${tool.version}: ${tool.path} (${ORIGINS[tool.origin]})`);
  return Object.fromEntries(chosen.map((tool) => [tool.name, tool])) as Record<T, Tool>;
}

/**
 * Looks for a program without getting it: environment, PATH, cache.
 *
 * @returns null when it is in none of these places
 * @throws OffingError TOOL_NOT_FOUND when `OFFING_<TOOL>_BIN` names no program
 */
export async function findTool(name: ToolName, options: FindToolsOptions = {}): Promise<Tool | null> {
  const { env = process.env } = options;
  return (await fromEnvironment(name, env)) ?? (await fromPath(name, options)) ?? cachedTool(pinOf(name), name, env);
}

const ORIGINS: Readonly<Record<Tool["origin"], string>> = {
  environment: "given by the environment",
  path: "in PATH",
  cache: "in our cache",
  release: "official release, checksum verified",
  build: "built from the pinned module",
};

async function fromEnvironment(name: ToolName, env: NodeJS.ProcessEnv): Promise<Tool | null> {
  const variable = `OFFING_${name.toUpperCase()}_BIN`;
  const given = env[variable];
  if (given === undefined || given === "") return null;
  const path = resolve(given);
  if (!isProgram(path)) {
    throw new OffingError("TOOL_NOT_FOUND", {
      message: `${variable} names no program`,
      context: { path },
      hint: `Set ${variable} to the program's path, or unset it.`,
    });
  }
  return { name, path, version: (await versionOf(path)) ?? "unknown", origin: "environment" };
}

async function fromPath(name: ToolName, { env = process.env, progress = silent }: FindToolsOptions): Promise<Tool | null> {
  const pin = pinOf(name);
  const folders = (env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  for (const command of pin.commands[name] ?? []) {
    const path = folders.map((folder) => resolve(folder, command)).find(isProgram);
    if (path === undefined) continue;
    const version = await versionOf(path);
    if (version !== null && minorOf(version) === minorOf(pin.version)) return { name, path, version, origin: "path" };
    progress.line(`${name}: passing over ${path}, which is ${version ?? "of no known version"}; ${minorOf(pin.version)} is needed`);
  }
  return null;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** The first `x.y.z` that `--version` prints, wherever it prints it. */
async function versionOf(path: string): Promise<string | null> {
  try {
    const { stdout, stderr } = await run(path, ["--version"], { timeout: VERSION_TIMEOUT_MS });
    return /\b(?:version[ :=]+v?|v)(\d+\.\d+\.\d+[\w.+-]*)/.exec(`${stdout}\n${stderr}`)?.[1] ?? null;
  } catch {
    return null;
  }
}

function minorOf(version: string): string {
  return version.split(".").slice(0, 2).join(".");
}

/** Downloads and builds use all cores already; two at a time hide each other's waits. */
async function inTurn<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const worker = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: MAX_AT_ONCE }, worker));
}
