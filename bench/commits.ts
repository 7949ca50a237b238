import type { Fact } from "#core/fact.ts";
import type { Commit, RecordTables } from "#core/ledger/ledger.ts";
import { State } from "#core/state.ts";
import { createInterpret } from "../emitters/chain/interpret.ts";
import { recordTables } from "../emitters/chain/records.ts";
import { watchOf } from "../emitters/chain/watch.ts";
import { blocksOf, chainConfig } from "./chain-world.ts";

/** What the ledger is fed with: facts alone, or the chain's with the rows of its own tables. */
export type Feed = "plain" | "chain";

/** The tables that a feed needs. */
export function recordsOf(feed: Feed): RecordTables<Fact> {
  if (feed === "plain") return { migrations: [], appendOnly: [], rows: () => [], reference: [] };
  // Only facts of the chain's own interpret are appended.
  return recordTables(chainConfig()) as RecordTables<Fact>;
}

/** Commits of 1,000 facts each, without end: plain ones with one changed key for 20 facts and a cursor, the chain's as its blocks make them. */
export function commitsOf(feed: Feed): Generator<Commit> {
  return feed === "plain" ? plainCommits() : chainCommits();
}

/** Facts of one commit. */
export const FACTS_PER_COMMIT = 1_000;
const FACTS_PER_CHANGE = 20;
const CHANGED_KEYS = 2_000;

function* plainCommits(): Generator<Commit> {
  for (let first = 0; ; first += FACTS_PER_COMMIT) {
    const changes = Array.from({ length: FACTS_PER_COMMIT / FACTS_PER_CHANGE }, (_, index) => {
      const number = first / FACTS_PER_CHANGE + index;
      return { collection: "block", key: String(number % CHANGED_KEYS), value: { hash: hexadecimal(number), number } };
    });
    const facts = Array.from({ length: FACTS_PER_COMMIT }, (_, index) => plainFact(first + index));
    yield { facts, changes, cursors: new Map([["live", { number: first }]]) };
  }
}

function plainFact(number: number): Fact {
  const id = `op:31337:${String(number).padStart(12, "0")}:${hexadecimal(number)}:0:1`;
  const more = {
    contract: "PSM",
    action: "PSM_MINT",
    outcome: "success",
    caller: `0x${hexadecimal(number * 7)}`,
    amount: "1000000000000000000",
  };
  return Object.assign({ id, kind: "operation", timeMs: 1_700_000_000_000 + number, late: false, number }, more);
}

function* chainCommits(): Generator<Commit> {
  const interpret = createInterpret(watchOf(chainConfig()));
  const state = new State();
  let facts: Fact[] = [];
  for (const block of blocksOf({ blocks: Number.POSITIVE_INFINITY, transactionsPerBlock: 200, watchedShare: 0.05, seed: 1 })) {
    facts.push(...interpret(state, block));
    if (facts.length < FACTS_PER_COMMIT) continue;
    yield {
      facts: facts.slice(0, FACTS_PER_COMMIT),
      changes: state.changes(),
      cursors: new Map([["blocks", { number: block.number, hash: block.hash }]]),
    };
    state.settle();
    facts = facts.slice(FACTS_PER_COMMIT);
  }
}

/** 64 bits, spread by a multiplication so that neighbours differ. */
function hexadecimal(number: number): string {
  return BigInt.asUintN(64, BigInt(number) * 0x9e3779b97f4a7c15n)
    .toString(16)
    .padStart(16, "0");
}
