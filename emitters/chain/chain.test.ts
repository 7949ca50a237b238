import { toFunctionSelector } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "#core/clock.ts";
import type { StoredFact } from "#core/fact.ts";
import { openLedger } from "#core/ledger/open.ts";
import { DATABASES, type TestDatabase } from "#core/ledger/testing/databases.ts";
import { createLog } from "#core/log.ts";
import { createMeter } from "#core/meter.ts";
import { labelsKey } from "#core/series.ts";
import type { Seen } from "#core/source.ts";
import { siblingOf } from "#core/tally.ts";
import { checkEmitter } from "#core/testing/check-emitter.ts";
import { replay } from "#core/testing/replay.ts";
import { startRpcProxy } from "#core/testing/rpc-proxy.ts";
import { canaryOf, canarySchema } from "./canary/config.ts";
import type { ChainConfig } from "./config.ts";
import type { ChainFact } from "./facts.ts";
import { readRecorded } from "./fixtures/recorded.ts";
import { startStanding } from "./fixtures/standing.ts";
import { chainEmitter } from "./main.ts";
import { tipOf } from "./memory.ts";
import type { CanarySeen, ChainObservation } from "./observation.ts";

const story = readRecorded("story");
const quiet = createLog({ level: "error", write: () => {} });
const open = (config: ChainConfig) => chainEmitter(config, { clock: systemClock, log: quiet, meter: createMeter() });

/** The demo's story does not simulate anything. */
const simulates = canaryOf(
  canarySchema.parse({
    calls: [
      { action: "PSM_MINT", args: ["1"] },
      { action: "BUYBACK_EXECUTE", args: ["1"] },
    ],
  }),
  story.config.contracts,
);
const watched: ChainConfig = {
  ...story.config,
  canary: simulates.canary,
  retention: { ...story.config.retention, successRowsPerBlock: 1 },
};
const simulated: CanarySeen = {
  type: "canary",
  atMs: 1_795_000_000_000,
  number: 9_000,
  hash: `0x${"9".repeat(64)}`,
  timeMs: 1_794_999_999_000,
  results: [
    { contract: "PSM", action: "PSM_MINT", reverted: null },
    { contract: "BUYBACK_VAULT", action: "BUYBACK_EXECUTE", reverted: toFunctionSelector("BUYBACK_ORACLE_REQUIRED()") },
  ],
};

/** A block of the story once more above its last one, and another in its place: what shared rows is taken back. */
function replaced(): readonly Seen<ChainObservation>[] {
  const blocks = story.batches.flat().flatMap(({ observation }) => (observation.type === "block" ? [observation] : []));
  const [last, busy] = [blocks.at(-1), blocks.toSorted((a, b) => b.transactions.length - a.transactions.length)[0]];
  if (last === undefined || busy === undefined) throw new TypeError("the story has blocks");
  const next = { ...busy, number: last.number + 1, parentHash: last.hash, timeMs: last.timeMs, observedAtMs: last.observedAtMs };
  const observations = [
    { ...next, hash: `0x${"7".repeat(64)}` },
    { ...next, hash: `0x${"8".repeat(64)}`, transactions: [] },
  ];
  return observations.map((observation) => ({ feed: "blocks", observation }));
}

checkEmitter("the chain emitter", {
  create: () => open(watched),
  recorded: [...story.batches, replaced(), [{ feed: "canary", observation: simulated }]],
  kinds: [
    "operation",
    "operation_retracted",
    "operation_summary",
    "operation_summary_retracted",
    "config_change",
    "config_change_retracted",
    "reorg",
    "canary",
  ],
  world: {
    start: async () => {
      const { anvil, head, config } = await startStanding();
      const proxy = await startRpcProxy(anvil.url);
      return {
        open: () => open(config([proxy.url])),
        complete: (state) => tipOf(state)?.hash === head,
        disturb: () => {
          proxy.meddle = () => ({ type: "body", status: 503, body: "<html>" });
          return () => {
            proxy.meddle = () => ({ type: "pass" });
          };
        },
        hopeless: () => open({ ...config([proxy.url]), chainId: 1 }),
        stop: async () => {
          await proxy.close();
          await anvil.stop();
        },
      };
    },
  },
});

describe.each(DATABASES)("the chain's counters on $name", ({ start }) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await start();
  });
  afterAll(() => database.stop());

  it("add up at every cursor to what the contract's SELECT counts: total + late - retracted", async () => {
    const emitter = open(watched);
    const { records, metrics } = emitter;
    const location = database.place();
    const ledger = await openLedger<ChainFact>({ location, domain: "chain", mode: "write", records, nowMs: systemClock.nowMs });
    try {
      const facts = replay(emitter, story.batches).flatMap((step) => step.stored.map(({ fact }) => fact));
      const stored = (await ledger.append({ facts, changes: [], cursors: new Map() })) as readonly StoredFact<ChainFact>[];
      const cursors = new Set([
        1,
        ...stored.filter(({ fact }) => fact.kind === "reorg").flatMap(({ seq }) => [seq - 1, seq]),
        stored.length,
      ]);
      for (const cursor of cursors) {
        for (const { name, ledger: rule } of metrics) {
          if (rule === undefined) continue;
          const rows = await ledger.select(rule.select, cursor);
          const counted = Object.fromEntries(
            rows.map(({ value, ...labels }) => [labelsKey(labels as Record<string, string>), Number(value)]),
          );
          expect(sumsOf(emitter, stored.slice(0, cursor), name), `${name} at ${cursor}`).toEqual(counted);
        }
      }
    } finally {
      await ledger.close();
    }
  });
});

/** total + late - retracted of one metric, by labels; what is 0 is left out. */
function sumsOf(
  emitter: ReturnType<typeof open>,
  stored: readonly StoredFact<ChainFact>[],
  metric: string,
): Readonly<Record<string, number>> {
  const sums = new Map<string, number>();
  for (const one of stored) {
    const sign = siblingOf(one.fact) === "retracted" ? -1 : 1;
    for (const signal of emitter.signals(one)) {
      if (signal.type !== "increment" || signal.metric.name !== metric) continue;
      const key = labelsKey(signal.labels);
      sums.set(key, (sums.get(key) ?? 0) + sign * signal.value);
    }
  }
  return Object.fromEntries([...sums].filter(([, sum]) => sum !== 0));
}
