import { OffingError } from "#core/errors.ts";

/** What is shown, in Unix milliseconds. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
  M: 30 * 86_400_000,
  y: 365 * 86_400_000,
};

/**
 * A time range as Grafana writes it: `now`, `now-6h`, `now-1d/d`, an ISO date, or Unix milliseconds.
 *
 * @throws USAGE_INVALID for a time that cannot be read or a range that ends before it begins
 */
export function parseRange({ from, to }: { readonly from: string; readonly to: string }, nowMs: number): TimeRange {
  const range = { fromMs: parseTime(from, nowMs), toMs: parseTime(to, nowMs) };
  if (range.fromMs < range.toMs) return range;
  throw invalid(`the range from ${from} to ${to} is empty`);
}

/** `6h`, `90s`: a length of time in milliseconds; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit = ""] = /^(\d+(?:\.\d+)?)(ms|[smhdwMy])$/.exec(text.trim()) ?? [];
  if (count === undefined) return undefined;
  return unit === "ms" ? Number(count) : Number(count) * (UNIT_MS[unit] ?? Number.NaN);
}

/** A length of time as Prometheus and Loki read it. */
export function durationText(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${Math.round(ms)}ms`;
}

/** The distance of points for about `points` of them over a range: a round number, never less than `leastMs`. */
export function intervalFor(
  { fromMs, toMs }: TimeRange,
  { points, leastMs }: { readonly points: number; readonly leastMs: number },
): number {
  const exact = (toMs - fromMs) / Math.max(points, 1);
  const rounded = LADDER_MS.find((step) => step >= exact) ?? Math.ceil(exact / UNIT_DAY) * UNIT_DAY;
  return Math.max(rounded, leastMs);
}

const UNIT_DAY = 86_400_000;
const LADDER_MS = [
  ...[1, 2, 5, 10, 15, 20, 30].map((seconds) => seconds * 1_000),
  ...[1, 2, 5, 10, 15, 20, 30].map((minutes) => minutes * 60_000),
  ...[1, 2, 3, 6, 12, 24].map((hours) => hours * 3_600_000),
];

function parseTime(text: string, nowMs: number): number {
  const [, sign, count, unit, floor] = /^now(?:([+-])(\d+)([smhdwMy]))?(?:\/([smhdwMy]))?$/.exec(text.trim()) ?? [];
  if (/^now\b/.test(text.trim())) {
    const shift = count === undefined ? 0 : Number(count) * (UNIT_MS[unit ?? ""] ?? Number.NaN) * (sign === "-" ? -1 : 1);
    const isRead = /^now(?:[+-]\d+[smhdwMy])?(?:\/[smhdwMy])?$/.test(text.trim());
    if (!isRead) throw invalid(`${text} is no time`);
    const at = nowMs + shift;
    const part = floor === undefined ? 1 : (UNIT_MS[floor] ?? 1);
    return Math.floor(at / part) * part;
  }
  const ms = /^\d{9,}$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isNaN(ms)) throw invalid(`${text} is no time`);
  return ms;
}

function invalid(message: string): OffingError {
  return new OffingError("USAGE_INVALID", {
    message,
    hint: "Write a time as `now`, `now-6h`, an ISO date such as 2026-01-31T12:00Z, or Unix milliseconds.",
  });
}
