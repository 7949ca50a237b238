import { describe, expect, it } from "vitest";
import { CONFIG, MINT, PSM, ROUTER, STRANGER, USER } from "../fixtures/handmade.ts";
import { watchOf } from "../watch.ts";
import { needOf } from "./needs.ts";

const watch = watchOf(CONFIG);

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
