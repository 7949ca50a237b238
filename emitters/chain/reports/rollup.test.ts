import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "#core/clock.ts";
import type { Ledger } from "#core/ledger/ledger.ts";
import { openLedger } from "#core/ledger/open.ts";
import { DATABASES, type TestDatabase } from "#core/ledger/testing/databases.ts";
import { State } from "#core/state.ts";
import type { ChainFact } from "../facts.ts";
import { block, CONFIG, frame, MISSING, reverted } from "../fixtures/handmade.ts";
import { createInterpret } from "../interpret.ts";
import { recordTables } from "../records.ts";
import { watchOf } from "../watch.ts";
import { explain } from "./explain.ts";
import { rollup } from "./rollup.ts";

/** Sunday and Monday around a turn of month and week: 2026-02-01 is a Sunday. */
const DAYS = ["2026-01-31", "2026-02-01", "2026-02-02"];

/** A block a day at one minute to midnight UTC: one success, one blocked mint, and on the last day one more of each. */
function facts(): readonly ChainFact[] {
  const interpret = createInterpret(watchOf(CONFIG));
  const state = new State();
  return DAYS.flatMap((day, index) => {
    const traces = [frame(), reverted(MISSING)];
    const seen = block({ number: 7 + index, traces: index === 2 ? [...traces, ...traces] : traces });
    const timeMs = Date.parse(`${day}T23:59:00Z`);
    return interpret(state, seen).map((fact) => ({ ...fact, timeMs }));
  });
}

describe.each(DATABASES)("reports on $name", ({ start }) => {
  let database: TestDatabase;
  let ledger: Ledger;
  beforeAll(async () => {
    database = await start();
    const records = recordTables(CONFIG);
    ledger = await openLedger<ChainFact>({
      location: database.place(),
      domain: "chain",
      mode: "write",
      records,
      nowMs: systemClock.nowMs,
    });
    await ledger.append({ facts: facts(), changes: [], cursors: new Map() });
  });
  afterAll(async () => {
    await ledger.close();
    await database.stop();
  });

  it("count each UTC day, ISO week and month, with the share that an oracle blocked", async () => {
    const of = async (by: "day" | "week" | "month") =>
      (await rollup(ledger, { by })).map(({ periodStart, operations, blocked, blockedShare }) => [
        periodStart,
        operations,
        blocked,
        blockedShare,
      ]);
    expect(await of("day")).toEqual([
      ["2026-02-02", 4, 2, 0.5],
      ["2026-02-01", 2, 1, 0.5],
      ["2026-01-31", 2, 1, 0.5],
    ]);
    expect(await of("week")).toEqual([
      ["2026-02-02", 4, 2, 0.5],
      ["2026-01-26", 4, 2, 0.5],
    ]);
    expect(await of("month")).toEqual([
      ["2026-02-01", 6, 3, 0.5],
      ["2026-01-01", 2, 1, 0.5],
    ]);
  });

  it("tell the reasons and the callers of what was blocked, from a day on", async () => {
    const rows = await rollup(ledger, { by: "day", since: "2026-02-02" });
    expect(rows).toEqual([
      {
        periodStart: "2026-02-02",
        contract: "PSM",
        actionType: "PSM_MINT",
        operations: 4,
        failed: 2,
        blocked: 2,
        blockedShare: 0.5,
        byReason: { PSM_ORACLE_MISSING: 2 },
        byCaller: { eoa: 2 },
      },
    ]);
  });

  it("explain what is between two moments and nothing else", async () => {
    const [sinceMs, untilMs] = [Date.parse("2026-02-01T00:00:00Z"), Date.parse("2026-02-02T00:00:00Z")];
    const found = await explain(ledger, { sinceMs, untilMs, windowMs: 3_600_000 });
    expect(found).toMatchObject({ operations: 2, blocked: 1, changes: [], episodes: [{ contract: "PSM", count: 1, endedAtMs: null }] });
  });
});
