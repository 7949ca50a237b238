import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { State } from "#core/state.ts";
import { blocksIn, coverAbove, coverageOf, coverBelow, gapsOf, joined, uncover } from "./coverage.ts";
import type { Grade } from "./observation.ts";

type Step = { readonly kind: "above" | "below" | "jump" | "back"; readonly grade: Grade; readonly count: number };

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom("above", "below", "jump", "back"),
  grade: fc.constantFrom<Grade>("traced", "receipts"),
  count: fc.integer({ min: 1, max: 5 }),
});

describe("the coverage of blocks", () => {
  it("is what a list of every block says, whatever comes above, below, after a gap or is taken back", () => {
    const seed = Number(process.env["OFFING_SEED"] ?? Date.now() % 2 ** 31);
    process.stdout.write(`coverage: seed ${seed} (set OFFING_SEED to repeat)\n`);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const state = new State();
        const model = new Map<number, Grade>();
        let [floor, tip] = [1_000, 1_000];
        const put = (number: number, grade: Grade): void => void model.set(number, grade);
        coverAbove(state, { number: tip, grade: "traced" });
        put(tip, "traced");
        for (const { kind, grade, count } of steps) {
          if (kind === "jump") {
            floor = tip + 1 + count;
            tip = floor;
            coverAbove(state, { number: tip, grade });
            put(tip, grade);
          }
          for (let index = 0; index < count; index += 1) {
            if (kind === "above") {
              tip += 1;
              coverAbove(state, { number: tip, grade });
              put(tip, grade);
            }
            if (kind === "below" && !model.has(floor - 1)) {
              floor -= 1;
              coverBelow(state, { number: floor, grade });
              put(floor, grade);
            }
          }
          if (kind === "back") {
            const from = Math.max(floor, tip - count + 1);
            uncover(state, { from, to: tip });
            for (let number = from; number <= tip; number += 1) model.delete(number);
            coverAbove(state, { number: from, grade });
            put(from, grade);
            tip = from;
          }
        }
        const intervals = joined(coverageOf(state));
        const flat = intervals.flatMap(({ from, to, grade }) =>
          Array.from({ length: to - from + 1 }, (_, index) => [from + index, grade] as const),
        );
        expect(flat).toEqual([...model].sort(([a], [b]) => a - b));
        expect(blocksIn(gapsOf(intervals, 900))).toBe(tip - 900 + 1 - model.size);
      }),
      { seed, numRuns: 500 },
    );
  });

  it("counts a gap below the first block only when one was wanted there", () => {
    expect(gapsOf([{ from: 5, to: 9, grade: "traced" }], undefined)).toEqual([]);
    expect(gapsOf([{ from: 5, to: 9, grade: "traced" }], 2)).toEqual([{ from: 2, to: 4 }]);
    expect(gapsOf([], 2)).toEqual([]);
  });
});
