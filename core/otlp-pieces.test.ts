import fc from "fast-check";
import { expect, test } from "vitest";
import { countOf, halvesOf, requestsOf, singlesOf } from "#core/otlp-pieces.ts";
import type { OtlpPiece } from "#core/otlp-proto.ts";

const seed = Number(process.env["OFFING_SEED"] ?? Date.now() % 2 ** 31);

/** A piece of items of these lengths, each filled with its own byte. */
function pieceOf(lengths: readonly number[]): OtlpPiece {
  const items = lengths.map((length, index) => Buffer.alloc(length, index));
  let end = 0;
  return { bytes: Buffer.concat(items), ends: lengths.map((length) => (end += length)) };
}

const pieces = fc.array(fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 12 }).map(pieceOf), { maxLength: 6 });

function items(some: readonly OtlpPiece[]): string[] {
  return some.flatMap(singlesOf).map(({ bytes }) => bytes.toString("hex"));
}

test(`requests hold every item once, in order and within the bounds (seed ${seed})`, () => {
  fc.assert(
    fc.property(pieces, fc.integer({ min: 1, max: 80 }), fc.integer({ min: 1, max: 9 }), (some, bytes, most) => {
      const requests = requestsOf(some, { bytes, items: most });
      expect(requests.flatMap(items)).toEqual(items(some));
      for (const request of requests) {
        const count = countOf(request);
        expect(count).toBeGreaterThan(0);
        expect(count).toBeLessThanOrEqual(most);
        const size = request.reduce((sum, piece) => sum + piece.bytes.length, 0);
        if (count > 1) expect(size).toBeLessThanOrEqual(bytes);
      }
    }),
    { seed },
  );
});

test(`halves differ by one item at most and lose none (seed ${seed})`, () => {
  fc.assert(
    fc.property(pieces, (some) => {
      const [first, second] = halvesOf(some);
      expect([...items(first), ...items(second)]).toEqual(items(some));
      expect(countOf(first) - countOf(second)).toBe(countOf(some) % 2);
    }),
    { seed },
  );
});
