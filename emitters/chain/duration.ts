import { z } from "zod";

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A duration such as `500ms`, `2s`, `10m`, `1h` or `7d` as milliseconds. */
export function duration({ atLeast }: { readonly atLeast: string }): z.ZodType<number, string> {
  const leastMs = millisecondsOf(atLeast);
  return z
    .string()
    .regex(/^\d+(ms|s|m|h|d)$/, { error: "must be a duration such as 500ms, 2s, 10m, 1h or 7d" })
    .transform(millisecondsOf)
    .refine((ms) => ms >= leastMs, { error: `must be at least ${atLeast}` });
}

function millisecondsOf(text: string): number {
  const [, amount, unit] = /^(\d+)(\w+)$/.exec(text) ?? [];
  return Number(amount) * (UNIT_MS[unit ?? ""] ?? Number.NaN);
}
