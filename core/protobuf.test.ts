import fc from "fast-check";
import { expect, test } from "vitest";
import { delimited, ProtobufWriter, readFields } from "#core/protobuf.ts";

const seed = Number(process.env["OFFING_SEED"] ?? Date.now() % 2 ** 31);

function written(write: (writer: ProtobufWriter) => void): Buffer {
  const writer = new ProtobufWriter();
  write(writer);
  return writer.take();
}

test("the examples of the protobuf documentation are written to the letter", () => {
  expect(written((writer) => writer.uint(1, 150)).toString("hex")).toBe("089601");
  expect(written((writer) => writer.string(2, "testing")).toString("hex")).toBe("120774657374696e67");
  expect(written((writer) => writer.int64(1, -2)).toString("hex")).toBe("08feffffffffffffffff01");
  const nested = written((writer) => {
    const start = writer.open(3);
    writer.uint(1, 150);
    writer.close(start);
  });
  expect(nested.toString("hex")).toBe("1a03089601");
  expect(Buffer.concat(delimited(3, [Buffer.from("089601", "hex")])).toString("hex")).toBe("1a03089601");
});

test(`what is written is read again, at every length and depth (seed ${seed})`, () => {
  // Around the lengths at which a length takes one more byte, and anything short.
  const edges = fc
    .constantFrom(126, 127, 128, 16_382, 16_383, 16_384, 40_000)
    .map((length) => "é".repeat(length / 2) + "x".repeat(length % 2));
  const texts = fc.array(fc.oneof(fc.string({ unit: "binary" }), edges), { maxLength: 4 });
  fc.assert(
    fc.property(texts, fc.maxSafeInteger(), fc.double(), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (strings, whole, float, word) => {
      const bytes = written((writer) => {
        const outer = writer.open(15);
        for (const text of strings) writer.string(1, text);
        writer.close(outer);
        writer.int64(16, whole);
        writer.double(3, float);
        writer.fixed64(4, word);
      });
      const keptMore = written((writer) => {
        const outer = writer.open(15, 2);
        for (const text of strings) writer.string(1, text);
        writer.close(outer, 2);
      });
      expect(keptMore).toEqual(bytes.subarray(0, keptMore.length));
      const [nested, ...rest] = [...readFields(bytes)];
      const inner = [...readFields(nested?.value as Buffer)].map(({ value }) => String(value));
      expect(Buffer.concat([nested, ...rest].map((field) => field?.raw ?? Buffer.alloc(0)))).toEqual(bytes);
      expect(inner).toEqual(strings.map((text) => Buffer.from(text).toString()));
      const bits = Buffer.alloc(8);
      bits.writeDoubleLE(float);
      expect(rest).toMatchObject([
        { field: 16, value: BigInt.asUintN(64, BigInt(whole)) },
        { field: 3, value: bits.readBigUInt64LE() },
        { field: 4, value: word },
      ]);
    }),
    { seed, numRuns: 200 },
  );
});

test(`bytes that are no message end in a RangeError, never in anything else (seed ${seed})`, () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (noise) => {
      try {
        for (const { field } of readFields(Buffer.from(noise))) expect(field).toBeGreaterThanOrEqual(0);
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
    }),
    { seed, numRuns: 2_000 },
  );
});
