import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Json } from "#core/fact.ts";
import type { StateChange } from "#core/state.ts";
import type { Ledger } from "./ledger.ts";
import { openLedger } from "./open.ts";
import { DATABASES, type TestDatabase } from "./testing/databases.ts";
import { type SampleFact, sampleFact, sampleOptions } from "./testing/sample.ts";

// A run costs a ledger on disk, fsync and all: what CI repeats each time is small, and its seed differs each time.
const RUNS = process.env["OFFING_FULL"] === "1" ? { sqlite: 400, postgres: 80 } : { sqlite: 50, postgres: 8 };
const SEED = Number(process.env["OFFING_TEST_SEED"] ?? Date.now() % 2 ** 31);

/** What a ledger is, without a database: it is compared with the real one after every step. */
interface Model {
  facts: SampleFact[];
  state: Map<string, Json>;
  cursors: Map<string, Json>;
  deadLetters: number;
}

interface Step {
  readonly facts: readonly SampleFact[];
  readonly changes: readonly StateChange[];
  readonly cursor: Json | undefined;
  readonly deadLetters: number;
  readonly restart: boolean;
}

describe.each(DATABASES)("any sequence of appends on $name", ({ name, start }) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await start();
  }, 60_000);
  afterAll(async () => await database.stop());

  test(`is what a list and two maps would be (seed ${SEED})`, { timeout: 300_000 }, async () => {
    const property = fc.asyncProperty(fc.array(anyStep, { minLength: 1, maxLength: 12 }), async (steps) => {
      await follow(database, steps);
    });
    await fc.assert(property, { seed: SEED, numRuns: RUNS[name] });
  });
});

const anyText = fc.oneof(fc.string({ unit: "binary", maxLength: 12 }), fc.constantFrom("\u0000", "\u2400", "\ud800", "a", "b"));
// Few ids, so that duplicates come within a batch, from batch to batch and after a restart.
const anyId = fc.oneof(
  fc.integer({ min: 0, max: 30 }).map((number) => `fact:${number}`),
  anyText,
);
const anyFact: fc.Arbitrary<SampleFact> = fc
  .record({
    id: anyId,
    label: anyText,
    note: fc.oneof({ weight: 19, arbitrary: anyText }, { weight: 1, arbitrary: fc.constant("refuse") }),
    flagged: fc.boolean(),
    late: fc.boolean(),
    amount: fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }).map(String),
    timeMs: fc.maxSafeNat(),
  })
  .map(({ id, ...over }) => sampleFact(id, over));
const anyChange: fc.Arbitrary<StateChange> = fc.record({
  collection: fc.constantFrom("one", "two\u0000"),
  key: fc.oneof(fc.constantFrom("x", "y", "z"), anyText),
  value: fc.option(fc.jsonValue() as fc.Arbitrary<Json>, { nil: undefined }),
});
const anyStep: fc.Arbitrary<Step> = fc.record({
  facts: fc.oneof(fc.array(anyFact, { maxLength: 8 }), fc.array(anyFact, { minLength: 60, maxLength: 90 })),
  changes: fc.array(anyChange, { maxLength: 6 }),
  cursor: fc.option(fc.jsonValue() as fc.Arbitrary<Json>, { nil: undefined }),
  deadLetters: fc.integer({ min: 0, max: 2 }),
  restart: fc.boolean(),
});

async function follow(database: TestDatabase, steps: readonly Step[]): Promise<void> {
  const options = sampleOptions(database.place());
  const model: Model = { facts: [], state: new Map(), cursors: new Map(), deadLetters: 0 };
  let ledger = await openLedger(options);
  try {
    for (const step of steps) {
      const cursors = new Map(step.cursor === undefined ? [] : [["live", step.cursor]]);
      const deadLetters = Array.from({ length: step.deadLetters }, () => ({ origin: "source", reason: "test", item: null }) as const);
      const written = await ledger.append({ ...step, cursors, deadLetters }).catch((error: { code: string }) => error.code);
      const expected = apply(model, step);
      if (typeof expected === "string" || typeof written === "string") expect(written).toBe(expected);
      else expect(written.map(({ seq, fact }) => ({ seq, fact }))).toEqual(expected);
      if (step.restart) {
        await ledger.close();
        ledger = await openLedger(options);
      }
      await compare(ledger, model);
    }
  } finally {
    await ledger.close();
  }
}

function apply(model: Model, { facts, changes, cursor, deadLetters }: Step): string | readonly { seq: number; fact: SampleFact }[] {
  const known = new Set(model.facts.map(({ id }) => id));
  const fresh = facts.filter(({ id }) => {
    if (known.has(id)) return false;
    known.add(id);
    return true;
  });
  if (fresh.some(({ note }) => note === "refuse")) return "LEDGER_REFUSED";
  const before = model.facts.length;
  model.facts.push(...fresh);
  for (const { collection, key, value } of changes) {
    const path = JSON.stringify([collection, key]);
    if (value === undefined) model.state.delete(path);
    else model.state.set(path, value);
  }
  if (cursor !== undefined) model.cursors.set("live", cursor);
  model.deadLetters += deadLetters;
  return fresh.map((fact, index) => ({ seq: before + 1 + index, fact }));
}

async function compare(ledger: Ledger, model: Model): Promise<void> {
  const stored = await ledger.read(0, 10_000);
  expect(stored.map(({ seq, fact }) => ({ seq, fact }))).toEqual(model.facts.map((fact, index) => ({ seq: index + 1, fact })));
  expect(await ledger.head()).toBe(model.facts.length);
  const state = await ledger.state();
  const entries = ["one", "two\u0000"].flatMap((collection) =>
    [...state.entries(collection)].map(([key, value]) => [JSON.stringify([collection, key]), value] as const),
  );
  // JSON has one zero and no property without a value; what it makes of a value is what must come back.
  expect(new Map(entries)).toEqual(asJson(model.state));
  expect(await ledger.cursors()).toEqual(asJson(model.cursors));
  const [counts] = await ledger.select(
    "SELECT (SELECT count(*) FROM sample_log) AS rows, (SELECT count(*) FROM dead_letters) AS letters",
    0,
  );
  expect(counts).toEqual({ rows: model.facts.length, letters: model.deadLetters });
}

function asJson(map: ReadonlyMap<string, Json>): ReadonlyMap<string, Json> {
  return new Map([...map].map(([key, value]) => [key, JSON.parse(JSON.stringify(value))]));
}
