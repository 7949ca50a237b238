import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { scratch, shellStub, versionStub } from "./testing/stub.ts";
import { cacheDirectory } from "./tool-cache.ts";
import { PINS, pinOf } from "./tool-pins.ts";
import { findTool, findTools } from "./tools.ts";

let home: string;
let bin: string;
let env: NodeJS.ProcessEnv;
let told: string[];
const progress = {
  line: (text: string): void => void told.push(text),
  begin: (title: string): (() => void) => {
    told.push(title);
    return () => {};
  },
};

beforeEach(() => {
  home = scratch("tools");
  bin = join(home, "bin");
  mkdirSync(bin);
  // What the stubs themselves need.
  for (const tool of ["sh", "cat", "echo"]) shellStub(join(bin, tool), `exec /bin/${tool} "$@"`);
  env = { HOME: home, PATH: bin, OFFING_RELEASE_MIRROR: "off" };
  told = [];
});

test("a program given by the environment comes before all others, at any version", async () => {
  versionStub(join(bin, "loki"), "3.7.8");
  const given = versionStub(join(home, "mine", "loki"), "1.2.3");
  expect(await findTool("loki", { env: { ...env, OFFING_LOKI_BIN: given } })).toEqual({
    name: "loki",
    path: given,
    version: "1.2.3",
    origin: "environment",
  });
});

test("a program given by the environment that does not say its version is taken", async () => {
  const given = shellStub(join(home, "mine", "loki"), "exit 1");
  expect(await findTool("loki", { env: { ...env, OFFING_LOKI_BIN: given } })).toMatchObject({ path: given, version: "unknown" });
});

test("a variable that names no program is told, not passed over", async () => {
  const folder = join(home, "folder");
  mkdirSync(folder);
  const text = join(home, "text");
  writeFileSync(text, "");
  for (const OFFING_LOKI_BIN of [join(home, "nothing"), folder, text]) {
    await expect(findTool("loki", { env: { ...env, OFFING_LOKI_BIN } })).rejects.toMatchObject({
      code: "TOOL_NOT_FOUND",
      message: expect.stringContaining("OFFING_LOKI_BIN"),
    });
  }
});

test("a program in PATH is taken at the same minor version, and otherwise passed over aloud", async () => {
  versionStub(join(bin, "loki"), "3.7.1");
  expect(await findTool("loki", { env, progress })).toMatchObject({ version: "3.7.1", origin: "path" });
  versionStub(join(bin, "loki"), "2.9.0");
  expect(await findTool("loki", { env, progress })).toBeNull();
  shellStub(join(bin, "loki"), "exit 3");
  expect(await findTool("loki", { env, progress })).toBeNull();
  expect(told).toEqual([expect.stringContaining("2.9.0; 3.7 is needed"), expect.stringContaining("no known version")]);
});

test("the Collector may stand in PATH under either name, and Tempo only there", async () => {
  versionStub(join(bin, "otelcol-contrib"), "0.155.0");
  versionStub(join(bin, "tempo"), "3.0.4");
  expect(await findTool("collector", { env })).toMatchObject({ path: join(bin, "otelcol-contrib") });
  expect(await findTool("tempo", { env })).toMatchObject({ path: join(bin, "tempo") });
});

test("the cache comes after PATH", async () => {
  const pin = pinOf("prometheus");
  const cached = versionStub(join(cacheDirectory(pin, env), "prometheus"), pin.version);
  expect(await findTool("prometheus", { env })).toEqual({ name: "prometheus", path: cached, version: pin.version, origin: "cache" });
  const inPath = versionStub(join(bin, "prometheus"), pin.version);
  expect(await findTool("prometheus", { env })).toMatchObject({ path: inPath, origin: "path" });
});

test("the cache is below XDG_CACHE_HOME or ~/.cache, one folder for a version and a set of sources", () => {
  const pin = pinOf("loki");
  expect(cacheDirectory(pin, env)).toMatch(new RegExp(`^${home}/\\.cache/offing/tools/loki-${pin.version}/[0-9a-f]{12}$`));
  expect(cacheDirectory(pin, { ...env, XDG_CACHE_HOME: "/elsewhere" })).toMatch(/^\/elsewhere\/offing\/tools\/loki-/);

  const directory = scratch("module");
  writeFileSync(join(directory, "go.mod"), "module a\n");
  writeFileSync(join(directory, "go.sum"), "one\n");
  const before = cacheDirectory({ ...pin, module: { directory, packages: {}, usual: "" } }, env);
  writeFileSync(join(directory, "go.sum"), "two\n");
  expect(cacheDirectory({ ...pin, module: { directory, packages: {}, usual: "" } }, env)).not.toBe(before);
});

