import { describe, expect, it } from "vitest";
import { BUYBACK, CONFIG, frame, MISSING, ORACLE, PSM, ROUTER, reverted, STRANGER, UNHEALTHY, VAULT } from "./fixtures/handmade.ts";
import { actionFrames, type Written, writtenBytes } from "./frames.ts";
import type { Frame } from "./observation.ts";
import { watchOf } from "./watch.ts";

const watch = watchOf(CONFIG);

describe("actionFrames", () => {
  const routed = (calls: readonly Frame[], given: Partial<Frame> = {}): Frame => frame({ to: ROUTER, ...given, calls });
  it.each<[string, Frame, readonly (readonly [path: string, action: string, kept: boolean])[]]>([
    ["the root", frame(), [["0", "PSM_MINT", true]]],
    ["a call below", routed([frame({ to: ORACLE }), frame({ from: ROUTER })]), [["0.1", "PSM_MINT", true]]],
    [
      "two calls in their order",
      routed([frame({ to: VAULT, selector: BUYBACK }), frame()]),
      [
        ["0.0", "BUYBACK_EXECUTE", true],
        ["0.1", "PSM_MINT", true],
      ],
    ],
    ["the outermost only", frame({ calls: [frame({ to: VAULT, selector: BUYBACK })] }), [["0", "PSM_MINT", true]]],
    ["an action below another function of a watched contract", frame({ selector: "0x", calls: [frame()] }), [["0.0", "PSM_MINT", true]]],
    ["a call that an outer frame undid", routed([routed([frame()], { error: "execution reverted" })]), [["0.0.0", "PSM_MINT", false]]],
    ["no static call", routed([frame({ type: "STATICCALL" })]), []],
    ["no delegate call", routed([frame({ type: "DELEGATECALL" })]), []],
    ["no other function", frame({ selector: "0xffffffff" }), []],
    ["no action of another contract", frame({ selector: BUYBACK }), []],
  ])("finds %s", (_, root, found) => {
    expect(actionFrames(root, watch).map(({ path, action, kept }) => [path, action, kept])).toEqual(found);
  });
});

describe("writtenBytes", () => {
  const at = (by: string | null, data: string = MISSING): Written => ({ by, data });
  const wrapping = `0x12345678${MISSING.slice(2)}${"0".repeat(56)}`;
  it.each<[string, Frame, readonly Written[]]>([
    ["are the frame's own", reverted(MISSING), [at(PSM)]],
    ["are those of a call that failed with the same", reverted(MISSING, { calls: [reverted(MISSING, { to: STRANGER })] }), [at(STRANGER)]],
    ["are the frame's when the call's were others", reverted(MISSING, { calls: [reverted("0x12345678", { to: STRANGER })] }), [at(PSM)]],
    [
      "are those of the last of several",
      reverted(MISSING, { calls: [reverted(MISSING, { to: STRANGER }), reverted(MISSING, { to: ORACLE })] }),
      [at(ORACLE)],
    ],
    [
      "are those of the deepest",
      reverted(MISSING, { calls: [reverted(MISSING, { to: ORACLE, calls: [reverted(MISSING, { to: STRANGER })] })] }),
      [at(STRANGER)],
    ],
    [
      "are the proxy's for code it borrowed",
      reverted(MISSING, { calls: [reverted(MISSING, { type: "DELEGATECALL", to: STRANGER })] }),
      [at(PSM)],
    ],
    [
      "are those of the caller below borrowed code",
      reverted(MISSING, {
        calls: [reverted(MISSING, { type: "DELEGATECALL", to: STRANGER, calls: [reverted(MISSING, { to: ORACLE })] })],
      }),
      [at(ORACLE)],
    ],
    ["are nobody's for a creation", reverted(MISSING, { calls: [reverted(MISSING, { type: "CREATE", to: null })] }), [at(null)]],
    [
      "are nobody's when a call below failed with bytes that its tracer keeps to itself",
      reverted(MISSING, { calls: [reverted("0x", { type: "CREATE", to: null, output: null })] }),
      [at(null)],
    ],
    [
      "are the frame's when what is kept silent went through",
      reverted(MISSING, { calls: [frame({ to: STRANGER, calls: [reverted("0x", { to: ORACLE, output: null })] })] }),
      [at(PSM)],
    ],
    ["are none when there are none", reverted("0x", { calls: [reverted("0x", { to: STRANGER })] }), []],
    [
      "are the wrapped ones and then the frame's own",
      reverted(wrapping, { calls: [reverted(MISSING, { to: ORACLE })] }),
      [at(ORACLE), at(PSM, wrapping)],
    ],
    ["are those that a frame dropped", reverted("0x", { calls: [reverted(UNHEALTHY, { to: ORACLE })] }), [at(ORACLE, UNHEALTHY)]],
    ["are none when a call went through after the failed one", reverted("0x", { calls: [reverted(MISSING, { to: ORACLE }), frame()] }), []],
    ["are none when the frame ran out of gas", reverted("0x", { error: "out of gas", calls: [reverted(MISSING, { to: ORACLE })] }), []],
  ])("%s", (_, failed, written) => expect(writtenBytes(failed)).toEqual(written));
});
