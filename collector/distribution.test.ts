import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";

const SECTIONS = ["receivers", "processors", "exporters", "extensions", "connectors", "providers"] as const;

test("the distribution is made of exactly the modules of builder.yaml", () => {
  const listed = modulesOfBuilder();
  expect(listed.length).toBeGreaterThan(0);
  expect(modulesOfSources()).toEqual(listed);
});

test("go.mod requires each module of builder.yaml directly and at its version", () => {
  const required = new Set([...read("distribution/go.mod").matchAll(/^\t(\S+ v\S+)$/gm)].map(([, module]) => module));
  expect(modulesOfBuilder().filter((module) => !required.has(module))).toEqual([]);
});

test("go.sum holds the content of each module of builder.yaml", () => {
  const sums = read("distribution/go.sum");
  expect(modulesOfBuilder().filter((module) => !sums.includes(`${module} h1:`))).toEqual([]);
});

function modulesOfBuilder(): string[] {
  const builder = parse(read("builder.yaml")) as Record<string, { gomod: string }[]>;
  return SECTIONS.flatMap((section) => (builder[section] ?? []).map(({ gomod }) => gomod)).sort();
}

/** The generated sources name module and version of each component for the `components` command. */
function modulesOfSources(): string[] {
  const sources = read("distribution/components.go") + read("distribution/main.go");
  return [...new Set([...sources.matchAll(/"(\S+\/\S+ v\d\S*)"/g)].map(([, module]) => module ?? ""))].sort();
}

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), "utf8");
}
