import fc from "fast-check";
import { expect, test } from "vitest";
import { timeTicks, valueAxis } from "./axis.ts";
import { unitOf } from "./units.ts";

const unit = (name: string) => {
  const found = unitOf(name, 0);
  if (found === undefined) throw new Error(`no unit ${name}`);
  return found;
};

test.each([
  ["s", [0, 870], { min: 0, max: 900, step: 300 }],
  ["s", [0.001, 0.18], { min: 0, max: 0.2, step: 0.05 }],
  ["bytes", [200 * 2 ** 20], { min: 0, max: 256 * 2 ** 20, step: 64 * 2 ** 20 }],
  ["short", [3, 47], { min: 0, max: 60, step: 20 }],
  ["short", [0, 0], { min: 0, max: 1, step: 0.5 }],
  ["short", [], { min: 0, max: 1, step: 0.5 }],
])("an axis of %s for %j", (name, values, wanted) => {
  const { min, max, step } = valueAxis(values, { unit: unit(name) });
  expect({ min, max: Number(max.toPrecision(9)), step: Number(step.toPrecision(9)) }).toEqual(wanted);
});

test("an axis holds every value and has few lines, whatever the values and the unit", () => {
  const seed = Date.now();
  const value = fc.double({ noNaN: true, min: -1e15, max: 1e15 }).filter((one) => one === 0 || Math.abs(one) > 1e-9);
  const property = fc.property(
    fc.array(value, { minLength: 1 }),
    fc.constantFrom("s", "bytes", "short", "percentunit", "ms"),
    (values, name) => {
      const { min, max, step } = valueAxis(values, { unit: unit(name) });
      const slack = 1e-6 * Math.max(1e-9, ...values.map(Math.abs));
      expect(min).toBeLessThanOrEqual(Math.min(0, ...values) + slack);
      expect(max).toBeGreaterThanOrEqual(Math.max(...values) - slack);
      expect(step).toBeGreaterThan(0);
      expect((max - min) / step).toBeLessThanOrEqual(12);
    },
  );
  fc.assert(property, { seed });
});

test("fixed ends of an axis stand", () => {
  expect(valueAxis([0.4], { unit: unit("percentunit"), min: 0, max: 1 })).toMatchObject({ min: 0, max: 1 });
});

test("a time axis is labelled at whole moments, with the day at midnight", () => {
  const fromMs = Date.parse("2026-01-31T23:31:00Z");
  const { at, text } = timeTicks({ fromMs, toMs: fromMs + 3_600_000 }, 5);
  expect(at.map(text)).toEqual(["23:45", "02-01", "00:15", "00:30"]);
});
