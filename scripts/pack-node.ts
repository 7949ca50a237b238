import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { OffingError } from "#core/errors.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const ENTRY = "emitters/node/library/start.ts";
const README = "emitters/node/README.md";
const IMPORT = /((?:^|\n)(?:import|export)\s[^;]*?from\s+|\bimport\()"([^"]+)"/gu;

/**
 * Packs the node library as a tarball that npm installs: JavaScript and `.d.ts` of the entry and of what it imports, nothing else. Node
 * refuses TypeScript under node_modules, so this one thing of the repository has a build step.
 *
 * @returns the path of the tarball in `destination`
 * @throws PACK_FAILED with the compiler's or npm's own words
 */
export function packNodeLibrary(destination: string): string {
  mkdirSync(join(ROOT, ".offing"), { recursive: true });
  // Inside the checkout, so that the compiler finds node_modules.
  const stage = mkdtempSync(join(ROOT, ".offing", "pack-node-"));
  try {
    const { files, packages } = closureOf(ENTRY);
    for (const [path, text] of files) write(join(stage, "src", path), text);
    write(join(stage, "tsconfig.json"), JSON.stringify(compilerConfig()));
    run("tsc", ["--project", join(stage, "tsconfig.json")]);
    write(join(stage, "package/package.json"), `${JSON.stringify(manifest(packages), null, 2)}\n`);
    copyFileSync(join(ROOT, "LICENSE"), join(stage, "package/LICENSE"));
    copyFileSync(join(ROOT, README), join(stage, "package/README.md"));
    const printed = run("npm", ["pack", join(stage, "package"), "--pack-destination", resolve(destination), "--json", "--loglevel=error"]);
    const [packed] = JSON.parse(printed) as { readonly filename: string }[];
    return join(resolve(destination), packed?.filename ?? "");
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

interface Closure {
  /** Text by path from the root; imports of this repository's own files are relative. */
  readonly files: ReadonlyMap<string, string>;
  readonly packages: ReadonlySet<string>;
}

function closureOf(entry: string): Closure {
  const files = new Map<string, string>();
  const packages = new Set<string>();
  const pending = [entry];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    if (files.has(path)) continue;
    const from = dirname(path);
    const text = readFileSync(join(ROOT, path), "utf8").replace(IMPORT, (_, before: string, name: string) => {
      const own = name.startsWith(".") ? join(from, name) : name.startsWith("#") ? name.slice(1) : undefined;
      if (own !== undefined) pending.push(own);
      else if (!name.startsWith("node:")) packages.add(/^(?:@[^/]+\/)?[^/]+/u.exec(name)?.[0] ?? name);
      return `${before}"${own === undefined ? name : dotted(relative(from, own))}"`;
    });
    files.set(path, text);
  }
  return { files, packages };
}

function dotted(path: string): string {
  return path.startsWith(".") ? path : `./${path}`;
}

function compilerConfig(): object {
  return {
    extends: join(ROOT, "tsconfig.json"),
    // The checkout's own tsc has checked every file.
    compilerOptions: { noEmit: false, noCheck: true, rewriteRelativeImportExtensions: true, rootDir: "src", outDir: "package" },
    include: ["src"],
    exclude: [],
  };
}

function manifest(packages: ReadonlySet<string>): object {
  const { version, license, dependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    readonly version: string;
    readonly license: string;
    readonly dependencies: Readonly<Record<string, string>>;
  };
  const start = `./${ENTRY.replace(/\.ts$/u, "")}`;
  return {
    name: "@offing/node",
    version,
    description: "Spans, metrics and logs of a node under one naming contract, in three lines.",
    license,
    type: "module",
    engines: { node: ">=22.15" },
    exports: { ".": { types: `${start}.d.ts`, default: `${start}.js` } },
    dependencies: Object.fromEntries([...packages].sort().map((name) => [name, dependencies[name]])),
  };
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function run(command: string, args: readonly string[]): string {
  const path = `${join(ROOT, "node_modules/.bin")}:${process.env["PATH"] ?? ""}`;
  try {
    return execFileSync(command, args, { cwd: ROOT, encoding: "utf8", env: { ...process.env, PATH: path } });
  } catch (cause) {
    const { stdout = "", stderr = "" } = cause as { readonly stdout?: string; readonly stderr?: string };
    throw new OffingError("PACK_FAILED", { message: `${command} could not pack the node library:\n${stdout}${stderr}`, cause });
  }
}

if (import.meta.main) process.stdout.write(`${packNodeLibrary(process.argv[2] ?? ".")}\n`);
