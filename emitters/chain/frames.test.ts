import { describe, expect, it } from "vitest";
import { BUYBACK, CONFIG, frame, MINT, MISSING, ORACLE, PSM, ROUTER, reverted, STRANGER, USER, VAULT } from "./fixtures/handmade.ts";
import { actionFrames, parseFrame, revertOrigin } from "./frames.ts";
import { needOf } from "./needs.ts";
import type { Frame } from "./observation.ts";
import { watchOf } from "./watch.ts";

const watch = watchOf(CONFIG);

describe("parseFrame", () => {
  const raw = { type: "CALL", from: USER.toUpperCase().replace("0X", "0x"), to: PSM, input: `${MINT}${"0".repeat(64)}`, output: "0x01" };

  it("keeps what is needed and no more", () => {
    expect(parseFrame(raw)).toStrictEqual(frame());
    expect(parseFrame({ ...raw, error: "execution reverted", output: "0xAB" })).toStrictEqual(reverted("0xab"));
    expect(parseFrame({ ...raw, error: "out of gas", output: undefined })).toStrictEqual(frame({ error: "out of gas" }));
    expect(parseFrame({ ...raw, input: "0x12", calls: [raw] })).toStrictEqual(frame({ selector: "0x", calls: [frame()] }));
    expect(parseFrame({ ...raw, type: "CREATE", to: undefined })).toStrictEqual(frame({ type: "CREATE", to: null }));
  });

  it.each([
    ["nothing", null],
    ["text", "0x"],
    ["another tracer's answer", { failed: false, gas: 0, returnValue: "0x", structLogs: [] }],
    ["an empty object", {}],
    ["calls that are no list", { ...raw, calls: {} }],
    ["a call that is no frame", { ...raw, calls: [{}] }],
  ])("refuses %s", (_, value) => expect(parseFrame(value)).toBeUndefined());
});

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

describe("revertOrigin", () => {
  it.each<[string, Frame, string | null]>([
    ["the frame itself", reverted(MISSING), PSM],
    ["a call that failed with the same bytes", reverted(MISSING, { calls: [reverted(MISSING, { to: STRANGER })] }), STRANGER],
    ["the frame when the call's bytes were others", reverted(MISSING, { calls: [reverted("0x12345678", { to: STRANGER })] }), PSM],
    ["the last of several", reverted(MISSING, { calls: [reverted(MISSING, { to: STRANGER }), reverted(MISSING, { to: ORACLE })] }), ORACLE],
    [
      "the deepest",
      reverted(MISSING, { calls: [reverted(MISSING, { to: ORACLE, calls: [reverted(MISSING, { to: STRANGER })] })] }),
      STRANGER,
    ],
    ["the proxy for code it borrowed", reverted(MISSING, { calls: [reverted(MISSING, { type: "DELEGATECALL", to: STRANGER })] }), PSM],
    [
      "the caller below borrowed code",
      reverted(MISSING, {
        calls: [reverted(MISSING, { type: "DELEGATECALL", to: STRANGER, calls: [reverted(MISSING, { to: ORACLE })] })],
      }),
      ORACLE,
    ],
    ["nobody for a creation", reverted(MISSING, { calls: [reverted(MISSING, { type: "CREATE", to: null })] }), null],
    ["the frame when there are no bytes", reverted("0x", { calls: [reverted("0x", { to: STRANGER })] }), PSM],
  ])("is %s", (_, failed, origin) => expect(revertOrigin(failed)).toBe(origin));
});

describe("needOf", () => {
  const plain = { to: USER, selector: "0x", success: true, logAddresses: [] };
  it.each([
    ["nothing of a stranger's success", plain, "none"],
    ["a trace of any failure", { ...plain, success: false }, "trace"],
    ["a trace of a failed creation", { ...plain, to: null, success: false }, "trace"],
    ["no trace of an action that went through", { ...plain, to: PSM, selector: MINT }, "keep"],
    ["a trace of another call of a watched contract", { ...plain, to: PSM, selector: "0xffffffff" }, "trace"],
    ["a trace of a call of a router", { ...plain, to: ROUTER }, "trace"],
    ["a trace of what left a log of a watched contract", { ...plain, logAddresses: [STRANGER, PSM] }, "trace"],
    ["nothing of what left a stranger's log", { ...plain, logAddresses: [STRANGER] }, "none"],
  ] as const)("wants %s", (_, mined, need) => expect(needOf(mined, watch)).toBe(need));
});
