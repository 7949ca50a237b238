import { describe, expect, it } from "vitest";
import { type Candidate, choose, orderOf, RETURN_MS } from "./ranking.ts";

const well: Omit<Candidate, "provider"> = {
  fence: null,
  head: 9,
  finalized: 5,
  lagBlocks: 0,
  latencyMs: 5,
  errorRatio: 0,
  wellForMs: 1_000,
};

function candidates(...all: Partial<Candidate>[]): readonly Candidate[] {
  return all.map((one, index) => ({ ...well, ...one, provider: `rpc-${index + 1}` }));
}

describe("the choice of the endpoint that is asked first", () => {
  it.each<[string, readonly Candidate[], string, ReturnType<typeof choose>]>([
    ["stays while it is well, however fast another one is", candidates({}, { latencyMs: 1 }), "rpc-1", { provider: "rpc-1", reason: null }],
    ["leaves one that rests", candidates({ fence: "resting" }, {}), "rpc-1", { provider: "rpc-2", reason: "resting" }],
    ["leaves one that is behind", candidates({ fence: "behind" }, {}), "rpc-1", { provider: "rpc-2", reason: "behind" }],
    ["leaves one on another chain", candidates({ fence: "wrong_chain" }, {}), "rpc-1", { provider: "rpc-2", reason: "fenced" }],
    ["leaves one that mostly errs", candidates({ errorRatio: 0.5 }, {}), "rpc-1", { provider: "rpc-2", reason: "failing" }],
    [
      "passes over those in trouble",
      candidates({ fence: "resting" }, { errorRatio: 0.9 }, {}),
      "rpc-1",
      { provider: "rpc-3", reason: "resting" },
    ],
    [
      "stays with one that lags when the other lags too",
      candidates({ fence: "behind" }, { fence: "behind" }),
      "rpc-1",
      { provider: "rpc-1", reason: null },
    ],
    [
      "takes one that lags over one that rests",
      candidates({ fence: "resting" }, { fence: "behind" }),
      "rpc-1",
      { provider: "rpc-2", reason: "resting" },
    ],
    ["does not go back at once", candidates({ wellForMs: RETURN_MS - 1 }, {}), "rpc-2", { provider: "rpc-2", reason: null }],
    [
      "goes back to one that has been well for long",
      candidates({ wellForMs: RETURN_MS }, {}),
      "rpc-2",
      { provider: "rpc-1", reason: "recovered" },
    ],
  ])("%s", (_, all, present, choice) => expect(choose(all, present)).toEqual(choice));

  it("asks the first one first, then those that are well, and never one that rests or serves another chain", () => {
    const all = candidates({ fence: "behind" }, { fence: "resting" }, {}, { fence: "wrong_chain" }, {});
    expect(orderOf(all, "rpc-5")).toEqual(["rpc-5", "rpc-3", "rpc-1"]);
  });
});
