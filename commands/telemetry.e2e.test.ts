import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "#core/clock.ts";
import { openLedger } from "#core/ledger/open.ts";
import { State } from "#core/state.ts";
import type { ChainFact } from "../emitters/chain/facts.ts";
import { block, CONFIG, MISSING, reverted } from "../emitters/chain/fixtures/handmade.ts";
import { createInterpret } from "../emitters/chain/interpret.ts";
import { watchOf } from "../emitters/chain/watch.ts";
import { setUpChain } from "./chain-setup.ts";

const ROOT = join(import.meta.dirname, "..");
const CONFIG_FILE = join(ROOT, "offing.example.yaml");
let folder: string;
let set: readonly string[];
let sender: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "offing-telemetry-"));
  set = [`ledger.sqlite=${join(folder, "chain.db")}`];
  const { emitter, run } = setUpChain({ config: CONFIG_FILE, set });
  const { records } = emitter;
  const ledger = await openLedger<ChainFact>({ location: run.location, domain: "chain", mode: "write", records, nowMs: systemClock.nowMs });
  const facts = createInterpret(watchOf(CONFIG))(new State(), block({ number: 7, traces: [reverted(MISSING)] }));
  const stored = await ledger.append({ facts, changes: [], cursors: new Map() });
  await ledger.close();
  const attributes = stored
    .flatMap((one) => emitter.signals(one as never))
    .flatMap((signal) => ("attributes" in signal ? [signal.attributes] : []));
  sender = String(attributes[0]?.["evm.tx.from"]);
  expect(sender).toMatch(/^0x/);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function preview(...more: readonly string[]): string {
  const given = [...set, ...more.filter((one) => one.includes("="))].flatMap((one) => ["--set", one]);
  const flags = more.filter((one) => !one.includes("="));
  const args = [join(ROOT, "cli.ts"), "telemetry", "preview", "--config", CONFIG_FILE, ...given, ...flags];
  return execFileSync(process.execPath, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

test("straight: what leaves is shown, and what stays is named", () => {
  const text = preview("collector.url=https://otlp.example");
  expect(text).toContain("straight from the emitter");
  expect(text).toMatch(/span chain\.operation .*reason_code=PSM_ORACLE_MISSING/);
  expect(text).toContain("point oracle.required.failures");
  expect(text).not.toContain(sender);
  expect(text).not.toContain(`${hostname()}-chain`);
  expect(text).toMatch(/stay here: .*evm\.tx\.from/);
});

test("straight: a key that the operator allows is shown as leaving", () => {
  const allowing = join(folder, "offing.yaml");
  writeFileSync(allowing, readFileSync(CONFIG_FILE, "utf8").replace("\ncollector:\n", "\ncollector:\n  allow: [evm.tx.from]\n"));
  const text = preview("collector.url=https://otlp.example", "--config", allowing);
  expect(text).toContain(`evm.tx.from=${sender}`);
});

test("a node's log: its last lines as they would leave, secrets masked and their keys named", () => {
  const log = join(folder, "node.log");
  const line = (command: string) => {
    const span = { command, name: `command.${command}`, operation_id: "op-7", wallet_key: "hunter2" };
    const fields = { message: "close", "time.busy": "2ms", "time.idle": "1ms" };
    return `${JSON.stringify({ timestamp: "2026-11-27T07:00:00Z", level: "INFO", fields, target: "node", span, spans: [span] })}\n`;
  };
  writeFileSync(log, `${line("old")}${line("publish")}token=hunter2 at https://user:pw@rpc.example\n`);
  const config = join(folder, "node.yaml");
  writeFileSync(config, `collector: { url: "https://otlp.example" }\nnode: { service_name: my-node, inputs: [{ file: ${log} }] }\n`);
  const text = preview("node", "--facts", "2", "--config", config);
  expect(text).toContain("straight from the emitter");
  expect(text).toMatch(/span command\.publish .*operation_id=op-7/);
  expect(text).toMatch(/point node\.command command=publish.* = 1/);
  expect(text).toMatch(/line "\*\*\*\* at \*\*\*\*"/);
  expect(text).not.toMatch(/hunter2|rpc\.example|command\.old/);
  expect(text).toMatch(/stay here: .*wallet_key/);
});

test("through the Collector: a real one with otel-remote.yaml says the same", () => {
  const text = preview();
  expect(text).toContain("through the Collector");
  expect(text).toMatch(/span chain\.operation .*reason_code=PSM_ORACLE_MISSING/);
  expect(text).toMatch(/point offing\.build\.info version=/);
  expect(text).not.toContain(sender);
  expect(text).not.toContain(`${hostname()}-chain`);
});

test("as JSON each request is one line of OTLP", () => {
  const lines = preview("collector.url=https://otlp.example", "--json").trim().split("\n");
  const kinds = lines.map((line) => Object.keys(JSON.parse(line) as object)[0]);
  expect(new Set(kinds)).toEqual(new Set(["resourceSpans", "resourceLogs", "resourceMetrics"]));
});
