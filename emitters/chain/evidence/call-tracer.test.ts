import { describe, expect, it } from "vitest";
import { CONFIG, frame, MINT, PSM, reverted, STRANGER, USER } from "../fixtures/handmade.ts";
import { actionFrames, setterFrames } from "../frames.ts";
import { watchOf } from "../watch.ts";
import { parseCallTrace } from "./call-tracer.ts";

const WATCH = watchOf(CONFIG);
const parseTrace = (value: unknown) => parseCallTrace(value, WATCH)?.frame;

describe("parseCallTrace", () => {
  const raw = { type: "CALL", from: USER.toUpperCase().replace("0X", "0x"), to: PSM, input: `${MINT}${"0".repeat(64)}`, output: "0x01" };
  const foreign = { ...raw, to: STRANGER.toUpperCase().replace("0X", "0x") };

  it("keeps what is needed and no more", () => {
    expect(parseTrace(raw)).toStrictEqual(frame());
    expect(parseTrace({ ...raw, error: "execution reverted", output: "0xAB" })).toStrictEqual(reverted("0xab"));
    expect(parseTrace({ ...raw, error: "out of gas", output: undefined })).toStrictEqual(frame({ error: "out of gas" }));
    expect(parseTrace({ ...raw, input: "0x12", calls: [raw] })).toStrictEqual(frame({ selector: "0x", calls: [frame()] }));
    expect(parseTrace({ ...raw, type: "CREATE", to: undefined, calls: null })).toStrictEqual(frame({ type: "CREATE", to: null }));
  });

  it("keeps all frames of a trace that calls one of ours, however deep", () => {
    const deep = { ...foreign, calls: [{ ...foreign, calls: [foreign, raw] }, foreign] };
    const stranger = (...calls: ReturnType<typeof frame>[]) => frame({ to: STRANGER, calls });
    expect(parseTrace(deep)).toStrictEqual(stranger(stranger(stranger(), frame()), stranger()));
    expect(parseTrace({ ...raw, calls: [foreign] })).toStrictEqual(frame({ calls: [stranger()] }));
  });

  it("keeps the root alone of one that calls none of ours", () => {
    const failed = { error: "execution reverted", output: "0xAB" };
    const expected = reverted("0xab", { to: STRANGER });
    expect(parseTrace({ ...foreign, ...failed, calls: [{ ...foreign, calls: [foreign] }] })).toStrictEqual(expected);
  });

  it("keeps all of the input where a known setter is called, at one of ours alone", () => {
    const setters = new Map([...WATCH.contracts.keys(), STRANGER].map((address) => [`${address} ${MINT}`, undefined as never]));
    const sight = { touched: WATCH.touched, setters };
    expect(parseCallTrace({ ...raw, calls: [foreign] }, sight)?.frame).toStrictEqual(
      frame({ input: raw.input, calls: [frame({ to: STRANGER })] }),
    );
  });

  it("reads as deep as the EVM calls, and no deeper", () => {
    const nested = (depth: number) => {
      let call: object = raw;
      for (let level = 0; level < depth; level += 1) call = { ...foreign, calls: [call] };
      return call;
    };
    const root = parseTrace(nested(1_025));
    expect(root?.to).toBe(STRANGER);
    expect(root === undefined ? [] : actionFrames(root, WATCH).map(({ path }) => path.split(".").length)).toEqual([1_026]);
    expect(setterFrames(root ?? frame(), { setters: new Map([["none", undefined as never]]) })).toEqual([]);
    expect([parseTrace(nested(1_026)), parseTrace(nested(500_000))]).toEqual([undefined, undefined]);
  });

  it.each([
    ["nothing", null],
    ["text", "0x"],
    ["another tracer's answer", { failed: false, gas: 0, returnValue: "0x", structLogs: [] }],
    ["an empty object", {}],
    ["calls that are no list", { ...raw, calls: {} }],
    ["a call that is no frame", { ...raw, calls: [{}] }],
    ["a call that is no frame below foreign ones", { ...foreign, calls: [{ ...foreign, calls: [foreign, null] }] }],
    ["a call that is no frame beside one of ours", { ...foreign, calls: [raw, { ...foreign, input: null }] }],
  ])("refuses %s", (_, value) => expect(parseTrace(value)).toBeUndefined());
});
