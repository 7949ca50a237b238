import { describe, expect, it } from "vitest";
import { type Header, jointOf, type Known, linkedLength, nextStep } from "./head.ts";

function hashOf(number: number, branch: string): string {
  return `${branch}${number}`;
}

/** Blocks `first` to `tip` of branch a were applied; those below `floor` are forgotten. */
function known({ first, tip, floor = first }: { readonly first: number; readonly tip: number; readonly floor?: number }): Known {
  return {
    tip: { number: tip, hash: hashOf(tip, "a") },
    first,
    hashAt: (number) => (number >= floor && number <= tip ? hashOf(number, "a") : undefined),
  };
}

function header(number: number, branch = "a", parentBranch = branch): Header {
  return { number, hash: hashOf(number, branch), parentHash: hashOf(number - 1, parentBranch) };
}

const options = { startBlock: 10, jumpAbove: 1_000 } as const;
const empty: Known = { tip: undefined, first: undefined, hashAt: () => undefined };
const here = known({ first: 10, tip: 50 });

describe("nextStep", () => {
  it.each<[string, Known, Header, ReturnType<typeof nextStep>]>([
    ["starts at the configured block", empty, header(100), { type: "range", from: 10, to: 100 }],
    ["waits for a chain that has not come so far", empty, header(9), { type: "wait" }],
    ["rests while the head is the tip", here, header(50), { type: "wait" }],
    ["takes the one block that is new", here, header(51), { type: "range", from: 51, to: 51 }],
    ["goes on at the head when it is too far away", here, header(1_051), { type: "jump" }],
    ["starts at the head when the configured block is too far below it", empty, header(1_011), { type: "jump" }],
    ["takes a gap in order, up to the head", here, header(500), { type: "range", from: 51, to: 500 }],
    ["follows another block of the same height", here, header(50, "b"), { type: "branch" }],
    ["follows another block of a lower height", here, header(45, "b"), { type: "branch" }],
    ["does not follow a node that lags", here, header(45), { type: "stale" }],
    ["does not follow a node that stands below the first block", here, header(9, "b"), { type: "stale" }],
    ["does not follow a node below the window", known({ first: 10, tip: 900, floor: 389 }), header(388, "b"), { type: "stale" }],
  ])("%s", (_, present, head, step) => expect(nextStep(present, head, options)).toEqual(step));

  it("starts at the head when that is configured", () => {
    expect(nextStep(empty, header(100), { ...options, startBlock: "latest" })).toEqual({ type: "range", from: 100, to: 100 });
  });
});

describe("jointOf", () => {
  it.each<[string, Known, Header, ReturnType<typeof jointOf>]>([
    ["takes any first block", empty, header(100), "joins"],
    ["takes the tip's child", here, header(51), "joins"],
    ["takes the child of an older block", here, header(46, "b", "a"), "joins"],
    ["looks further down a branch", here, header(46, "b"), "apart"],
    ["takes another first block, since nothing was counted below it", here, header(10, "b"), "joins"],
    ["gives a branch up that leaves below the window", known({ first: 10, tip: 900, floor: 389 }), header(389, "b"), "lost"],
  ])("%s", (_, present, block, joint) => expect(jointOf(present, block)).toBe(joint));
});

describe("linkedLength", () => {
  it("counts up to the first block that does not follow", () => {
    expect(linkedLength([])).toBe(0);
    expect(linkedLength([header(1), header(2), header(3)])).toBe(3);
    expect(linkedLength([header(1), header(2), header(3, "b")])).toBe(2);
    expect(linkedLength([header(1), { ...header(3), parentHash: hashOf(1, "a") }])).toBe(1);
  });
});
