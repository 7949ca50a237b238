import type { TimeRange } from "./time-range.ts";
import type { Unit } from "./units.ts";

/** An axis of values: from, to, and the distance of its lines. */
export interface ValueAxis {
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

const LINES = 4;
const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800];

/** An axis that holds all values, divided where a reader of the unit expects lines: 15 s and 1 min, 64 MiB, 0.5. */
export function valueAxis(
  values: readonly number[],
  { unit, min, max }: { readonly unit: Unit; readonly min?: number | undefined; readonly max?: number | undefined },
): ValueAxis {
  const found = values.filter(Number.isFinite);
  const low = min ?? Math.min(0, ...found);
  const high = max ?? Math.max(low + unit.stepUnit * 1e-9, ...found);
  const flat = high - low < 1e-8 * unit.stepUnit;
  const span = flat ? 1 : high - low;
  const step = stepFor(span / LINES, unit);
  const top = max ?? Math.ceil((low + span) / step - 1e-9) * step;
  return { min: min ?? Math.floor(low / step + 1e-9) * step, max: top, step };
}

/** Moments for the labels of a time axis, at whole minutes, hours or days of UTC, and how to write them. */
export function timeTicks(
  { fromMs, toMs }: TimeRange,
  most: number,
): { readonly at: readonly number[]; readonly text: (atMs: number) => string } {
  const step = (TIME_STEPS.find((seconds) => (toMs - fromMs) / (seconds * 1000) <= most) ?? 2_592_000) * 1000;
  const at: number[] = [];
  for (let tick = Math.ceil(fromMs / step) * step; tick <= toMs; tick += step) at.push(tick);
  const text = (atMs: number): string => {
    const iso = new Date(atMs).toISOString();
    if (step >= 86_400_000) return iso.slice(5, 10);
    if (atMs % 86_400_000 === 0) return iso.slice(5, 10);
    return step < 60_000 ? iso.slice(11, 19) : iso.slice(11, 16);
  };
  return { at, text };
}

function stepFor(exact: number, { scale, stepUnit }: Unit): number {
  const size = exact / stepUnit;
  if (scale === "time" && size > 1) return (TIME_STEPS.find((step) => step >= size) ?? decimalStep(size)) * stepUnit;
  if (scale === "binary") return 2 ** Math.ceil(Math.log2(exact));
  return decimalStep(size) * stepUnit;
}

/** The next of 1, 2, 5 times a power of ten. */
function decimalStep(exact: number): number {
  const power = 10 ** Math.floor(Math.log10(exact));
  const [lead = 10] = [1, 2, 5, 10].filter((one) => one * power >= exact * (1 - 1e-9));
  return Number((lead * power).toPrecision(12));
}
