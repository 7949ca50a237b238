import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { operations } from "#contract/generated/chain.ts";
import { systemClock } from "#core/clock.ts";
import type { StoredFact } from "#core/fact.ts";
import type { Ledger } from "#core/ledger/ledger.ts";
import { openLedger } from "#core/ledger/open.ts";
import { DATABASES, type TestDatabase } from "#core/ledger/testing/databases.ts";
import { State } from "#core/state.ts";
import { siblingOf } from "#core/tally.ts";
import type { ChainFact, SummaryFact } from "../facts.ts";
import { BUYBACK, block, CONFIG, frame, hashOf, MISSING, ROUTER, reverted, STRANGER, VAULT } from "../fixtures/handmade.ts";
import { createGauges } from "../gauges.ts";
import { createInterpret } from "../interpret.ts";
import type { ChainObservation, Frame } from "../observation.ts";
import { recordTables } from "../records.ts";
import { explain } from "../reports/explain.ts";
import { rollup } from "../reports/rollup.ts";
import { signals } from "../signals.ts";
import { watchOf } from "../watch.ts";

const LIMITED = { ...CONFIG, retention: { ...CONFIG.retention, successRowsPerBlock: 2 } };
const mint = frame();
const blocked = reverted(MISSING);
const buyback = frame({ to: VAULT, selector: BUYBACK });
const routed = frame({ to: ROUTER, selector: "0x", calls: [frame({ from: ROUTER })] });

/** What stands after these observations. */
function run(observations: readonly ChainObservation[], config = LIMITED): { readonly state: State; readonly facts: readonly ChainFact[] } {
  const [state, interpret] = [new State(), createInterpret(watchOf(config))];
  return { state, facts: observations.flatMap((observation) => interpret(state, observation)) };
}

const factsOf = (traces: readonly Frame[]) => run([block({ number: 7, traces })]).facts;

/** The calls that have a row of their own, by their place in the block, and what the others share. */
function gist(facts: readonly ChainFact[]): readonly string[] {
  return facts.map((fact) => {
    if (fact.kind === "operation") return `${fact.txIndex} ${fact.outcome}`;
    return fact.kind === "operation_summary" ? `${fact.operations} ${fact.actionType} ${fact.callerCategory}` : fact.kind;
  });
}

describe("the rows of a block", () => {
  it("are one for each call up to the limit, of each action apart", () => {
    expect(gist(factsOf([mint, buyback, mint, buyback]))).toEqual(["0 success", "1 success", "2 success", "3 success"]);
  });

  it("are shared by what went through beyond it, one row for each kind of call", () => {
    const facts = factsOf([mint, mint, mint, { ...mint, from: STRANGER }, routed, buyback]);
    expect(gist(facts)).toEqual(["0 success", "1 success", "5 success", "2 PSM_MINT eoa", "1 PSM_MINT whitelisted_route"]);
    const { blockHash, timeMs } = facts[0] as ChainFact;
    expect(facts[3]).toMatchObject({
      id: `summary:1:7:${hashOf(7, "a")}:PSM:PSM_MINT:eoa:trace::1`,
      ...{ blockHash, timeMs, late: false, outcome: "success", callers: 2, route: null },
    });
    expect(facts[4]).toMatchObject({ operations: 1, route: "router", callers: 1 });
  });

  it("are never shared by what failed, nor by what ends a run", () => {
    const facts = factsOf([mint, mint, blocked, blocked, mint, mint, blocked, mint]);
    expect(gist(facts)).toEqual([..."0 success,1 success,2 blocked,3 blocked,4 success,6 blocked,7 success".split(","), "1 PSM_MINT eoa"]);
  });
});

/** Eight blocks, live and filled in, of which the last two are replaced; the limit is met in some. */
function story(): readonly ChainObservation[] {
  const many = Array.from({ length: 7 }, () => mint);
  return [
    block({ number: 20, traces: [blocked, ...many] }),
    { ...block({ number: 30, traces: many }), joins: "jump" },
    { ...block({ number: 29, traces: [...many, blocked, ...many] }), joins: "backfill" },
    block({ number: 31, traces: [...many, buyback, routed, routed] }),
    block({ number: 32, traces: many }),
    block({ number: 31, branch: "b", parentBranch: "a", traces: [...many, blocked] }),
    block({ number: 31, traces: [...many, buyback, routed, routed] }),
  ];
}

