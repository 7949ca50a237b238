import { encodeErrorResult, parseAbi, toFunctionSelector } from "viem";
import { describe, expect, it } from "vitest";
import { clean } from "#core/clean.ts";
import { chainSchemaIn } from "./config.ts";
import { decodeRevert } from "./decode.ts";
import { errorText, SECTION } from "./fixtures/handmade.ts";
import { watchOf } from "./watch.ts";

const abi = parseAbi(["error Short(uint256 have, address who, (bytes32 id, uint8[] parts) detail)", "error PSM_ORACLE_MISSING()"]);
const [psm, vault] = SECTION.contracts;
const contracts = [
  { ...psm, abi: [...(psm?.abi ?? []), "error Short(uint256 have, address who, (bytes32 id, uint8[] parts) detail)"] },
  vault,
];
const watch = watchOf(
  chainSchemaIn(".").parse({
    ...SECTION,
    contracts,
    reasons: [
      { code: "PSM_ORACLE_MISSING", error: "OracleGone(uint256)" },
      { code: "PSM_ORACLE_MISSING", selector: "0xdeadbeef" },
      { code: "BUYBACK_ORACLE_REQUIRED", message: "no oracle" },
    ],
  }),
);
const panic = (code: string): string => `0x4e487b71${code.padStart(64, "0")}`;

describe("decodeRevert", () => {
  it.each([
    ["no bytes", "0x", null, null, null, "empty"],
    [
      "a custom error of an ABI",
      encodeErrorResult({ abi, errorName: "PSM_ORACLE_MISSING" }),
      "PSM_ORACLE_MISSING",
      null,
      "PSM_ORACLE_MISSING",
      "custom_error",
    ],
    ["a reason's bare selector", "0xdeadbeef01", "PSM_ORACLE_MISSING", null, "PSM_ORACLE_MISSING", "custom_error"],
    ["the name of a code as text", errorText("PSM_ORACLE_MISSING"), "Error", "PSM_ORACLE_MISSING", "PSM_ORACLE_MISSING", "error_string"],
    ["a configured text", errorText("no oracle"), "Error", "no oracle", "BUYBACK_ORACLE_REQUIRED", "error_string"],
    ["a text that only begins like a code", errorText("PSM_ORACLE_MISSING!"), "Error", "PSM_ORACLE_MISSING!", null, "error_string"],
    ["an empty text", errorText(""), "Error", "", null, "error_string"],
    ["a panic", panic("11"), "Panic", "0x11", null, "panic"],
    ["a panic with a long code", panic("1ff"), "Panic", "0x1ff", null, "panic"],
    ["bytes shorter than a selector", "0xabcdef", null, null, null, "unreadable"],
    ["a selector nobody knows", "0x12345678", null, null, null, "unreadable"],
    ["a text cut short", errorText("PSM_ORACLE_MISSING").slice(0, 90), null, null, null, "unreadable"],
    ["a text whose length lies", `0x08c379a0${"20".padStart(64, "0")}${"f".repeat(64)}`, null, null, null, "unreadable"],
    ["a panic without its code", "0x4e487b71", null, null, null, "unreadable"],
  ])("reads %s", (_, data, error, message, code, kind) => {
    expect(decodeRevert(data, watch)).toStrictEqual({ kind, error, message, args: [], code });
  });

  it("reads a reason's own custom error that no ABI lists, with its arguments", () => {
    const data = `${toFunctionSelector("OracleGone(uint256)")}${"7".padStart(64, "0")}`;
    expect(decodeRevert(data, watch)).toMatchObject({ error: "OracleGone", args: ["7"], code: "PSM_ORACLE_MISSING" });
  });

  it("prints arguments of every type and never rounds a number", () => {
    const detail = { id: `0x${"ab".repeat(32)}`, parts: [1, 2] } as const;
    const data = encodeErrorResult({ abi, errorName: "Short", args: [2n ** 256n - 1n, `0x${"aa".repeat(20)}`, detail] });
    expect(decodeRevert(data, watch).args).toStrictEqual([
      "115792089237316195423570985008687907853269984665640564039457584007913129639935",
      `0x${"aa".repeat(20)}`,
      JSON.stringify(detail),
    ]);
  });

  it("keeps an error's name when its arguments do not fit", () => {
    const data = encodeErrorResult({
      abi,
      errorName: "Short",
      args: [1n, `0x${"aa".repeat(20)}`, { id: `0x${"ab".repeat(32)}`, parts: [] }],
    });
    expect(decodeRevert(data.slice(0, 40), watch)).toMatchObject({ error: "Short", args: [], kind: "custom_error" });
  });
});

describe("clean", () => {
  it("takes control and direction characters and lone surrogates out, and cuts", () => {
    expect(clean("a\nb\u0000c\u202Ed\u2028e\u007f", 20)).toBe("a\uFFFDb\uFFFDc\uFFFDd\uFFFDe\uFFFD");
    expect(clean("\ud800x", 10).isWellFormed()).toBe(true);
    expect(clean("x".repeat(300), 256)).toBe(`${"x".repeat(255)}…`);
    expect(clean("grüße 🌊", 20)).toBe("grüße 🌊");
  });
});
