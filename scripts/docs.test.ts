import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PAGES = [
  "README.md",
  "ARCHITECTURE.md",
  "CONTRIBUTING.md",
  ...globSync("{docs,docs/decisions,emitters/*,collector,bench,observability/grafana}/*.md", { cwd: ROOT }),
];
/** Paths of this repository in backticks or links; `<word>`, `*` and what a reader writes himself are patterns. */
const PATH = /(?:`|\]\()((?:\.\.?\/)*(?:[\w.-]+\/)*[\w.*<>-]+\.(?:ts|md|yaml|json|sol|sh|bats))(?:`|\))/g;

test.each(PAGES)("%s names only files that are there", (page) => {
  const text = readFileSync(join(ROOT, page), "utf8");
  const named = [...text.matchAll(PATH)].map(([, path]) => path ?? "").filter((path) => !/[<>]/.test(path) && path.includes("/"));
  const missing = named.filter((path) => {
    const places = [join(ROOT, path), join(ROOT, dirname(page), path)];
    return path.includes("*") ? globSync(path, { cwd: ROOT }).length === 0 : !places.some((place) => existsSync(place));
  });
  expect(missing).toEqual([]);
});

test.each(PAGES)("%s has no merge left undone in it", (page) => {
  expect(readFileSync(join(ROOT, page), "utf8")).not.toMatch(/^(?:<{7}|={7}|>{7})(?: |$)/m);
});

test("the README stays short enough to be read", () => {
  expect(readFileSync(join(ROOT, "README.md"), "utf8").split("\n").length).toBeLessThanOrEqual(80);
});
