import { toEventSelector } from "viem";
import { describe, expect, it } from "vitest";
import { State } from "#core/state.ts";
import {
  type BlockPlan,
  BUYBACK,
  block,
  CONFIG,
  frame,
  GENESIS_MS,
  MISSING,
  ORACLE,
  reverted,
  STRANGER,
  UNHEALTHY,
  VAULT,
} from "./fixtures/handmade.ts";
import { createGauges } from "./gauges.ts";
import { createInterpret } from "./interpret.ts";
import type { ChainObservation } from "./observation.ts";
import { watchOf } from "./watch.ts";

const interpret = createInterpret(watchOf(CONFIG));
const gauges = createGauges(CONFIG);
const missing = reverted(MISSING);
const unhealthy = reverted(UNHEALTHY, { to: VAULT, selector: BUYBACK });
const swallowed = frame({ to: STRANGER, calls: [missing] });
const HORIZON_MS = CONFIG.liveHorizonMs;

/** Every gauge after these observations, by its Prometheus name and label values. */
function read(observations: readonly ChainObservation[]): Readonly<Record<string, number>> {
  const state = new State();
  for (const observation of observations) interpret(state, observation);
  return Object.fromEntries(
    gauges(state).map(({ metric, labels, value }) => [
      [metric.prometheus.replace("offing_chain_", ""), ...Object.values(labels)].join(" "),
      value,
    ]),
  );
}

/** Blocks one after the other, by what is in them. */
function chain(plans: readonly Omit<BlockPlan, "number">[]): readonly ChainObservation[] {
  return plans.map((plan, number) => block({ number, ...plan }));
}

/** The run of the PSM in seconds, and for any reason. */
function psmRun(plans: readonly Omit<BlockPlan, "number">[]): readonly (number | undefined)[] {
  const found = read(chain(plans));
  return [found["blocked_duration_seconds PSM PSM_ORACLE_MISSING"], found["contract_blocked_duration_seconds PSM"]];
}

describe("the length of a run", () => {
  it.each<[string, readonly Omit<BlockPlan, "number">[], number]>([
    ["is 0 without failures", [{}, {}], 0],
    ["is 0 for a single failure", [{ traces: [missing] }, {}], 0],
    ["is the chain time between the first and the last", [{ traces: [missing] }, { traces: [missing] }, { traces: [missing] }], 120],
    ["does not grow by silence", [{ traces: [missing] }, { traces: [missing] }, {}, {}, {}], 60],
    ["grows by a swallowed failure", [{ traces: [missing] }, { traces: [swallowed] }], 60],
    ["is ended by a success", [{ traces: [missing] }, { traces: [missing] }, { traces: [frame()] }], 0],
    ["begins anew after a success", [{ traces: [missing] }, { traces: [frame()] }, { traces: [missing] }, { traces: [missing] }], 60],
    [
      "is ended by a success in the same block, in its order",
      [{ traces: [missing] }, { traces: [missing, frame(), missing] }, { traces: [missing] }],
      60,
    ],
    ["is not ended by another failure", [{ traces: [missing] }, { traces: [reverted("0x12345678")] }, { traces: [missing] }], 120],
    [
      "is not ended by a success that was undone",
      [{ traces: [missing] }, { traces: [frame({ to: STRANGER, error: "execution reverted", calls: [frame()] })] }, { traces: [missing] }],
      120,
    ],
    [
      "is not ended by another contract's success",
      [{ traces: [missing] }, { traces: [frame({ to: VAULT, selector: BUYBACK })] }, { traces: [missing] }],
      120,
    ],
    [
      "is not lengthened by a stranger's bytes",
      [{ traces: [missing] }, { traces: [reverted(MISSING, { calls: [reverted(MISSING, { to: STRANGER })] })] }],
      0,
    ],
  ])("%s", (_, plans, seconds) => expect(psmRun(plans)).toEqual([seconds, seconds]));

  it("is kept apart by reason, and for any reason taken together", () => {
    const required = reverted(`0xcd155b1c`, { to: VAULT, selector: BUYBACK });
    const found = read(chain([{ traces: [required] }, { traces: [unhealthy] }, { traces: [required] }, { traces: [unhealthy] }]));
    expect(found).toMatchObject({
      "blocked_duration_seconds BUYBACK_VAULT BUYBACK_ORACLE_REQUIRED": 120,
      "blocked_duration_seconds BUYBACK_VAULT BUYBACK_ORACLE_UNHEALTHY": 120,
      "contract_blocked_duration_seconds BUYBACK_VAULT": 180,
      "contract_blocked_duration_seconds PSM": 0,
    });
  });

  it("is history when every failure was late, and whole once one is not", () => {
    const late = { traces: [missing], seenAfterMs: HORIZON_MS + 1 };
    expect(psmRun([late, late, late])).toEqual([0, 0]);
    expect(psmRun([late, late, { traces: [missing] }])).toEqual([120, 120]);
    expect(psmRun([late, { ...late, traces: [frame()] }, { traces: [missing] }])).toEqual([0, 0]);
  });

  it("is what it was before when a reorg takes failures back", () => {
    const plans = [{ traces: [missing] }, { traces: [missing] }, { traces: [missing] }];
    const grown = [...chain(plans), block({ number: 2, branch: "b", parentBranch: "a" })];
    expect(read(grown)["blocked_duration_seconds PSM PSM_ORACLE_MISSING"]).toBe(60);
    const ended = [...chain([...plans, { traces: [frame()] }]), block({ number: 3, branch: "b", parentBranch: "a" })];
    expect(read(ended)["blocked_duration_seconds PSM PSM_ORACLE_MISSING"]).toBe(120);
  });
});

