import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { stringify } from "yaml";
import type { Ledger } from "#core/ledger/ledger.ts";
import { openLedger } from "#core/ledger/open.ts";
import { State } from "#core/state.ts";
import type { ChainFact } from "../emitters/chain/facts.ts";
import { block, frame, MISSING, reverted, SECTION } from "../emitters/chain/fixtures/handmade.ts";
import { type ChecklistItem, checklist } from "../emitters/chain/reports/checklist.ts";
import { chainCommand } from "./chain.ts";
import { type ChainSetup, setUpChain } from "./chain-setup.ts";
import { runProgram } from "./program.ts";

const HOUR_MS = 3_600_000;
/** Two of the three operations in the ledger are of this long ago. */
const DAY_MS = 24 * HOUR_MS;

let folder: string;
let config: string;
let setup: ChainSetup;
let ledger: Ledger;
let prometheus: Server;
/** What Prometheus answers, by a word of the query; no sample for what is not here. */
let samples: Record<string, number | readonly string[]>;
const nowMs = Date.now();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "offing-checklist-"));
  prometheus = createServer((request, response) => {
    const query = new URL(request.url ?? "", "http://127.0.0.1").searchParams.get("query") ?? "";
    const [, answer = []] = Object.entries(samples).find(([word]) => query.includes(word)) ?? [];
    const result =
      typeof answer === "number"
        ? [{ metric: {}, value: [0, String(answer)] }]
        : answer.map((alertname) => ({ metric: { alertname }, value: [0, "1"] }));
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ status: "success", data: { result } }));
  });
  await new Promise<void>((resolve) => prometheus.listen(0, "127.0.0.1", resolve));
  config = join(folder, "offing.yaml");
  const url = `http://127.0.0.1:${(prometheus.address() as AddressInfo).port}`;
  const whole = { ledger: { sqlite: join(folder, "chain.db") }, backends: { prometheus: url }, chain: SECTION };
  writeFileSync(config, stringify(whole));
  setup = setUpChain({ config, set: [] });
  const { records } = setup.emitter;
  ledger = await openLedger<ChainFact>({ location: setup.run.location, domain: "chain", mode: "write", records, nowMs: Date.now });
  const facts = [
    block({ number: 7, timeMs: nowMs - DAY_MS, traces: [reverted(MISSING), frame()] }),
    block({ number: 8, timeMs: nowMs, traces: [frame()] }),
  ];
  const state = new State();
  await ledger.append({ facts: facts.flatMap((one) => setup.emitter.interpret(state, one)), changes: [], cursors: new Map() });
});

afterAll(async () => {
  await ledger.close();
  prometheus.close();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  samples = {
    oracle_required_failures: setup.emitter.zeros.length,
    heartbeat: nowMs / 1000,
    ledger_cursor: await ledger.head(),
    block_timestamp: nowMs / 1000,
  };
});

function answers(hours = 6): Promise<readonly ChecklistItem[]> {
  const { zeros } = setup.emitter;
  return checklist({ ledger, prometheus: setup.config.backends.prometheus, zeros, nowMs, hours });
}

test("where all is well each question is answered by what was found", async () => {
  const items = await answers();
  expect(items.filter(({ ok }) => !ok)).toEqual([]);
  expect(items.map(({ answer }) => answer).join("\n")).toMatch(
    /series of oracle_required_failures_total\n.* 0 s old\n0 of 3 facts wait to be exported\n.* 0 s old\nnone\n0 of 1 operations in 0 episodes\nnone/u,
  );
});

describe("one thing that is not well fails its own question alone, with where to go on:", () => {
  test.each<[string, () => void, RegExp, RegExp]>([
    ["a series that is missing", () => Object.assign(samples, { oracle_required_failures: 1 }), /^Are the metrics there/, /doctor/],
    ["no heartbeat at all", () => delete samples["heartbeat"], /^Are they fresh/, /emitter-silent/],
    [
      "a heartbeat of five minutes ago",
      () => Object.assign(samples, { heartbeat: nowMs / 1000 - 300 }),
      /^Are they fresh/,
      /emitter-silent/,
    ],
    ["a fact that waits", () => Object.assign(samples, { ledger_cursor: 2 }), /^Do they say what the ledger says/, /reconcile/],
    ["nothing that was projected", () => delete samples["ledger_cursor"], /^Do they say what the ledger says/, /reconcile/],
    ["an old head", () => Object.assign(samples, { block_timestamp: nowMs / 1000 - 7_200 }), /^Is the chain followed/, /head-stalled/],
    [
      "an alert",
      () => Object.assign(samples, { ALERTS: ["ChainPsmBlocked"] }),
      /^Is no alert firing/,
      /^docs\/runbooks\/chain-psm-blocked\.md$/,
    ],
  ])("%s", async (_, spoil, question, next) => {
    spoil();
    const failed = (await answers()).filter(({ ok }) => !ok);
    expect(failed).toHaveLength(1);
    expect(failed[0]?.question).toMatch(question);
    expect(failed[0]?.next).toMatch(next);
  });
});

test("a spike counts as far back as it was asked for", async () => {
  const failed = (await answers(48)).filter(({ ok }) => !ok);
  expect(failed).toMatchObject([{ question: "Was nothing blocked in the last 48 h?", next: "offing chain explain --since 48h" }]);
  expect(failed[0]?.answer).toBe("1 of 3 operations in 1 episodes");
});

/** Runs `offing chain checklist` beside the emitter that writes the ledger, as the command line does. */
async function run(...more: readonly string[]): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  let [stdout, stderr] = ["", ""];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    stdout += String(text);
    return true;
  });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    stderr += String(text);
    return true;
  });
  vi.spyOn(process, "argv", "get").mockReturnValue(["node", "offing", "chain", "checklist", "--config", config, ...more]);
  try {
    return { code: await runProgram([chainCommand()], ""), stdout, stderr };
  } finally {
    vi.restoreAllMocks();
    process.exitCode = undefined;
  }
}

test("it exits 0 when all is well and 1 on one answer that is not, in words and as JSON", async () => {
  const well = await run();
  expect(well, well.stderr).toMatchObject({ code: 0, stdout: expect.stringMatching(/^✓ Are the metrics there\?$/mu) });
  expect(well.stdout).not.toContain("✗");
  const ill = await run("--hours", "48", "--json");
  expect(ill.code, ill.stderr).toBe(1);
  expect((JSON.parse(ill.stdout) as ChecklistItem[]).filter(({ ok }) => !ok)).toHaveLength(1);
});

test("it exits 1 without a Prometheus, and 2 for what cannot be asked", async () => {
  expect(await run("--set", "backends.prometheus=http://127.0.0.1:1")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("BACKEND_UNREACHABLE"),
  });
  expect(await run("--hours", "none")).toMatchObject({ code: 2, stderr: expect.stringContaining("--hours") });
  expect(await run("--set", "chain.networks=x")).toMatchObject({ code: 2, stderr: expect.stringContaining("CONFIG_INVALID") });
});
