import fc from "fast-check";
import { expect, it } from "vitest";
import { inOrder } from "./in-order.ts";

it("gives everything once, in order, up to what failed, and never has more on its way than allowed", async () => {
  const seed = Number(process.env["OFFING_SEED"] ?? Date.now() % 2 ** 31);
  process.stdout.write(`in-order: seed ${seed} (set OFFING_SEED to repeat)\n`);
  const run = fc.asyncProperty(
    fc.array(fc.nat({ max: 3 }), { maxLength: 30 }),
    fc.integer({ min: 1, max: 8 }),
    fc.integer({ min: 1, max: 8 }),
    fc.integer({ min: 1, max: 8 }),
    fc.option(fc.nat({ max: 30 })),
    async (delays, width, atMost, enough, failing) => {
      let [begun, running, most] = [0, 0, 0];
      const work = inOrder(
        () => {
          const number = begun;
          const delayMs = delays[number];
          if (delayMs === undefined) return undefined;
          begun += 1;
          running += 1;
          most = Math.max(most, running);
          return new Promise<number>((resolve, reject) => {
            setTimeout(() => {
              running -= 1;
              if (number === failing) reject(new Error("failed"));
              else resolve(number);
            }, delayMs);
          });
        },
        { width, weightOf: (number) => number % 3, enough },
      );
      const given: number[] = [];
      for (;;) {
        const { done, failed } = await work.take(atMost);
        given.push(...done);
        // What came before the last of them was not enough yet.
        expect(done.slice(0, -1).reduce((sum, number) => sum + (number % 3), 0)).toBeLessThan(enough);
        expect(begun - given.length).toBeLessThanOrEqual(width + (failed === undefined ? 0 : 1));
        if (failed !== undefined) expect(given.length).toBe(failing);
        if (failed !== undefined || done.length === 0) break;
      }
      const wanted = failing === null ? delays.length : Math.min(failing, delays.length);
      expect(given).toEqual(Array.from({ length: wanted }, (_, index) => index));
      expect(most).toBeLessThanOrEqual(width);
    },
  );
  await fc.assert(run, { seed, numRuns: 60 });
});