test("what is nowhere is built with Go from the committed module, once, into the cache", async () => {
  goStub();
  const both = await findTools(["prometheus", "promtool"], { env, progress });
  const directory = cacheDirectory(pinOf("prometheus"), env);
  expect(both.prometheus).toEqual({ name: "prometheus", path: join(directory, "prometheus"), version: "3.15.0", origin: "build" });
  expect(both.promtool.path).toBe(join(directory, "promtool"));
  const calls = readFileSync(join(home, "go-calls"), "utf8").trim().split("\n");
  expect(calls).toEqual([
    expect.stringMatching(/^build -mod=readonly -trimpath .*-tags remove_all_sd .*cmd\/prometheus$/),
    expect.stringMatching(/^build -mod=readonly -trimpath .*-tags remove_all_sd .*cmd\/promtool$/),
  ]);
  expect(told).toContain("building prometheus 3.15.0 with Go");
  expect(told).toContain(`prometheus 3.15.0: ${directory}/prometheus (built from the pinned module)`);
  expect(readdirSync(dirname(directory)).sort()).toEqual([directory.split("/").pop(), `${directory.split("/").pop()}.log`]);

  expect((await findTools(["prometheus"], { env })).prometheus.origin).toBe("cache");
  expect(readFileSync(join(home, "go-calls"), "utf8").trim().split("\n")).toHaveLength(2);
});

test("two that need the same program at once build it once", async () => {
  goStub("sleep 1");
  const found = await Promise.all([findTools(["loki"], { env }), findTools(["loki"], { env, progress })]);
  expect(found.map(({ loki }) => loki.origin).sort()).toEqual(["build", "cache"]);
  expect(readFileSync(join(home, "go-calls"), "utf8").trim().split("\n")).toHaveLength(1);
});

test("at most two builds run at a time", async () => {
  goStub(
    `echo x >>${home}/running; sleep 0.3; count=0; while read -r _; do count=$((count+1)); done <${home}/running; echo $count >>${home}/counts`,
  );
  await findTools(["prometheus", "loki", "collector"], { env });
  const started = readFileSync(join(home, "counts"), "utf8").trim().split("\n").map(Number);
  expect(started[0]).toBeLessThanOrEqual(2);
});

test("a failed build tells the end of its log, leaves nothing in the cache, and can be tried again", async () => {
  goStub("echo compiling; echo 'undefined: thing' >&2; exit 1");
  await expect(findTools(["loki"], { env })).rejects.toMatchObject({
    code: "TOOL_BUILD_FAILED",
    context: { "last lines": expect.stringContaining("undefined: thing"), log: expect.stringContaining("loki-3.7.8") },
  });
  expect(existsSync(cacheDirectory(pinOf("loki"), env))).toBe(false);
  goStub();
  expect((await findTools(["loki"], { env })).loki.origin).toBe("build");
});

test("an interrupted build leaves nothing in the cache and no lock", async () => {
  goStub("exec sleep 60");
  const interrupt = new AbortController();
  const search = findTools(["loki"], { env: { ...env, PATH: `${bin}${delimiter}/bin` }, progress, signal: interrupt.signal });
  await expect.poll(() => existsSync(join(home, "go-calls"))).toBe(true);
  interrupt.abort(new Error("interrupted"));
  await expect(search).rejects.toThrow();
  expect(existsSync(cacheDirectory(pinOf("loki"), env))).toBe(false);
  goStub();
  expect((await findTools(["loki"], { env })).loki.origin).toBe("build");
});

test("without Go, a route or a program the mend is told in one line", async () => {
  await expect(findTools(["loki"], { env })).rejects.toMatchObject({
    code: "TOOL_NOT_FOUND",
    message: expect.not.stringContaining("\n"),
    hint: expect.stringMatching(/Install Go .* or set OFFING_LOKI_BIN\./),
  });
});

test("every pin builds from a module that pins everything it needs", () => {
  for (const { module } of PINS) {
    if (module === undefined) continue;
    for (const file of ["go.mod", "go.sum"]) expect(existsSync(join(module.directory, file))).toBe(true);
  }
});

/** A Go that writes down what it is asked and makes an empty program, after doing what `before` says. */
function goStub(before = ":"): void {
  shellStub(
    join(bin, "go"),
    `if [ "$1" = env ]; then echo go1.26.0; exit 0; fi
echo "$*" >>${home}/go-calls
${before}
while [ "$1" != -o ]; do shift; done
echo '#!/bin/sh' >"$2"`,
  );
  shellStub(join(bin, "sleep"), 'exec /bin/sleep "$@"');
  chmodSync(join(bin, "go"), 0o755);
}