describe("recent failures", () => {
  const hour = "failures_recent PSM PSM_ORACLE_MISSING 1h";
  const burst = "failures_recent PSM PSM_ORACLE_MISSING burst";

  it("are counted in windows that end at the newest block, exactly", () => {
    const plans = Array.from({ length: 70 }, () => ({ traces: [missing, swallowed] }));
    expect(read(chain(plans))).toMatchObject({ [hour]: 120, [burst]: 20 });
  });

  it("leave a window with the chain's time, also when nothing happens", () => {
    const at = (minutes: number): BlockPlan => ({ number: 1, timeMs: GENESIS_MS + minutes * 60_000 });
    const first = block({ number: 0, traces: [missing] });
    expect(read([first, block(at(9))])).toMatchObject({ [hour]: 1, [burst]: 1 });
    expect(read([first, block(at(10))])).toMatchObject({ [hour]: 1, [burst]: 0 });
    expect(read([first, block(at(59))])).toMatchObject({ [hour]: 1 });
    expect(read([first, block(at(60))])).toMatchObject({ [hour]: 0 });
  });

  it("are deaf to a backfill: late failures are in no window", () => {
    const late = { traces: [missing], seenAfterMs: HORIZON_MS + 1 };
    expect(read(chain([late, late, late]))).toMatchObject({ [hour]: 0, [burst]: 0 });
  });

  it("are taken back by a reorg, and come back into a window that a reorg moves back", () => {
    const [old, young] = [
      block({ number: 0, traces: [missing] }),
      block({ number: 1, timeMs: GENESIS_MS + 90 * 60_000, traces: [missing] }),
    ];
    expect(read([old, young])).toMatchObject({ [hour]: 1 });
    expect(read([old, young, block({ number: 1, branch: "b", parentBranch: "a", timeMs: GENESIS_MS + 5 * 60_000 })])).toMatchObject({
      [hour]: 1,
    });
    expect(read([old, young, block({ number: 1, branch: "b", parentBranch: "a", timeMs: GENESIS_MS + 95 * 60_000 })])).toMatchObject({
      [hour]: 0,
    });
  });

  it("stay exact after thousands of blocks, and are forgotten when no reorg can bring them back", () => {
    const state = new State();
    for (let number = 0; number < 3_000; number += 1)
      interpret(state, block({ number, timeMs: GENESIS_MS + number * 10_000, traces: [missing] }));
    const found = gauges(state).find(
      ({ metric, labels }) => metric.prometheus === "offing_chain_failures_recent" && labels["window"] === "1h",
    );
    expect(found).toMatchObject({ labels: { contract: "PSM" }, value: 360 });
    expect([...state.entries("recent")].length).toBeLessThan(512 + 360 + 64);
  });
});

