import fc from "fast-check";
import { expect, it } from "vitest";
import { OffingError } from "#core/errors.ts";
import { answerFault } from "./endpoint.ts";
import { type BlockRange, readRanges } from "./log-range.ts";

function refused(detail: string, code = -32_000): OffingError {
  return new OffingError("SOURCE_RESPONSE_INVALID", { message: "no", context: { fault: "rpc_error", rpc_code: code, detail } });
}

it("covers every block once and in order, whatever widths the node takes", async () => {
  const seed = Number(process.env["OFFING_SEED"] ?? Date.now() % 2 ** 31);
  process.stdout.write(`log range: seed ${seed} (set OFFING_SEED to repeat)\n`);
  const run = fc.asyncProperty(
    fc.nat(500),
    fc.integer({ min: 1, max: 60 }),
    fc.integer({ min: 1, max: 100 }),
    async (length, limit, span) => {
      const seen: number[] = [];
      const ask = async ({ from, to }: BlockRange): Promise<number> => {
        if (to - from + 1 > limit) throw refused("query returned more than 10000 results");
        return to;
      };
      for await (const { from, to } of readRanges({ from: 7, to: 7 + length }, ask, { span, largestSpan: 1_000 })) {
        for (let block = from; block <= to; block += 1) seen.push(block);
      }
      expect(seen).toEqual(Array.from({ length: length + 1 }, (_, index) => 7 + index));
    },
  );
  await fc.assert(run, { seed, numRuns: 200 });
});

it("takes the width that the node suggests, and a body beyond the cap for too wide", async () => {
  const asked: BlockRange[] = [];
  const ask = async (range: BlockRange): Promise<null> => {
    asked.push(range);
    if (asked.length === 1) throw refused("this block range should work: [0x64, 0x66]", -32_602);
    if (asked.length === 2) throw answerFault("too_large", "too large");
    return null;
  };
  await drained(readRanges({ from: 100, to: 120 }, ask, { span: 50, largestSpan: 50 }));
  expect(asked.slice(0, 3)).toEqual([
    { from: 100, to: 120 },
    { from: 100, to: 102 },
    { from: 100, to: 101 },
  ]);
});

it("does not take a fault for a matter of width", async () => {
  const ask = async (): Promise<null> => {
    throw refused("header not found");
  };
  await expect(drained(readRanges({ from: 1, to: 9 }, ask, { span: 9, largestSpan: 9 }))).rejects.toMatchObject({
    context: { detail: "header not found" },
  });
});

async function drained(answers: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of answers);
}
