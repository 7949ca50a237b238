import { State } from "#core/state.ts";
import { createInterpret } from "../../emitters/chain/interpret.ts";
import type { ChainObservation } from "../../emitters/chain/observation.ts";
import { watchOf } from "../../emitters/chain/watch.ts";
import { blocksOf, chainConfig } from "../chain-world.ts";
import { servePart } from "../part.ts";

/** How much to interpret. */
export interface InterpretOrder {
  readonly blocks: number;
  readonly rounds: number;
}

/** Seconds per round. */
export interface InterpretAnswer {
  readonly observations: number;
  readonly facts: number;
  readonly interpretSeconds: readonly number[];
  readonly parseSeconds: readonly number[];
}

const interpret = createInterpret(watchOf(chainConfig()));

await servePart<InterpretOrder, InterpretAnswer>(async ({ blocks, rounds }) => {
  const observations = [...blocksOf({ blocks, transactionsPerBlock: 200, watchedShare: 0.05, seed: 1 })];
  const texts = observations.map((observation) => JSON.stringify(observation));
  const facts = interpretAll(observations);
  parseAll(texts);
  const interpretSeconds: number[] = [];
  const parseSeconds: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    interpretSeconds.push(secondsOf(() => interpretAll(observations)));
    parseSeconds.push(secondsOf(() => parseAll(texts)));
  }
  return { observations: observations.length, facts, interpretSeconds, parseSeconds };
});

function interpretAll(observations: readonly ChainObservation[]): number {
  const state = new State();
  let facts = 0;
  for (const observation of observations) {
    facts += interpret(state, observation).length;
    state.changes();
    state.settle();
  }
  return facts;
}

function parseAll(texts: readonly string[]): number {
  let transactions = 0;
  for (const text of texts) transactions += (JSON.parse(text) as { readonly transactions: readonly unknown[] }).transactions.length;
  return transactions;
}

function secondsOf(work: () => unknown): number {
  const beganMs = performance.now();
  work();
  return (performance.now() - beganMs) / 1000;
}
