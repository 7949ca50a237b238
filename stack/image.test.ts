import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const DOCKERFILE = readFileSync(join(ROOT, "Dockerfile"), "utf8");
const IGNORED = readFileSync(join(ROOT, ".dockerignore"), "utf8").split("\n");

/** Every file that the image's entry loads, and every package that one of them names; types are gone when it runs. */
function loadedBy(entry: string): { readonly files: readonly string[]; readonly packages: readonly string[] } {
  const files = new Set([entry]);
  const packages = new Set<string>();
  for (const file of files) {
    const text = readFileSync(join(ROOT, file), "utf8").replace(/^(?:import|export) type [\s\S]*?;$/gm, "");
    for (const [, name = ""] of text.matchAll(/(?:from|import) "([^"]+)"|import\("([^"]+)"\)/g)) {
      if (name.startsWith("node:") || name === "") continue;
      const path = name.startsWith("#")
        ? name.slice(1)
        : name.startsWith(".")
          ? relative(ROOT, join(ROOT, dirname(file), name))
          : undefined;
      if (path !== undefined) files.add(path);
      else packages.add(name.startsWith("@") ? name.split("/").slice(0, 2).join("/") : (name.split("/")[0] ?? ""));
    }
  }
  return { files: [...files], packages: [...packages] };
}

const { files, packages } = loadedBy("emitter.ts");

test("the image's entry needs production dependencies only", () => {
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { dependencies: Record<string, string> };
  expect(packages.filter((name) => dependencies[name] === undefined)).toEqual([]);
  expect(packages).toContain("kysely");
});

test("the image gets every file that its entry loads, and the build context has it", () => {
  const copied = [...DOCKERFILE.matchAll(/^COPY (?!--from)(\S+) \.\//gm)].map(([, path]) => path ?? "");
  const holds = (paths: readonly string[], file: string): boolean => paths.some((path) => file === path || file.startsWith(`${path}/`));
  const context = IGNORED.filter((line) => line.startsWith("!")).map((line) => line.slice(1));
  expect(files.filter((file) => !holds(copied, file))).toEqual([]);
  expect(files.filter((file) => !holds(context, file) || /(^|\/)(testing|fixtures)\/|\.test\.ts$/.test(file))).toEqual([]);
  expect(copied.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

test("it runs as nobody in particular, on the pinned Node", () => {
  expect(DOCKERFILE).toMatch(/^USER 1000:1000$/m);
  const pinned = readFileSync(join(ROOT, ".node-version"), "utf8").trim();
  expect([...DOCKERFILE.matchAll(/^FROM node:([\d.]+)-/gm)].map(([, version]) => version)).toEqual([pinned, pinned]);
  expect(DOCKERFILE).toContain("npm ci --omit=dev");
});
