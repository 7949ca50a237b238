import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { z } from "zod";
import { duration, filePath, secretFile, secretUrl, url } from "#core/config/types.ts";
import { loadConfig, renderConfig } from "#core/config.ts";
import { OffingError } from "#core/errors.ts";

const folder = mkdtempSync(join(tmpdir(), "offing-config-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, "offing.yaml");

const chain = z.strictObject({
  id: z.union([z.int(), z.literal("latest")]).optional(),
  rpc: z.strictObject({ urls: z.array(secretUrl()), timeout: duration().optional() }).optional(),
  kind: z
    .discriminatedUnion("type", [z.strictObject({ type: z.literal("a"), x: url() }), z.strictObject({ type: z.literal("b") })])
    .optional(),
  names: z.record(z.string().regex(/^[a-z]+$/u), z.string()).optional(),
  abi: filePath().optional(),
  key_file: secretFile().optional(),
});

const KEYS = [
  "chain",
  "ledger",
  "collector",
  "http",
  "backends",
  "environment",
  "sqlite",
  "postgres",
  "url",
  "url_file",
  "listen",
  "token_file",
];
const MORE_KEYS = [
  "headers",
  "headers_file",
  "timeout",
  "interval",
  "rpc",
  "urls",
  "names",
  "kind",
  "type",
  "x",
  "__proto__",
  "constructor",
  "toString",
  "<<",
];
const VALUES = [
  "127.0.0.1:1",
  "http://x",
  "postgres://x/y",
  "10s",
  "a",
  "b",
  ".",
  "/",
  "\0",
  "$".concat("{env:NONE:-1}"),
  "$".concat("{"),
  "$$",
  "0.0.0.0:1",
];
const PIECES = [
  ...KEYS,
  ...MORE_KEYS,
  ...VALUES,
  ": ",
  "\n",
  "  ",
  "- ",
  "[",
  "]",
  "{",
  "}",
  "&a ",
  "*a",
  "!t ",
  "!!str ",
  "? ",
  "| ",
  "> ",
  "#",
  '"',
  "'",
  "\t",
  "---\n",
  "%YAML 1.1\n",
  ".nan",
  "0x1",
  "1e999",
  "~",
  "null",
  "﻿",
];

const key = fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...KEYS, ...MORE_KEYS) }, { weight: 1, arbitrary: fc.string() });
const scalar = fc.oneof(fc.constantFrom(...VALUES), fc.string(), fc.double(), fc.integer(), fc.boolean(), fc.constant(null), fc.bigInt());
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    scalar,
    fc.array(tie("tree"), { maxLength: 3 }),
    fc.dictionary(key, tie("tree"), { maxKeys: 5 }),
  ),
}));

const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(fc.constantFrom(...PIECES), { maxLength: 60 }).map((pieces) => pieces.join("")),
  fc.dictionary(key, tree, { maxKeys: 6 }).map((value) => stringify(value)),
);

test("any text gives a configuration or an OffingError with a place", () => {
  let read = 0;
  fc.assert(
    fc.property(
      text,
      fc.array(
        fc.oneof(
          fc.string(),
          fc.tuple(key, key, scalar).map(([a, b, c]) => `${a}.${b}=${String(c)}`),
        ),
        { maxLength: 2 },
      ),
      (content, set) => {
        writeFileSync(path, content);
        try {
          expect(renderConfig(loadConfig({ path, sections: { chain }, set, environment: {} }))).toContain("environment: ");
          read += 1;
        } catch (error) {
          if (!(error instanceof OffingError)) throw error;
          expect(error.code).toBe("CONFIG_INVALID");
          expect(error.message.split("\n  ")[1]).toMatch(/^(.*offing\.yaml|--set):[1-9]\d*:[1-9]\d* ./su);
        }
      },
    ),
    { numRuns: 1_000, examples: [["chain: {}\n", []]] },
  );
  expect(read).toBeGreaterThan(0);
});
