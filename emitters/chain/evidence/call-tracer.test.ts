import { describe, expect, it } from "vitest";
import { frame, MINT, PSM, reverted, USER } from "../fixtures/handmade.ts";
import { parseCallTrace } from "./call-tracer.ts";

const parseTrace = (value: unknown) => parseCallTrace(value, () => false)?.frame;

describe("parseCallTrace", () => {
  const raw = { type: "CALL", from: USER.toUpperCase().replace("0X", "0x"), to: PSM, input: `${MINT}${"0".repeat(64)}`, output: "0x01" };

  it("keeps what is needed and no more", () => {
    expect(parseTrace(raw)).toStrictEqual(frame());
    expect(parseTrace({ ...raw, error: "execution reverted", output: "0xAB" })).toStrictEqual(reverted("0xab"));
    expect(parseTrace({ ...raw, error: "out of gas", output: undefined })).toStrictEqual(frame({ error: "out of gas" }));
    expect(parseTrace({ ...raw, input: "0x12", calls: [raw] })).toStrictEqual(frame({ selector: "0x", calls: [frame()] }));
    expect(parseTrace({ ...raw, type: "CREATE", to: undefined })).toStrictEqual(frame({ type: "CREATE", to: null }));
  });

  it.each([
    ["nothing", null],
    ["text", "0x"],
    ["another tracer's answer", { failed: false, gas: 0, returnValue: "0x", structLogs: [] }],
    ["an empty object", {}],
    ["calls that are no list", { ...raw, calls: {} }],
    ["a call that is no frame", { ...raw, calls: [{}] }],
  ])("refuses %s", (_, value) => expect(parseTrace(value)).toBeUndefined());
});
