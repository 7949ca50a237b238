import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { configSchema, SCHEMA_FILE } from "./config-schema.ts";

const EXAMPLE = readFileSync(join(import.meta.dirname, "../offing.example.yaml"), "utf8");
// zod reads JSON schema too: what an editor would say, without an editor.
const editor = z.fromJSONSchema(JSON.parse(configSchema()));

test("the schema on disk is the one of the code; `npm run generate` writes it", () => {
  expect(readFileSync(SCHEMA_FILE, "utf8")).toBe(configSchema());
});

test("the example names it, and keeps it", () => {
  expect(EXAMPLE).toMatch(/^# yaml-language-server: \$schema=docs\/reference\/offing\.schema\.json$/m);
  expect(editor.safeParse(parse(EXAMPLE)).error?.issues ?? []).toEqual([]);
});

test.each([
  ["a misspelt section", { colector: {} }],
  ["a misspelt key", { collector: { ulr: "https://x" } }],
  ["a duration without a unit", { collector: { timeout: "10" } }],
  ["a value outside its set", { collector: { protocol: "carrier-pigeon" } }],
  ["a chain id that is a word", { chain: { ...parse(EXAMPLE).chain, chain_id: "mainnet" } }],
])("an editor would mark %s", (_, config) => {
  expect(editor.safeParse(config).success).toBe(false);
});

test("a variable may stand for a number", () => {
  const variable = ["$", "{env:CHAIN_ID}"].join("");
  expect(editor.safeParse({ chain: { ...parse(EXAMPLE).chain, chain_id: variable } }).success).toBe(true);
});
