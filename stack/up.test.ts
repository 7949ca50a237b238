import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { renderStatus } from "./cli.ts";
import { choosePorts } from "./ports.ts";
import { isRunning } from "./process-identity.ts";
import { readState } from "./state.ts";
import { partStub, scratch } from "./testing/stub.ts";
import { down, status, up } from "./up.ts";

let home: string;
let directory: string;
let told: string[];
const progress = { line: (text: string): void => void told.push(text), begin: () => () => {} };

beforeEach(() => {
  home = scratch("up");
  directory = join(home, "stack");
  told = [];
  for (const part of ["collector", "prometheus", "alertmanager", "loki"])
    vi.stubEnv(`OFFING_${part.toUpperCase()}_BIN`, partStub(join(home, part)));
});

afterEach(async () => {
  await down({ directory });
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

test("up leaves every part running and ready, status tells so, down ends them and keeps the data", async () => {
  expect(await status({ directory })).toMatchObject({ running: false, owner: null, parts: [], failure: null });
  const present = await up({ directory, ports: "free", alertHistory: false, progress });
  expect(present.running).toBe(true);
  expect(present.parts.map(({ part, ready }) => [part, ready])).toEqual([
    ["prometheus", true],
    ["alertmanager", true],
    ["loki", true],
    ["collector", true],
  ]);
  expect(present.endpoints?.collector).toBe(present.parts.find(({ part }) => part === "collector")?.address);
  expect(await status({ directory })).toEqual(present);

  const processes = (readState(directory)?.parts ?? []).flatMap((part) => part.process ?? []);
  expect((await down({ directory })).toSorted()).toEqual(["alertmanager", "collector", "loki", "prometheus"]);
  expect(processes.filter(isRunning)).toEqual([]);
  expect((await status({ directory })).running).toBe(false);
  expect(readFileSync(join(directory, "loki.log"), "utf8")).toContain("stub started");
  expect(await down({ directory })).toEqual([]);
});

test("a second up changes nothing and says so", async () => {
  const first = await up({ directory, ports: "free", alertHistory: false });
  const second = await up({ directory, ports: "free", alertHistory: false, progress });
  expect(second).toEqual(first);
  expect(told).toContainEqual(expect.stringContaining(`the stack runs already (process ${first.owner})`));
});

test("status shows a part that does not answer, and why the stack ended when one ended by itself", async () => {
  const present = await up({ directory, ports: "free", alertHistory: false });
  const loki = present.parts.find(({ part }) => part === "loki");
  process.kill(loki?.pid ?? 0, "SIGSTOP");
  expect((await status({ directory })).parts.find(({ part }) => part === "loki")?.ready).toBe(false);
  process.kill(loki?.pid ?? 0, "SIGKILL");
  await expect.poll(async () => (await status({ directory })).running, { timeout: 20_000 }).toBe(false);
  const after = await status({ directory });
  expect(after.failure).toContain("loki stopped by itself with SIGKILL");
  expect(renderStatus(after)).toContain("loki stopped by itself with SIGKILL");
});

test("a start that fails is told with its code, and nothing is left", async () => {
  writeFileSync(join(home, "prometheus.misbehave"), "console.error('bad configuration'); process.exit(3)");
  await expect(up({ directory, ports: "free", alertHistory: false })).rejects.toMatchObject({
    code: "STACK_FAILED",
    message: "prometheus stopped by itself with exit code 3",
    context: { "last lines": expect.stringContaining("bad configuration") },
  });
  expect(await status({ directory })).toMatchObject({ running: false, parts: [] });
});

test("an interrupted up leaves nothing", async () => {
  writeFileSync(join(home, "loki.misbehave"), "deaf = true");
  const interrupt = new AbortController();
  const starting = up({ directory, ports: "free", alertHistory: false, signal: interrupt.signal });
  await expect.poll(() => readState(directory)?.parts.filter((part) => part.process !== null).length, { timeout: 20_000 }).toBe(4);
  const processes = (readState(directory)?.parts ?? []).flatMap((part) => part.process ?? []);
  interrupt.abort(new Error("interrupted"));
  await expect(starting).rejects.toThrow("interrupted");
  await expect.poll(() => processes.filter(isRunning), { timeout: 20_000 }).toEqual([]);
});

test("a broken state file is taken for no stack", async () => {
  mkdirSync(directory, { recursive: true });
  for (const text of ["", "{}", '{"version": 2}', '{"version": 1, "parts": [{"process": {"pid": -1}}]}']) {
    writeFileSync(join(directory, "state.json"), text);
    expect(await status({ directory })).toMatchObject({ running: false, parts: [] });
    expect(await down({ directory })).toEqual([]);
  }
});

test("the table has a line for each part and says where spans go", async () => {
  const ports = await choosePorts("free");
  const text = renderStatus({
    directory,
    running: true,
    owner: 1,
    endpoints: {
      collector: "",
      collectorGrpc: "",
      prometheus: "",
      loki: "",
      alertmanager: "",
      tempo: null,
      tracesFile: "/data/traces.jsonl",
    },
    parts: [
      { part: "loki", version: "3.7.8", pid: null, address: `http://127.0.0.1:${ports.loki}`, ready: false, log: "/data/loki.log" },
      { part: "collector", version: "0.155.0", pid: 12345, address: "http://127.0.0.1:4318", ready: true, log: "/data/collector.log" },
    ],
    failure: null,
  });
  expect(text.split("\n").map((line) => line.replace(/ {2,}/g, " | "))).toEqual([
    "PART | VERSION | PID | ADDRESS | READY | LOG",
    `loki | 3.7.8 | - | http://127.0.0.1:${ports.loki} | no | /data/loki.log`,
    "collector | 0.155.0 | 12345 | http://127.0.0.1:4318 | yes | /data/collector.log",
    "",
    "There is no Tempo on this machine: spans go to /data/traces.jsonl",
  ]);
});
