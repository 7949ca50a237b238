import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Emitter } from "#core/emitter.ts";
import type { Fact } from "#core/fact.ts";
import type { Seen } from "#core/source.ts";
import type { ReadonlyState } from "#core/state.ts";
import { type Kept, NOTHING, Replay } from "./replay.ts";

/** A world that stands still while a source reads it. */
export interface EmitterWorld<O, F extends Fact> {
  /** Called once, before the tests of the source. */
  readonly start: () => Promise<RunningWorld<O, F>>;
}

/** A started world. */
export interface RunningWorld<O, F extends Fact> {
  /** An emitter whose source reads this world. */
  readonly open: () => Emitter<O, F>;
  /** Says whether everything in the world has been interpreted. */
  readonly complete: (state: ReadonlyState) => boolean;
  /** Makes the world answer wrongly, in a way that passes, until the given function is called. */
  readonly disturb: () => () => void;
  /** An emitter whose source meets what no retry mends. */
  readonly hopeless: () => Emitter<O, F>;
  readonly stop: () => Promise<void>;
}

const ABORT_LIMIT_MS = 1_000;
const DISTURBED_MS = 700;

/** The tests of a source: it ends when told to, goes on where it stopped, outlives a passing fault and gives up on a lasting one. */
export function checkSource<O, F extends Fact>({ start }: EmitterWorld<O, F>): void {
  let world: RunningWorld<O, F>;
  let whole: Followed<F>;
  beforeAll(async () => {
    world = await start();
    whole = await follow(world.open(), { until: world.complete });
  });
  afterAll(async () => {
    await world.stop();
  });

  it("ends within a second of an abort, at rest and in trouble", async () => {
    expect(await abortMs(world.open(), world.complete)).toBeLessThan(ABORT_LIMIT_MS);
    const heal = world.disturb();
    try {
      expect(await abortMs(world.open(), () => true)).toBeLessThan(ABORT_LIMIT_MS);
    } finally {
      heal();
    }
  });

  it("yields nothing when it is aborted before it starts", async () => {
    const run = world.open().source({ cursors: new Map(), state: new Replay(world.open()).state }, AbortSignal.abort());
    for await (const batch of run) expect(batch).toEqual([]);
  });

  it("goes on after a stop without a gap and without a double", async () => {
    expect(whole.facts.length).toBeGreaterThan(0);
    for (const batches of new Set([1, 2, Math.floor(whole.batches / 2), whole.batches - 1])) {
      const before = await follow(world.open(), { until: world.complete, batches });
      const after = await follow(world.open(), { until: world.complete, from: before.kept });
      expect([...before.facts, ...after.facts], `stopped after ${batches} batches`).toStrictEqual(whole.facts);
    }
  });

  it("waits for a passing fault to end and loses nothing by it", async () => {
    const heal = world.disturb();
    const following = follow(world.open(), { until: world.complete });
    const first = await Promise.race([following.then(() => "ended"), sleep(DISTURBED_MS, "waiting")]);
    heal();
    expect(first).toBe("waiting");
    expect((await following).facts).toStrictEqual(whole.facts);
  });

  it("gives up on what no retry mends", async () => {
    await expect(follow(world.hopeless(), { until: () => false })).rejects.toMatchObject({ name: "OffingError", retry: "never" });
  });
}

/** What came of following a source. */
interface Followed<F extends Fact> {
  readonly facts: readonly F[];
  readonly kept: Kept;
  readonly batches: number;
}

interface FollowOptions {
  readonly until: (state: ReadonlyState) => boolean;
  readonly from?: Kept;
  readonly batches?: number;
}

async function follow<O, F extends Fact>(emitter: Emitter<O, F>, { until, from = NOTHING, batches }: FollowOptions): Promise<Followed<F>> {
  const run = new Replay(emitter, from);
  const facts: F[] = [];
  let count = 0;
  const stop = new AbortController();
  const source: AsyncIterable<readonly Seen<O>[]> = emitter.source({ cursors: from.cursors, state: run.state }, stop.signal);
  for await (const batch of source) {
    facts.push(...run.step(batch).stored.map(({ fact }) => fact));
    count += 1;
    if (count === batches || until(run.state)) break;
  }
  stop.abort();
  return { facts, kept: run.kept, batches: count };
}

/** How long a source goes on after an abort that comes while it waits. */
async function abortMs<O, F extends Fact>(emitter: Emitter<O, F>, until: (state: ReadonlyState) => boolean): Promise<number> {
  const run = new Replay(emitter);
  const stop = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let abortedAtMs = Number.NaN;
  for await (const batch of emitter.source({ cursors: new Map(), state: run.state }, stop.signal)) {
    run.step(batch);
    if (timer !== undefined || !until(run.state)) continue;
    // The source is pulled again before the abort comes, so that it is in the middle of something.
    timer = setTimeout(() => {
      abortedAtMs = performance.now();
      stop.abort();
    }, 100);
  }
  return performance.now() - abortedAtMs;
}
