import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { OffingError } from "#core/errors.ts";
import { buildModule, goVersion } from "./go-build.ts";
import { type Lock, tryLock } from "./lock.ts";
import { type Progress, silent } from "./progress.ts";
import { fetchRelease } from "./release.ts";
import type { Pin, ToolName } from "./tool-pins.ts";
import type { FindToolsOptions, Tool } from "./tools.ts";

const LOCK_POLL_MS = 500;

/** The cached program, or null. */
export function cachedTool(pin: Pin, name: ToolName, env: NodeJS.ProcessEnv): Tool | null {
  const path = join(cacheDirectory(pin, env), name);
  return existsSync(path) ? { name, path, version: pin.version, origin: "cache" } : null;
}

/**
 * Gets the programs of a pin into the cache: the official release where it can be reached, else a Go build.
 * Two processes never do the same work at once: the second waits and takes what the first made.
 *
 * @throws OffingError TOOL_NOT_FOUND, TOOL_BUILD_FAILED
 */
export async function obtainPin(pin: Pin, options: FindToolsOptions): Promise<readonly Tool[]> {
  const { env = process.env, progress = silent, signal } = options;
  const directory = cacheDirectory(pin, env);
  const lock = await waitForLock(`${directory}.lock`, { pin, progress, ...(signal === undefined ? {} : { signal }) });
  try {
    const already = pin.tools.map((name) => cachedTool(pin, name, env));
    if (already.every((tool) => tool !== null)) return already;
    removeLeftovers(directory);
    const draft = `${directory}.draft.${process.pid}`;
    mkdirSync(draft, { recursive: true });
    try {
      const origin = await fill(draft, pin, { ...options, logFile: `${directory}.log` });
      rmSync(directory, { recursive: true, force: true });
      renameSync(draft, directory);
      return pin.tools.map((name) => ({ name, path: join(directory, name), version: pin.version, origin }));
    } finally {
      rmSync(draft, { recursive: true, force: true });
    }
  } finally {
    lock.release();
  }
}

/** The folder of a pin in the cache; another pin of a dependency is another folder, so a changed go.mod or go.sum builds anew. */
export function cacheDirectory(pin: Pin, env: NodeJS.ProcessEnv): string {
  const given = env["XDG_CACHE_HOME"];
  const base = given?.startsWith("/") ? given : join(env["HOME"] ?? homedir(), ".cache");
  const hash = createHash("sha256").update(JSON.stringify([pin.module?.packages, pin.module?.tags, pin.module?.assignments]));
  for (const file of sourcesOf(pin)) hash.update(file).update(readFileSync(join(pin.module?.directory ?? "", file)));
  return join(base, "offing", "tools", `${pin.name}-${pin.version}`, hash.digest("hex").slice(0, 12));
}

function sourcesOf(pin: Pin): readonly string[] {
  if (pin.module === undefined) return [];
  return readdirSync(pin.module.directory)
    .filter((file) => file === "go.mod" || file === "go.sum" || file.endsWith(".go") || file === pin.module?.embedded?.page)
    .sort();
}

async function fill(draft: string, pin: Pin, options: FindToolsOptions & { readonly logFile: string }): Promise<"release" | "build"> {
  const { env = process.env, progress = silent, signal, logFile } = options;
  const shared = { env, progress, ...(signal === undefined ? {} : { signal }) };
  if (pin.release !== undefined && (await fetchRelease(draft, { pin, release: pin.release, ...shared }))) return "release";
  if (pin.module === undefined || (await goVersion(env)) === null) throw notFound(pin);
  await buildModule(draft, { pin, module: pin.module, logFile, ...shared });
  return "build";
}

function notFound(pin: Pin): OffingError {
  const variables = pin.tools.map((tool) => `OFFING_${tool.toUpperCase()}_BIN`).join(" and ");
  return new OffingError("TOOL_NOT_FOUND", {
    message:
      pin.module === undefined
        ? `${pin.name} ${pin.version} is not on this machine`
        : `${pin.name} ${pin.version} is not on this machine, its release cannot be reached, and there is no Go to build it`,
    hint: pin.module === undefined ? `Set ${variables}.` : `Install Go (https://go.dev/dl), or set ${variables}.`,
  });
}

/** What a killed build left. The lock is held, so nobody is at work in them. */
function removeLeftovers(directory: string): void {
  const parent = join(directory, "..");
  for (const entry of readdirSync(parent)) {
    if (entry.startsWith(`${directory.slice(parent.length + 1)}.draft.`)) rmSync(join(parent, entry), { recursive: true, force: true });
  }
}

async function waitForLock(
  path: string,
  options: { readonly pin: Pin; readonly progress: Progress; readonly signal?: AbortSignal },
): Promise<Lock> {
  let end: (() => void) | undefined;
  try {
    for (;;) {
      const lock = tryLock(path);
      if ("release" in lock) return lock;
      end ??= options.progress.begin(`waiting for process ${lock.heldBy.pid}, which is getting ${options.pin.name}`, "as long as a build");
      await sleep(LOCK_POLL_MS, undefined, options.signal === undefined ? {} : { signal: options.signal });
    }
  } finally {
    end?.();
  }
}
