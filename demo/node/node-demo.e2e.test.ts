import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { agrees } from "./agreement.ts";
import { isTold } from "./alarm.ts";
import { runNodeDemo } from "./run-node-demo.ts";

const directory = mkdtempSync(join(tmpdir(), "offing-node-demo-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test("the library and the log of one node give the same metrics and span trees, an alert fires for both and clears, and the node's dashboards answer", async () => {
  let told = "";
  const write = (text: string): void => {
    told += text;
  };
  const ok = await runNodeDemo({ directory, ports: "free", keep: false, signal: new AbortController().signal, write });
  expect(told).toContain("The library and the log tell the same.");
  expect(told).toMatch(
    /span trees: (?:\d{2} of the library in the Collector's file, which stands in for Tempo here, 0 without an equal|a Tempo keeps them)/u,
  );
  expect(told).toContain(
    "NodeWithoutPeers fired for example-node and example-node-log while no peer could be reached, and for none afterwards",
  );
  expect(told).toMatch(/panels: \d{2} of \d{2} queries answer/u);
  expect(ok, told).toBe(true);
});

test("an alert that is silent, that fires for one only, or that stays is not told of", () => {
  const alert = "NodeWithoutPeers";
  const both = ["example-node", "example-node-log"];
  expect(isTold({ alert, during: both, after: [] })).toBe(true);
  expect(isTold({ alert, during: ["example-node"], after: [] })).toBe(false);
  expect(isTold({ alert, during: both, after: ["example-node-log"] })).toBe(false);
});

test("a difference is no agreement, and neither is silence", () => {
  const line = { what: "node_command_total", library: 1, log: 1 };
  expect(agrees({ series: [line], trees: [line] })).toBe(true);
  expect(agrees({ series: [{ ...line, log: 2 }], trees: [line] })).toBe(false);
  expect(agrees({ series: [{ ...line, log: undefined }], trees: [line] })).toBe(false);
  expect(agrees({ series: [line], trees: [] })).toBe(false);
  expect(agrees({ series: [], trees: undefined })).toBe(false);
});