describe("a reorg", () => {
  it("takes a summary back with its block, and counts it again when the block comes back", () => {
    const { facts } = run(story());
    const summaries = facts.filter(({ kind }) => kind === "operation_summary") as readonly SummaryFact[];
    const taken = facts.filter(({ kind }) => kind === "operation_summary_retracted");
    const at31 = summaries.filter(({ blockNumber }) => blockNumber === 31);
    expect(at31.map(({ blockHash, application, operations: count }) => [blockHash, application, count])).toEqual([
      [hashOf(31, "a"), 1, 5],
      [hashOf(31, "a"), 1, 2],
      [hashOf(31, "b"), 1, 5],
      [hashOf(31, "a"), 2, 5],
      [hashOf(31, "a"), 2, 2],
    ]);
    const standing = summaries.filter(({ id }) => !taken.some(({ retracts }) => retracts === id));
    expect(standing.filter(({ blockNumber }) => blockNumber >= 31).map(({ blockHash, application }) => [blockHash, application])).toEqual([
      [hashOf(31, "a"), 2],
      [hashOf(31, "a"), 2],
    ]);
  });

  it("leaves runs and windows as they would be if every call had a row", () => {
    const read = (config: typeof CONFIG): string => {
      const { state } = run(story(), config);
      const points = createGauges(config)(state).map(({ metric, labels, value }) => [metric.name, labels, value]);
      return JSON.stringify(points);
    };
    expect(read(LIMITED)).toBe(read(CONFIG));
  });
});

describe.each(DATABASES)("summaries on $name", ({ start }) => {
  let database: TestDatabase;
  const open = async (config: typeof CONFIG): Promise<{ readonly ledger: Ledger; readonly stored: readonly StoredFact<ChainFact>[] }> => {
    const location = database.place();
    const records = recordTables(config);
    const ledger = await openLedger<ChainFact>({ location, domain: "chain", mode: "write", records, nowMs: systemClock.nowMs });
    const { facts } = run(story(), config);
    const stored = (await ledger.append({ facts, changes: [], cursors: new Map() })) as readonly StoredFact<ChainFact>[];
    return { ledger, stored };
  };
  beforeAll(async () => {
    database = await start();
  });
  afterAll(() => database.stop());

  it("count at every cursor what the counter counts, and in the end what rows would", async () => {
    const [few, all] = [await open(LIMITED), await open(CONFIG)];
    try {
      const select = operations.ledger?.select ?? "";
      const booked = async (ledger: Ledger, cursor: number) =>
        Object.fromEntries(
          (await ledger.select(select, cursor)).map(({ value, ...labels }) => [Object.values(labels).join(), Number(value)]),
        );
      for (let cursor = 1; cursor <= few.stored.length; cursor += 1) {
        expect(await booked(few.ledger, cursor), `at ${cursor}`).toEqual(counted(few.stored.slice(0, cursor)));
      }
      expect(few.stored.length).toBeLessThan(all.stored.length / 2);
      expect(await booked(few.ledger, few.stored.length)).toEqual(await booked(all.ledger, all.stored.length));
      for (const by of ["day", "week", "month"] as const)
        expect(await rollup(few.ledger, { by })).toEqual(await rollup(all.ledger, { by }));
      const span = { sinceMs: 0, untilMs: 1e13, windowMs: 3_600_000 };
      expect(await explain(few.ledger, span)).toEqual(await explain(all.ledger, span));
    } finally {
      await few.ledger.close();
      await all.ledger.close();
    }
  });

  it("stand in a view of their own until a reorg takes them back, and cannot be changed", async () => {
    const { ledger } = await open(LIMITED);
    try {
      const rows = await ledger.select(
        "SELECT * FROM oracle_required_summaries WHERE seq <= :cursor AND block_number = 31 ORDER BY seq",
        1e9,
      );
      expect(rows).toMatchObject([
        { action_type: "PSM_MINT", caller_category: "eoa", operations: 5, callers: 1, route: null, application: 2 },
        { action_type: "PSM_MINT", caller_category: "whitelisted_route", operations: 2, route: "router" },
      ]);
      const orphans =
        "SELECT finality, count(*) AS rows FROM oracle_required_finality WHERE seq <= :cursor AND id LIKE 'summary:%' GROUP BY finality";
      expect(Object.fromEntries((await ledger.select(orphans, 1e9)).map((row) => [row["finality"], Number(row["rows"])]))).toEqual({
        orphaned: 4,
        provisional: 5,
      });
    } finally {
      await ledger.close();
    }
  });
});

/** total + late - retracted by labels; what is 0 is left out. */
function counted(stored: readonly StoredFact<ChainFact>[]): Readonly<Record<string, number>> {
  const sums = new Map<string, number>();
  for (const one of stored) {
    const sign = siblingOf(one.fact) === "retracted" ? -1 : 1;
    for (const signal of signals(one)) {
      if (signal.type !== "increment" || signal.metric.name !== operations.name) continue;
      const key = operations.labels.map((label) => signal.labels[label]).join();
      sums.set(key, (sums.get(key) ?? 0) + sign * signal.value);
    }
  }
  return Object.fromEntries([...sums].filter(([, sum]) => sum !== 0));
}
