import { toFunctionSelector } from "viem";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { systemClock } from "#core/clock.ts";
import type { StoredFact } from "#core/fact.ts";
import { openLedger } from "#core/ledger/open.ts";
import { DATABASES, type TestDatabase } from "#core/ledger/testing/databases.ts";
import { createLog } from "#core/log.ts";
import { createMeter } from "#core/meter.ts";
import { State } from "#core/state.ts";
import { Tally } from "#core/tally.ts";
import { Totals } from "#core/totals.ts";
import { type ChainConfig, chainSchemaIn } from "./config.ts";
import type { ChainFact } from "./facts.ts";
import { block, CONFIG, frame, reverted, SECTION } from "./fixtures/handmade.ts";
import { chainEmitter } from "./main.ts";

const TREASURY = `0x${"7e".repeat(20)}`;
const SWEEP = toFunctionSelector("sweep()");
const STALE = "TREASURY_ORACLE_STALE";

/** The handmade world with one contract and one reason more, and no line of code. */
function withMore(
  name: string,
  { action, method, code }: { readonly action: string; readonly method: string; readonly code: string },
): ChainConfig {
  return chainSchemaIn(".").parse({
    ...SECTION,
    contracts: [...SECTION.contracts, { name, address: TREASURY, abi: [`function ${method}()`], actions: { [action]: method } }],
    reasons: [{ code, oracle_required: true, unhealthy: true, contracts: [name] }],
  });
}

const WITH_TREASURY = withMore("TREASURY_VAULT", { action: "TREASURY_SWEEP", method: "sweep", code: STALE });

const quiet = createLog({ level: "error", write: () => {} });
const open = (config: ChainConfig) => chainEmitter(config, { clock: systemClock, log: quiet, meter: createMeter() });
const swept = reverted(toFunctionSelector(`${STALE}()`), { to: TREASURY, selector: SWEEP });
const FAILURES = "oracle_required_failures_total";

describe("a reason and a contract that only the configuration knows", () => {
  const emitter = open(WITH_TREASURY);
  const facts = emitter.interpret(new State(), block({ number: 7, traces: [swept, frame({ to: TREASURY, selector: SWEEP })] }));
  const stored = facts.map((fact, index): StoredFact<ChainFact> => ({ seq: index + 1, writtenAtMs: 9, fact }));

  it("are told by every row", () => {
    expect(facts).toMatchObject([
      { contract: "TREASURY_VAULT", actionType: "TREASURY_SWEEP", outcome: "blocked", reasonCode: STALE, oracleUnhealthyFlag: true },
      { contract: "TREASURY_VAULT", actionType: "TREASURY_SWEEP", outcome: "success", reasonCode: null },
    ]);
  });

  it("stand at 0 before the first fact, the code at its own contract only", () => {
    const tuples = emitter.zeros
      .filter(({ metric }) => metric.prometheus === FAILURES)
      .map(({ labels }) => Object.values(labels).join(" "));
    expect(tuples.filter((tuple) => tuple.includes(STALE))).toEqual([`TREASURY_VAULT TREASURY_SWEEP ${STALE}`]);
    expect(tuples).toContain("PSM PSM_MINT PSM_ORACLE_MISSING");
  });

  it("are counted under their own names, never as unknown", () => {
    const totals = new Totals(emitter.metrics, []);
    const unknown: string[] = [];
    const onUnknownLabel = (): void => void unknown.push("met");
    const tally = new Tally();
    for (const one of stored) tally.count(emitter.signals(one), one.fact, onUnknownLabel);
    totals.fold(tally, 9);
    const counted = totals.all().filter(({ metric, value }) => metric === "oracle.required.failures" && value > 0);
    expect(counted.map(({ labels, value }) => [JSON.parse(labels), value])).toEqual([
      [{ contract: "TREASURY_VAULT", action_type: "TREASURY_SWEEP", reason_code: STALE }, 1],
    ]);
    expect(unknown).toEqual([]);
  });

  it("have gauges of their own", () => {
    const state = new State();
    emitter.interpret(state, block({ number: 7, traces: [swept] }));
    const points = emitter.gauges(state).filter(({ labels }) => labels["reason_code"] === STALE);
    expect(points.map(({ metric, labels }) => [metric.prometheus, labels["contract"]])).toEqual([
      ["offing_chain_blocked_duration_seconds", "TREASURY_VAULT"],
      ["offing_chain_failures_recent", "TREASURY_VAULT"],
      ["offing_chain_failures_recent", "TREASURY_VAULT"],
    ]);
  });

  it("are unknown to a configuration that does not list them", () => {
    const [fact] = open(CONFIG).interpret(new State(), block({ number: 7, traces: [reverted(toFunctionSelector(`${STALE}()`))] }));
    expect(fact).toMatchObject({ outcome: "reverted", reasonCode: null, unresolved: true });
  });
});