describe("the other gauges", () => {
  it("leave out what is not known", () => {
    expect(read([])).toEqual({
      "alert_threshold ChainBuybackBlocked": 1_800,
      "alert_threshold ChainPsmOracleMissingBurst": 5,
      "alert_threshold ChainReorgDeep": 5,
    });
    const tick: ChainObservation = { type: "tick", atMs: 1, head: null, safe: 3, finalized: null };
    expect(Object.keys(read([tick]))).toEqual(["block_number safe", ...Object.keys(read([]))]);
    expect(read([block({ number: 4 }), tick])).not.toHaveProperty("lag");
  });

  it("tell where the node and the ledger stand", () => {
    const found = read([{ type: "tick", atMs: 1, head: 9, safe: 7, finalized: 0 }, block({ number: 4 })]);
    expect(found).toMatchObject({
      "block_number head": 9,
      "block_number indexed": 4,
      "block_number safe": 7,
      "block_number finalized": 0,
      block_timestamp_seconds: GENESIS_MS / 1000 + 240,
      lag: 5,
    });
    expect(read([{ type: "tick", atMs: 1, head: 3, safe: null, finalized: null }, block({ number: 4 })])).toMatchObject({ lag: 0 });
  });

  it("count as final what the node says, or else what is deep enough, and never less than before", () => {
    const tick = (head: number, finalized: number | null): ChainObservation => ({ type: "tick", atMs: 1, head, safe: null, finalized });
    const final = (ticks: readonly ChainObservation[]) => read(ticks)["block_number final"];
    expect(final([tick(100, null)])).toBe(100 - CONFIG.finalityDepth);
    expect(final([tick(100, null), tick(100, 90)])).toBe(90);
    expect(final([tick(100, 90), tick(101, 70), tick(102, null)])).toBe(90);
  });

  it("tell of the deepest reorg of the last hour, as long as it lasts, and not of one that was old when it was learnt of", () => {
    const before = chain([{}, {}, {}, {}]);
    const branch = (number: number, more: Partial<BlockPlan> = {}) =>
      block({ number, branch: "b", parentBranch: number === 1 ? "a" : "b", timeMs: GENESIS_MS + number * 60_000, ...more });
    const shallow = block({ number: 1, branch: "c", parentBranch: "a", timeMs: GENESIS_MS + 60_000 });
    expect(read(before)).toMatchObject({ reorg_depth_recent: 0 });
    expect(read([...before, branch(1)])).toMatchObject({ reorg_depth_recent: 3 });
    expect(read([...before, branch(1), shallow])).toMatchObject({ reorg_depth_recent: 3 });
    expect(read([...before, branch(1), branch(2, { timeMs: GENESIS_MS + 60 * 60_000 })])).toMatchObject({ reorg_depth_recent: 3 });
    expect(read([...before, branch(1), branch(2, { timeMs: GENESIS_MS + 61 * 60_000 })])).toMatchObject({ reorg_depth_recent: 0 });
    expect(read([...before, branch(1, { seenAfterMs: HORIZON_MS + 1 })])).toMatchObject({ reorg_depth_recent: 0 });
  });

  it("tell when a module changed last, and take that back with its block", () => {
    const topics = [toEventSelector("HealthChanged(bool)")];
    const changed = (number: number, branch = "a"): ChainObservation => {
      const plain = block({ number, branch, parentBranch: "a", traces: [frame({ to: STRANGER })] });
      const log = { address: ORACLE, topics, data: "0x", index: 0 };
      return { ...plain, transactions: plain.transactions.map((transaction) => ({ ...transaction, logs: [log] })) };
    };
    const key = "config_changed_seconds ORACLE";
    expect(read([block({ number: 0 })])).not.toHaveProperty([key]);
    expect(read([block({ number: 0 }), changed(1), changed(2)])).toMatchObject({ [key]: GENESIS_MS / 1000 + 120 });
    const back = [block({ number: 0 }), changed(1), changed(2), block({ number: 2, branch: "b", parentBranch: "a" })];
    expect(read(back)).toMatchObject({ [key]: GENESIS_MS / 1000 + 60 });
    expect(read([...back.slice(0, 2), block({ number: 1, branch: "b", parentBranch: "a" })])).not.toHaveProperty([key]);
  });
});
