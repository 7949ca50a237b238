import fc from "fast-check";
import { expect, test } from "vitest";
import { fromText, toText } from "./text.ts";

test("ordinary text stays as it is", () => {
  for (const text of ["", "op:31337:18999999:0xabc:12:0.1:1", "ä 漢 🦑 \u0001 \ufffd ' \" \\"]) expect(toText(text)).toBe(text);
});

test("NUL, half characters and the escape itself are written out", () => {
  expect(toText("a\u0000b")).toBe("a␀0000b");
  expect(toText("\ud83d!\udd11")).toBe("␀d83d!␀dd11");
  expect(toText("␀0000")).toBe("␀24000000");
});

const SEED = Date.now() % 2 ** 31;

test(`every string comes back, has no NUL, and is well formed (seed ${SEED})`, () => {
  const anyString = fc.string({
    unit: fc.oneof(
      fc.nat(0xffff).map((unit) => String.fromCharCode(unit)),
      fc.constantFrom("\u0000", "␀", "0", "🦑"),
    ),
  });
  const property = fc.property(anyString, (text) => {
    const written = toText(text);
    return fromText(written) === text && !written.includes("\u0000") && written.isWellFormed();
  });
  fc.assert(property, { seed: SEED, numRuns: 2_000 });
});