test.each([
  ["TREASURY_VAULT", "TREASURY_SWEEP", "sweep", "TREASURY_ORACLE_STALE"],
  ["SAFETY_NET", "SAFETY_NET_COVER", "cover", "SAFETY_NET_ORACLE_PAUSED"],
  ["FEE_ROUTER", "FEE_ROUTER_DISTRIBUTE", "distribute", "FEE_ROUTER_ORACLE_REQUIRED"],
])("the configuration alone adds %s: rows, series at 0, counts and gauges", (name, action, method, code) => {
  const emitter = open(withMore(name, { action, method, code }));
  const call = { to: TREASURY, selector: toFunctionSelector(`${method}()`) };
  const state = new State();
  const facts = emitter.interpret(state, block({ number: 7, traces: [reverted(toFunctionSelector(`${code}()`), call), frame(call)] }));
  expect(facts).toMatchObject([
    { contract: name, actionType: action, outcome: "blocked", reasonCode: code },
    { contract: name, actionType: action, outcome: "success", reasonCode: null },
  ]);
  const labels = { contract: name, action_type: action, reason_code: code };
  const increments = facts
    .flatMap((fact, index) => emitter.signals({ seq: index + 1, writtenAtMs: 9, fact }))
    .filter((signal) => signal.type === "increment");
  for (const told of [emitter.zeros, increments]) {
    const failures = told.filter(({ metric, labels: { reason_code } }) => metric.prometheus === FAILURES && reason_code === code);
    expect(failures.map((one) => one.labels)).toEqual([labels]);
  }
  expect(emitter.gauges(state).filter((gauge) => gauge.labels["reason_code"] === code)).not.toEqual([]);
});

describe.each(DATABASES)("a reason that only the configuration knows, on $name", ({ start }) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await start();
  });
  afterAll(() => database.stop());

  it("stands in reason_codes and in the rows, also when the ledger is older than the entry", async () => {
    const location = database.place();
    const ledgerOf = (config: ChainConfig) =>
      openLedger<ChainFact>({ location, domain: "chain", mode: "write", records: open(config).records, nowMs: systemClock.nowMs });
    await (await ledgerOf(CONFIG)).close();
    const ledger = await ledgerOf(WITH_TREASURY);
    try {
      const facts = open(WITH_TREASURY).interpret(new State(), block({ number: 7, traces: [swept] }));
      await ledger.append({ facts, changes: [], cursors: new Map() });
      const rows = await ledger.select(
        "SELECT o.action_type, o.reason_code, r.unhealthy FROM oracle_required_operations o JOIN reason_codes r ON r.code = o.reason_code WHERE o.seq <= :cursor",
        1e9,
      );
      expect(rows.map((row) => [row["action_type"], row["reason_code"], Boolean(row["unhealthy"])])).toEqual([
        ["TREASURY_SWEEP", STALE, true],
      ]);
    } finally {
      await ledger.close();
    }
  });
});
