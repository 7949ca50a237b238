import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "#core/clock.ts";
import { ingest } from "#core/ingest.ts";
import type { Ledger } from "#core/ledger/ledger.ts";
import { openLedger } from "#core/ledger/open.ts";
import { createLog } from "#core/log.ts";
import { createMeter } from "#core/meter.ts";
import { buyback, mint, restorePsmOracle, swallowed, viaRouter } from "../../demo/world/calls.ts";
import { reorg } from "../../demo/world/reorg.ts";
import { play } from "../../demo/world/traffic.ts";
import { truth } from "../../demo/world/truth.ts";
import type { ChainFact } from "./facts.ts";
import { type Standing, startStanding } from "./fixtures/standing.ts";
import { chainEmitter } from "./main.ts";
import { tipOf } from "./memory.ts";

let standing: Standing;
let folder: string;
beforeAll(async () => {
  standing = await startStanding();
  folder = await mkdtemp(join(tmpdir(), "offing-chain-restart-"));
});
afterAll(async () => {
  await standing.anvil.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Runs the emitter on its ledger until a block is applied, stops it, and looks at what is there. */
async function runTo<T>(hash: string, look: (ledger: Ledger) => Promise<T>): Promise<T> {
  const log = createLog({ level: "error", write: (line) => process.stderr.write(line) });
  const emitter = chainEmitter(standing.config(), { clock: systemClock, log, meter: createMeter() });
  const location = { sqlite: join(folder, "chain.db") };
  const { records } = emitter;
  const ledger = await openLedger<ChainFact>({ location, domain: "chain", mode: "write", records, nowMs: systemClock.nowMs });
  try {
    const state = await ledger.state();
    const stop = new AbortController();
    const options = {
      emitter,
      ledger,
      state,
      clock: systemClock,
      log,
      onCommit: () => {},
      onDeadLetter: () => expect.fail("a dead letter"),
    };
    const running = ingest(options, stop.signal);
    while (tipOf(state)?.hash !== hash) await Promise.race([running, sleep(10)]);
    stop.abort();
    await running;
    return await look(ledger);
  } finally {
    await ledger.close();
  }
}

/** The rows that stand, as the world's books write them. */
async function rowsOf(ledger: Ledger): Promise<readonly string[]> {
  const columns = "tx_hash, contract, action_type, outcome, reason_code, caller, success";
  const rows = await ledger.select(`SELECT ${columns} FROM oracle_required_operations WHERE seq <= :cursor`, 1e9);
  return rows
    .map((row) => [row["tx_hash"], row["contract"], row["action_type"], row["outcome"], row["reason_code"] ?? "-", row["caller"]].join(" "))
    .sort();
}

function booked(): readonly string[] {
  return truth(standing.world)
    .operations.map(({ txHash, contract, actionType, outcome, reasonCode, caller }) =>
      [txHash, contract, actionType, outcome, reasonCode ?? "-", caller.toLowerCase()].join(" "),
    )
    .sort();
}

describe("an emitter that is stopped and started on its ledger", () => {
  it("holds what the world's books hold, through new blocks and reorgs that came while it was away", async () => {
    const { world } = standing;
    expect(await runTo(standing.head, rowsOf)).toEqual(booked());
    await play(world, [restorePsmOracle, mint({ user: 1 }), viaRouter("mint", { user: 2 })]);
    await play(world, [swallowed("executeBuyback", { user: 3 })]);
    await reorg(world, { depth: 4, secondsPerBlock: 12, blocks: [[mint({ user: 4 })], [buyback({ user: 5 })], [], []] });
    const after = await play(world, [mint({ user: 6 })]);
    expect(await runTo(after.hash, rowsOf)).toEqual(booked());
    const again = await reorg(world, { depth: 2, secondsPerBlock: 12, blocks: [[viaRouter("redeem", { user: 7 })], [mint({ user: 8 })]] });
    expect(await runTo(again.mined.at(-1)?.hash ?? "", rowsOf)).toEqual(booked());
  });
});
