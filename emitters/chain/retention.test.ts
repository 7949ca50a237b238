import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { canaries } from "#contract/generated/chain.ts";
import { systemClock } from "#core/clock.ts";
import type { Ledger } from "#core/ledger/ledger.ts";
import { openLedger } from "#core/ledger/open.ts";
import { DATABASES, type TestDatabase } from "#core/ledger/testing/databases.ts";
import { State } from "#core/state.ts";
import type { ChainFact } from "./facts.ts";
import { block, CONFIG, frame, GENESIS_MS, hashOf, MISSING, reverted } from "./fixtures/handmade.ts";
import { createInterpret } from "./interpret.ts";
import type { CanarySeen } from "./observation.ts";
import { recordTables } from "./records.ts";
import { prunableIn } from "./retention.ts";
import { METRICS } from "./signals.ts";
import { watchOf } from "./watch.ts";

const DAY_MS = 86_400_000;
const LATER_MS = GENESIS_MS + 400 * DAY_MS;
const retention = { successFactsMs: 90 * DAY_MS, canariesMs: 30 * DAY_MS, deadLettersMs: 90 * DAY_MS };

/** A simulated call on a block of this day. */
function simulated(day: number): CanarySeen {
  const timeMs = GENESIS_MS + day * DAY_MS;
  const results = [{ contract: "PSM" as const, action: "PSM_MINT", reverted: day % 2 === 0 ? null : MISSING }];
  return { type: "canary", atMs: timeMs, number: 9_000 + day, hash: hashOf(9_000 + day, "a"), timeMs, results };
}

describe.each(DATABASES)("the retention of a chain on $name", ({ start }) => {
  let database: TestDatabase;
  let ledger: Ledger;
  let finalBlock: number;
  beforeAll(async () => {
    database = await start();
    const records = recordTables({ reasons: CONFIG.reasons });
    ledger = await openLedger<ChainFact>({ location: database.place(), domain: "chain", mode: "write", records, nowMs: systemClock.nowMs });
    const state = new State();
    const interpret = createInterpret(watchOf(CONFIG));
    const many = Array.from({ length: 60 }, () => frame());
    // Two runs of successes with a failure between them; the second one ends above what may go.
    const plans = [many, many, [reverted(MISSING)], many, many, many];
    const facts = plans.flatMap((traces, number) => interpret(state, block({ number, traces })));
    finalBlock = 5 + 512 - 1;
    interpret(state, { type: "tick", atMs: 1, head: finalBlock, safe: null, finalized: finalBlock });
    const deadLetters = [{ origin: "interpret" as const, reason: "undecodable", item: null }];
    await ledger.append({ facts, changes: state.changes(), cursors: new Map(), deadLetters });
    await ledger.projection.restart({ digest: "d", cursorSeq: facts.length, totals: [] });
  });
  afterAll(async () => {
    await ledger.close();
    await database.stop();
  });

  const plan = (nowMs: number) => prunableIn({ ledger, retention, metrics: METRICS, nowMs });
  const books = async () => {
    const selects = METRICS.filter(({ ledger: rule, name }) => rule !== undefined && name !== "offing.facts");
    const counted = await Promise.all(selects.map(({ ledger: rule }) => ledger.select(rule?.select ?? "", 1e9)));
    return [...counted, await ledger.select("SELECT * FROM oracle_required_by_day WHERE 1 <= :cursor ORDER BY 1, 2, 3, 4, 5", 1e9)];
  };

  it("lets nothing go that is young", async () => {
    expect(await plan(GENESIS_MS + DAY_MS)).toEqual([]);
  });

  it("lets the text of old and final successes go, in runs, and leaves failures, tables, rollups and totals as they are", async () => {
    const found = (await plan(LATER_MS)).filter(({ order }) => order.table === "facts");
    expect(found.map(({ order, rows }) => [order.fromSeq, order.toSeq, rows])).toEqual([
      [1, 120, 120],
      [122, 241, 120],
    ]);
    const before = await books();
    for (const { order, rows } of found) expect(await ledger.prune(order)).toBe(rows);
    expect(await books()).toEqual(before);
    const [left] = await ledger.select("SELECT count(*) AS value FROM facts WHERE seq <= :cursor", 1e9);
    expect(Number(left?.["value"])).toBe(61);
    expect((await ledger.read(0, 1)).map(({ fact }) => (fact as ChainFact).kind === "operation" && fact.id.includes(":2:"))).toEqual([
      true,
    ]);
    const pruned = await ledger.pruned();
    expect(pruned).toEqual([{ metric: "offing.facts", labels: '{"fact_kind":"operation"}', count: 240 }]);
    expect((await plan(LATER_MS)).filter(({ order }) => order.table === "facts")).toEqual([]);
  });

  it("lets old simulated calls go, fact and row, and counts them as before", async () => {
    const interpret = createInterpret(watchOf(CONFIG));
    const facts = Array.from({ length: 150 }, (_, day) => interpret(new State(), simulated(day))).flat();
    const stored = await ledger.append({ facts, changes: [], cursors: new Map() });
    await ledger.projection.restart({ digest: "d", cursorSeq: stored.at(-1)?.seq ?? 0, totals: [] });
    const nowMs = GENESIS_MS + 150 * DAY_MS;
    const [first] = stored;
    const found = (await plan(nowMs)).filter(({ order }) => order.fromSeq >= (first?.seq ?? 0));
    expect(found.map(({ order, rows }) => [order.table, rows])).toEqual([
      ["facts", 120],
      ["oracle_canary_log", 120],
    ]);
    const select = canaries.ledger?.select ?? "";
    const counted = async () => {
      const rows = await ledger.select(select, 1e9);
      const gone = (await ledger.pruned()).filter(({ metric }) => metric === canaries.name);
      const there = rows.map(({ canary_outcome: outcome, value }) => [String(outcome), Number(value)] as const);
      const pruned = gone.map(({ labels, count }) => [String(JSON.parse(labels).canary_outcome), count] as const);
      return ["success", "blocked"].map((one) => [...there, ...pruned].reduce((sum, [outcome, n]) => sum + (outcome === one ? n : 0), 0));
    };
    expect(await counted()).toEqual([75, 75]);
    for (const { order, rows } of found) expect(await ledger.prune(order)).toBe(rows);
    expect(await counted()).toEqual([75, 75]);
    expect(
      (await ledger.select("SELECT count(*) AS rows FROM oracle_canary_log WHERE seq <= :cursor", 1e9)).map(({ rows }) => Number(rows)),
    ).toEqual([30]);
    expect((await plan(nowMs)).filter(({ order }) => order.fromSeq >= (first?.seq ?? 0))).toEqual([]);
  });

  it("lets old dead letters go", async () => {
    const found = await prunableIn({ ledger, retention, metrics: METRICS, nowMs: Date.now() + 100 * DAY_MS });
    const letters = found.find(({ order }) => order.table === "dead_letters");
    expect(letters).toMatchObject({ order: { table: "dead_letters" }, rows: 1 });
    if (letters !== undefined) expect(await ledger.prune(letters.order)).toBe(1);
  });

  it("tells its size and its rows", async () => {
    const { bytes, rows } = await ledger.sizes();
    expect(bytes).toBeGreaterThan(10_000);
    expect(rows).toMatchObject({ facts: 61 + 30, dead_letters: 0, oracle_required_operation_log: 301, oracle_config_change_log: 0 });
  });
});
