import type { Scalar } from "./record.ts";

/** A moment as a log wrote it. */
export interface Moment {
  /** Unix milliseconds with their fraction. */
  readonly ms: number;
  /** Unix nanoseconds, decimal. */
  readonly nanos: string;
}

const RFC_3339 = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9})\d*)?(Z|z|[+-]\d\d:?\d\d)?$/;
/** Between 1990 and 2262, which is where 64 bits of nanoseconds end. */
const FIRST_MS = 631_152_000_000;
const LAST_MS = 9_223_372_036_000;

/**
 * A moment from RFC 3339 text, without a zone in UTC, or from Unix seconds, milliseconds, microseconds or nanoseconds, told apart by their
 * size; undefined for anything else.
 */
export function momentOf(value: Scalar | undefined): Moment | undefined {
  if (typeof value === "number") return fromNumber(value);
  if (typeof value !== "string" || value === "") return undefined;
  return /^\d{9,19}$/.test(value) ? fromDigits(value) : fromText(value);
}

/** The moment of a whole number of milliseconds. */
export function momentAt(ms: number): Moment {
  const whole = Math.trunc(ms);
  return { ms, nanos: `${whole}${String(Math.round((ms - whole) * 1e6)).padStart(6, "0")}` };
}

function fromNumber(value: number): Moment | undefined {
  if (!Number.isFinite(value)) return undefined;
  const ms = value >= 1e17 ? value / 1e6 : value >= 1e14 ? value / 1e3 : value >= 1e11 ? value : value * 1e3;
  return ms < FIRST_MS || ms > LAST_MS ? undefined : momentAt(ms);
}

function fromDigits(digits: string): Moment | undefined {
  if (digits.length !== 19) return fromNumber(Number(digits));
  const ms = Number(digits) / 1e6;
  return ms < FIRST_MS || ms > LAST_MS ? undefined : { ms, nanos: digits };
}

/** The lines of one second share the work on its text. */
let lastText = "";
let lastMs = 0;

function fromText(text: string): Moment | undefined {
  // 2026-11-27T06:52:00.123456Z, by far the most frequent form.
  if (text.charCodeAt(19) === DOT && text.charCodeAt(text.length - 1) === UPPER_Z && text.startsWith(lastText) && lastText !== "") {
    const fraction = text.slice(20, -1);
    if (/^\d{1,9}$/.test(fraction)) return join(lastMs, fraction);
  }
  const parts = RFC_3339.exec(text);
  if (parts === null) return undefined;
  const [, date, time, fraction = "", zone = "Z"] = parts;
  const ms = Date.parse(`${date}T${time}${zone.toUpperCase()}`);
  if (!(ms >= FIRST_MS && ms <= LAST_MS)) return undefined;
  if (zone === "Z") {
    lastText = text.slice(0, 19);
    lastMs = ms;
  }
  return join(ms, fraction);
}

function join(secondMs: number, fraction: string): Moment {
  const nanos = fraction.padEnd(9, "0");
  return { ms: secondMs + Number(nanos) / 1e6, nanos: `${secondMs / 1000}${nanos}` };
}

const DOT = 46;
const UPPER_Z = 90;

const UNITS: Readonly<Record<string, number>> = { ns: 1e-9, us: 1e-6, µs: 1e-6, μs: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3_600 };

/** Seconds from a number in `unit`, or from a text such as `1.5ms`; undefined when it is neither or below 0. */
export function secondsOf(value: Scalar | undefined, unit: string): number | undefined {
  const [number, word] = typeof value === "number" ? [value, unit] : split(value, unit);
  const seconds = number * (UNITS[word] ?? Number.NaN);
  return seconds >= 0 && Number.isFinite(seconds) ? seconds : undefined;
}

function split(value: Scalar | undefined, unit: string): readonly [number, string] {
  const [, number, word = ""] = /^(\d+(?:\.\d+)?)\s?([a-zµμ]*)$/.exec(typeof value === "string" ? value : "") ?? [];
  return [number === undefined ? Number.NaN : Number(number), word === "" ? unit : word];
}
