import { expect, test } from "vitest";
import { checkShape, type SourceFile } from "./check-shape.ts";

/** An emitter with all its files, and a file with one documented export. */
const GOOD: readonly SourceFile[] = [
  ...["README.md", "main.ts", "config.ts", "facts.ts", "source.ts", "interpret.ts", "signals.ts"].map((name) => ({
    path: `emitters/new/${name}`,
    text: "",
  })),
  { path: "core/tide.ts", text: "/** How high the water stands. */\nexport const tide = 1;\n" },
];

test("what keeps the house rules has no faults", () => {
  expect(checkShape(GOOD)).toEqual([]);
});

test.each<[string, (files: readonly SourceFile[]) => readonly SourceFile[], string]>([
  ["a file that is too long", (files) => [...files, { path: "core/long.ts", text: "\n".repeat(401) }], "core/long.ts: 401 lines"],
  ["a name that says nothing", (files) => [...files, { path: "core/utils.ts", text: "" }], "core/utils.ts: the name says nothing"],
  [
    "an export without a docblock",
    (files) => files.map(({ path, text }) => ({ path, text: text.replace(/^\/\*\*.*\n/, "") })),
    "core/tide.ts: tide is exported without a docblock",
  ],
  [
    "an emitter without one of the files that all have",
    (files) => files.filter(({ path }) => !path.endsWith("/signals.ts")),
    "emitters/new: signals.ts is missing",
  ],
])("a planted fault is found: %s", (_, plant, fault) => {
  const faults = checkShape(plant(GOOD));
  expect(faults).toHaveLength(1);
  expect(faults[0]).toContain(fault);
});
