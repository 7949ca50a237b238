import { describe, expect, it } from "vitest";
import type { Fact } from "#core/fact.ts";
import { checkSource, type EmitterWorld } from "./check-source.ts";
import { EMITTER_RULES, type Recording } from "./emitter-rules.ts";

/** What the shared test needs of an emitter. */
export interface EmitterCase<O, F extends Fact> extends Recording<O, F> {
  /** A world for its source; without one the source is not tried. */
  readonly world?: EmitterWorld<O, F>;
}

/** The contract that every emitter must keep, as tests of the file that calls this. */
export function checkEmitter<O, F extends Fact>(name: string, { world, ...recording }: EmitterCase<O, F>): void {
  describe(`${name} keeps the contract of emitters: it`, () => {
    for (const { says, breaches } of EMITTER_RULES) it(says, () => expect(breaches(recording)).toEqual([]));
    if (world !== undefined) checkSource(world);
  });
}
