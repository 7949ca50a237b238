import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { nodeCommand, nodeTaskRuns } from "#contract/generated/node.ts";
import { nodeSchemaIn } from "./config.ts";
import { zerosOf } from "./signals.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "offing-node-config-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const MAPPING = "name: own\ndetect: [at]\ntime: [at]\nmessage: [text]\n";

test("a mapping declares the values of labels, beside those of the configuration; each stands at 0 from the start", () => {
  writeFileSync(join(folder, "own.yaml"), `${MAPPING}declared: { command: [publish, get], task: [sync] }\n`);
  const inputs = [{ file: "/var/log/node.json", format: "own.yaml" }];
  const { names } = nodeSchemaIn(folder).parse({ inputs, names: { command: ["update", "get"] } });
  expect(names).toEqual({ command: ["update", "get", "publish"], task: ["sync"] });
  const shown = zerosOf(names).filter(({ labels: { status } }) => status === "completed");
  expect(shown.map(({ metric, labels }) => [metric, labels["command"] ?? labels["task"]])).toEqual([
    ...["update", "get", "publish"].map((command) => [nodeCommand, command]),
    [nodeTaskRuns, "sync"],
  ]);
});

test("what is no label cannot be declared", () => {
  writeFileSync(join(folder, "own.yaml"), `${MAPPING}declared: { wallet: [mine] }\n`);
  const parsed = nodeSchemaIn(folder).safeParse({ inputs: [{ stdin: true, format: "own.yaml" }] });
  expect(parsed.error?.issues).toMatchObject([{ path: ["inputs", 0, "format"], message: expect.stringContaining("wallet") }]);
});
