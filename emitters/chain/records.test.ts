import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "#core/clock.ts";
import type { Ledger, LedgerLocation } from "#core/ledger/ledger.ts";
import { openLedger } from "#core/ledger/open.ts";
import { DATABASES, type RawConnection, type TestDatabase } from "#core/ledger/testing/databases.ts";
import { State } from "#core/state.ts";
import type { ChainFact } from "./facts.ts";
import { BUYBACK, block, CONFIG, frame, MISSING, reverted, STRANGER, UNHEALTHY, VAULT } from "./fixtures/handmade.ts";
import { readRecorded } from "./fixtures/recorded.ts";
import { createInterpret } from "./interpret.ts";
import { recordTables } from "./records.ts";
import { watchOf } from "./watch.ts";

const SEED_COLUMNS =
  "id, tx_hash, block_number, timestamp, contract, caller, action_type, success, reason_code, oracle_required_blocked, oracle_unhealthy_flag, meta";
const CHANGE_COLUMNS = "id, block_number, timestamp, changed_by, module, change_summary, params_before, params_after";
const END = 1e9;

const interpret = createInterpret(watchOf(CONFIG));

describe.each(DATABASES)("the chain's tables on $name", ({ start }) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await start();
  });
  afterAll(() => database.stop());

  async function open(location: LedgerLocation, reasons = CONFIG.reasons): Promise<Ledger> {
    const records = recordTables({ reasons });
    return await openLedger<ChainFact>({ location, domain: "chain", mode: "write", records, nowMs: systemClock.nowMs });
  }

  /** A ledger that holds these facts, for as long as `look` looks. */
  async function holding<T>(facts: readonly ChainFact[], look: (ledger: Ledger, location: LedgerLocation) => Promise<T>): Promise<T> {
    const location = database.place();
    const ledger = await open(location);
    try {
      await ledger.append({ facts, changes: [], cursors: new Map() });
      return await look(ledger, location);
    } finally {
      await ledger.close();
    }
  }

  const raw = async <T>(location: LedgerLocation, look: (connection: RawConnection) => Promise<T>): Promise<T> => {
    const connection = await database.raw(location);
    try {
      return await look(connection);
    } finally {
      await connection.close();
    }
  };

  const seen = () => {
    const state = new State();
    const wrapped = frame({ to: STRANGER, calls: [reverted(UNHEALTHY, { to: VAULT, selector: BUYBACK })] });
    return interpret(state, block({ number: 7, traces: [frame(), reverted(MISSING), wrapped, reverted("0x12345678")] }));
  };

  it("hold every row's finality: provisional, final once its block is, orphaned once it was taken back", async () => {
    const state = new State();
    const [first, second] = [block({ number: 7, traces: [reverted(MISSING)] }), block({ number: 8, traces: [frame(), reverted(MISSING)] })];
    const other = { ...block({ number: 8, branch: "b", traces: [frame()] }), parentHash: first.hash };
    const facts = [first, second, other].flatMap((one) => interpret(state, one));
    const finality = async (finalized: number): Promise<readonly string[]> => {
      interpret(state, { type: "tick", atMs: 1, head: 8, safe: null, finalized });
      const location = database.place();
      const ledger = await open(location);
      await ledger.append({ facts, changes: state.changes(), cursors: new Map() });
      const rows = await ledger.select("SELECT finality FROM oracle_required_finality WHERE seq <= :cursor ORDER BY seq", END);
      const standing = await ledger.select("SELECT finality FROM oracle_required_operations WHERE seq <= :cursor ORDER BY seq", END);
      await ledger.close();
      expect(standing).toEqual(rows.filter((row) => row["finality"] !== "orphaned"));
      return rows.map((row) => String(row["finality"]));
    };
    expect(await finality(6)).toEqual(["provisional", "orphaned", "orphaned", "provisional"]);
    expect(await finality(7)).toEqual(["final", "orphaned", "orphaned", "provisional"]);
    expect(await finality(8)).toEqual(["final", "orphaned", "orphaned", "final"]);
  });

  it("hold an operation with the seed's columns, in its order, and ours after them", async () => {
    await holding(seen(), async (ledger) => {
      const rows = await ledger.select("SELECT * FROM oracle_required_operations WHERE seq <= :cursor ORDER BY seq", END);
      expect(
        Object.keys(rows[0] ?? {})
          .slice(0, 12)
          .join(", "),
      ).toBe(SEED_COLUMNS);
      expect(
        rows.map((row) => [
          row["contract"],
          row["reason_code"],
          Boolean(row["oracle_required_blocked"]),
          Boolean(row["oracle_unhealthy_flag"]),
        ]),
      ).toEqual([
        ["PSM", null, false, false],
        ["PSM", "PSM_ORACLE_MISSING", true, false],
        ["BUYBACK_VAULT", "BUYBACK_ORACLE_UNHEALTHY", true, true],
        ["PSM", null, false, false],
      ]);
      expect(rows[1]).toMatchObject({
        block_number: 7,
        timestamp: 1_700_000_420,
        action_type: "PSM_MINT",
        outcome: "blocked",
        evidence: "trace",
      });
      expect(rows[2]).toMatchObject({ caller: expect.stringMatching(/^0x/), outcome: "caught", caller_category: "eoa" });
      expect(JSON.parse(String(rows[3]?.["meta"]))).toMatchObject({
        tx_from: expect.stringMatching(/^0xe5/),
        revert_data: "0x12345678",
        revert_bytes: 4,
      });
      expect(Object.keys(JSON.parse(String(rows[0]?.["meta"])))).toEqual(["tx_from", "tx_to", "tx_index", "address"]);
    });
  });

  it("show what stands: a row that was taken back is gone, one that came back is there once", async () => {
    const state = new State();
    const [a, b] = [block({ number: 8, traces: [reverted(MISSING)] }), block({ number: 8, branch: "b", parentBranch: "a" })];
    const facts = [block({ number: 7 }), a, b, a].flatMap((observation) => interpret(state, observation));
    const count = "SELECT count(*) AS rows FROM oracle_required_operations WHERE seq <= :cursor";
    await holding(facts.slice(0, 3), async (ledger) => expect(await ledger.select(count, END)).toEqual([{ rows: 0 }]));
    await holding(facts, async (ledger) => {
      expect(await ledger.select("SELECT id, application FROM oracle_required_operations WHERE seq <= :cursor", END)).toEqual([
        { id: expect.stringMatching(/^op:1:8:0x[0-9a-f]+:0:0$/), application: 2 },
      ]);
      expect(await ledger.select("SELECT count(*) AS rows FROM oracle_required_operation_log WHERE seq <= :cursor", END)).toEqual([
        { rows: 2 },
      ]);
    });
  });

  it("show of several rows for one operation the best proved, and of these the newest", async () => {
    const [, fact] = seen();
    if (fact?.kind !== "operation") throw new TypeError("the block holds an operation");
    const status: ChainFact = {
      ...fact,
      id: `${fact.operationId}:status`,
      evidence: "status",
      reasonCode: null,
      oracleRequiredBlocked: false,
    };
    const again: ChainFact = { ...fact, id: `${fact.operationId}:again` };
    await holding([status, fact, again, { ...status, id: `${fact.operationId}:later` }], async (ledger) => {
      const rows = await ledger.select("SELECT evidence, fact_id FROM oracle_required_operations WHERE seq <= :cursor", END);
      expect(rows).toEqual([{ evidence: "trace", fact_id: again.id }]);
    });
  });

  it("refuse a row that breaks one of the seed's two rules, or gives a code that is not registered", async () => {
    const [success, blocked] = seen();
    if (success?.kind !== "operation" || blocked?.kind !== "operation") throw new TypeError("the block holds operations");
    const bad: readonly ChainFact[] = [
      { ...blocked, oracleRequiredBlocked: false },
      { ...success, oracleRequiredBlocked: true },
      { ...blocked, oracleUnhealthyFlag: true },
      { ...success, oracleUnhealthyFlag: true },
      { ...blocked, reasonCode: "PSM_ORACLE_MISPLACED" as "PSM_ORACLE_MISSING" },
    ];
    for (const fact of bad)
      await expect(
        holding([fact], async () => {}),
        JSON.stringify(fact),
      ).rejects.toMatchObject({ code: "LEDGER_REFUSED" });
  });

  it("hold each reason code once with its meaning, and refuse another meaning", async () => {
    const location = database.place();
    const changed = CONFIG.reasons.map((reason) => ({ ...reason, unhealthy: true }));
    for (const _ of ["first start", "second start"]) await (await open(location)).close();
    await expect(open(location, changed)).rejects.toThrow(/never re-meant/);
    const ledger = await open(location);
    const codes = await ledger.select("SELECT code, oracle_required, unhealthy FROM reason_codes WHERE 0 < :cursor ORDER BY code", END);
    await ledger.close();
    expect(codes.map((row) => [row["code"], Boolean(row["oracle_required"]), Boolean(row["unhealthy"])])).toEqual([
      ["BUYBACK_ORACLE_REQUIRED", true, false],
      ["BUYBACK_ORACLE_UNHEALTHY", true, true],
      ["PSM_ORACLE_MISSING", true, false],
    ]);
  });

  it("only grow", async () => {
    await holding(seen(), async (_, location) => {
      for (const table of ["oracle_required_operation_log", "reason_codes"]) {
        await raw(location, async ({ run }) => {
          await expect(run(`DELETE FROM ${table}`)).rejects.toThrow(/append-only/);
        });
      }
      await raw(location, async ({ run }) => {
        await expect(run("UPDATE oracle_required_operation_log SET success = NOT success")).rejects.toThrow(/append-only/);
        await expect(run("UPDATE reason_codes SET unhealthy = NOT unhealthy")).rejects.toThrow(/append-only/);
      });
    });
  });

  it("hold the demo's story, changes of configuration with what was before and after among it", async () => {
    const { config, batches } = readRecorded("story");
    const tell = createInterpret(watchOf(config));
    const state = new State();
    const facts = batches.flat().flatMap(({ observation }) => tell(state, observation));
    await holding(facts, async (ledger) => {
      const changes = await ledger.select("SELECT * FROM oracle_config_changes WHERE seq <= :cursor ORDER BY block_number", END);
      expect(changes).toHaveLength(6);
      expect(
        Object.keys(changes[0] ?? {})
          .slice(0, 8)
          .join(", "),
      ).toBe(CHANGE_COLUMNS);
      const removed = changes.find(({ module }) => module === "PSM");
      expect(removed?.["change_summary"]).toMatch(/^OracleChanged\(previous=0x/);
      expect(JSON.parse(String(removed?.["params_before"]))).toEqual({ previous: config.modules[0]?.address });
      expect(JSON.parse(String(removed?.["params_after"]))).toEqual({ next: `0x${"0".repeat(40)}` });
      const standing =
        "SELECT reason_code, count(*) AS rows FROM oracle_required_operations WHERE oracle_required_blocked AND seq <= :cursor";
      expect(await ledger.select(`${standing} GROUP BY reason_code ORDER BY reason_code`, END)).toEqual([
        { reason_code: "BUYBACK_ORACLE_REQUIRED", rows: 3 },
        { reason_code: "BUYBACK_ORACLE_UNHEALTHY", rows: 9 },
        { reason_code: "PSM_ORACLE_MISSING", rows: 47 },
      ]);
    });
  });
});
