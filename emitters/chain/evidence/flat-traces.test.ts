import { describe, expect, it } from "vitest";
import { frame, MINT, MISSING, PSM, ROUTER, reverted, STRANGER, USER } from "../fixtures/handmade.ts";
import { parseFlatTraces } from "./flat-traces.ts";
import type { Sight } from "./frame-parts.ts";

const HASH = `0x${"AB".repeat(32)}`;
const BLOCK = `0x${"cd".repeat(32)}`;
const INPUT = `${MINT}${"0".repeat(64)}`;

interface Given {
  readonly [key: string]: unknown;
}

/** One entry of a call that went through, with these fields changed. */
function entry(traceAddress: readonly number[], given: Given = {}, action: Given = {}): Given {
  const call = { from: USER, to: PSM, callType: "call", input: INPUT, ...action };
  const place = { blockHash: BLOCK, transactionHash: HASH, traceAddress, subtraces: 0 };
  return { type: "call", action: call, result: { gasUsed: "0x1", output: "0x01" }, ...place, ...given };
}

const failed = (output?: string): Given => ({ error: "Reverted", result: output === undefined ? null : { output } });
const SIGHT: Sight = { touched: new Set([PSM]), setters: new Map() };
const parse = (...entries: readonly Given[]) => parseFlatTraces(entries, SIGHT);

describe("parseFlatTraces", () => {
  it("makes a tree of what names its places", () => {
    const roots = parse(
      entry([], { subtraces: 2, ...failed(MISSING) }, { to: ROUTER }),
      entry([0], { subtraces: 1 }, { from: ROUTER, to: STRANGER, callType: "delegatecall" }),
      entry([0, 0], {}, { from: ROUTER, callType: "staticcall" }),
      entry([1], failed(MISSING), { from: ROUTER }),
      { type: "reward", action: { author: USER } },
      entry([], { transactionHash: `0x${"ef".repeat(32)}` }),
    );
    const borrowed = frame({ type: "DELEGATECALL", from: ROUTER, to: STRANGER, calls: [frame({ type: "STATICCALL", from: ROUTER })] });
    expect(roots).toStrictEqual([
      {
        transactionHash: HASH.toLowerCase(),
        blockHash: BLOCK,
        frame: reverted(MISSING, { to: ROUTER, calls: [borrowed, reverted(MISSING, { from: ROUTER })] }),
      },
      { transactionHash: `0x${"ef".repeat(32)}`, blockHash: BLOCK, frame: frame() },
    ]);
  });

  it.each<[string, Given, object]>([
    ["a revert whose bytes are kept back", failed(), { error: "execution reverted", output: null }],
    ["a revert without bytes", failed("0x"), { error: "execution reverted", output: "0x" }],
    ["an end of gas", { error: "Out of gas", result: null }, { error: "out of gas", output: "0x" }],
    ["a bad instruction", { error: "Bad instruction", result: null }, { error: "invalid opcode", output: "0x" }],
    [
      "a creation",
      { type: "create", action: { from: USER, init: "0x6000", creationMethod: "create2" }, result: { address: STRANGER, code: "0x" } },
      { type: "CREATE2", to: STRANGER, error: null, selector: "0x" },
    ],
    [
      "a failed creation",
      { type: "create", action: { from: USER, init: "0x6000" }, ...failed() },
      { type: "CREATE", to: null, output: null },
    ],
    [
      "an end of a contract",
      { type: "suicide", action: { address: PSM, refundAddress: USER } },
      { type: "SELFDESTRUCT", from: PSM, to: USER },
    ],
  ])("reads %s", (_, given, expected) => expect(parse(entry([], given))?.[0]?.frame).toMatchObject(expected));

  it.each<[string, unknown]>([
    ["an empty object", {}],
    ["nothing", null],
    ["an entry that is none", [{}]],
    ["a call without its parent", [entry([0])]],
    ["a gap among the calls", [entry([], { subtraces: 1 }), entry([1])]],
    ["a child that is missing", [entry([], { subtraces: 1 })]],
    ["a child too many", [entry([]), entry([0])]],
    ["a child of another transaction", [entry([], { subtraces: 1 }), entry([0], { transactionHash: `0x${"ef".repeat(32)}` })]],
    ["a call of a kind that nobody knows", [entry([], { type: "call", action: { from: USER } })]],
    [
      "a call deeper than the EVM calls",
      Array.from({ length: 1_027 }, (_, depth) => entry(Array(depth).fill(0), { subtraces: depth < 1_026 ? 1 : 0 })),
    ],
    ["a place that is no path", [entry([], { traceAddress: "0" })]],
  ])("refuses %s", (_, value) => expect(parseFlatTraces(value, SIGHT)).toBeUndefined());
});
