import type { Scalar } from "./record.ts";

/** A moment as a log wrote it. */
export interface Moment {
  /** Unix milliseconds with their fraction, as near as a number comes. */
  readonly ms: number;
  /** The same in full: whole Unix seconds, and the nanoseconds of the second. */
  readonly seconds: number;
  readonly nanos: number;
}

/** A moment as Unix nanoseconds, decimal. */
export function nanosOf({ seconds, nanos }: Moment): string {
  return `${seconds}${String(nanos).padStart(9, "0")}`;
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
  const seconds = Math.trunc(ms / 1_000);
  const whole = Math.trunc(ms);
  return { ms, seconds, nanos: (whole - seconds * 1_000) * 1e6 + Math.min(Math.round((ms - whole) * 1e6), 999_999) };
}

function fromNumber(value: number): Moment | undefined {
  if (!Number.isFinite(value)) return undefined;
  const ms = value >= 1e17 ? value / 1e6 : value >= 1e14 ? value / 1e3 : value >= 1e11 ? value : value * 1e3;
  return ms < FIRST_MS || ms > LAST_MS ? undefined : momentAt(ms);
}

function fromDigits(digits: string): Moment | undefined {
  if (digits.length !== 19) return fromNumber(Number(digits));
  const ms = Number(digits) / 1e6;
  return ms < FIRST_MS || ms > LAST_MS ? undefined : { ms, seconds: Number(digits.slice(0, -9)), nanos: Number(digits.slice(-9)) };
}

/** The lines of one second share the work on its text; none begins like the first value. */
let lastText = "\n";
let lastSeconds = 0;

function fromText(text: string): Moment | undefined {
  // 2026-11-27T06:52:00.123456Z, by far the most frequent form.
  if (text.charCodeAt(19) === DOT && text.charCodeAt(text.length - 1) === UPPER_Z && text.startsWith(lastText)) {
    const nanos = nanosFrom(text, 20, text.length - 1);
    if (nanos !== undefined) return join(lastSeconds, nanos);
  }
  const parts = RFC_3339.exec(text);
  if (parts === null) return undefined;
  const [, date, time, fraction = "", zone = "Z"] = parts;
  const ms = Date.parse(`${date}T${time}${zone.toUpperCase()}`);
  if (!(ms >= FIRST_MS && ms <= LAST_MS)) return undefined;
  if (zone === "Z") {
    lastText = text.slice(0, 19);
    lastSeconds = ms / 1_000;
  }
  return join(ms / 1_000, Number(fraction.padEnd(9, "0")));
}

function join(seconds: number, nanos: number): Moment {
  return { ms: seconds * 1_000 + nanos / 1e6, seconds, nanos };
}

/** The nanoseconds that the digits of a fraction say; undefined unless it is one to nine digits. */
function nanosFrom(text: string, start: number, end: number): number | undefined {
  if (end === start || end - start > 9) return undefined;
  let nanos = 0;
  for (let at = start; at < start + 9; at += 1) {
    const digit = at < end ? text.charCodeAt(at) - ZERO : 0;
    if (digit < 0 || digit > 9) return undefined;
    nanos = nanos * 10 + digit;
  }
  return nanos;
}

const DOT = 46;
const ZERO = 48;
const SPACE = 32;
const UPPER_Z = 90;

const UNITS: ReadonlyMap<string, number> = new Map(
  Object.entries({ ns: 1e-9, us: 1e-6, µs: 1e-6, μs: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3_600 }),
);

/** Seconds from a number in `unit`, or from a text such as `1.5ms`; undefined when it is neither or below 0. */
export function secondsOf(value: Scalar | undefined, unit: string): number | undefined {
  if (typeof value === "number") return scaled(value, unit);
  if (typeof value !== "string") return undefined;
  const end = numberEnd(value);
  const word = value.slice(value.charCodeAt(end) === SPACE ? end + 1 : end);
  return end === 0 ? undefined : scaled(Number(value.slice(0, end)), word === "" ? unit : word);
}

function scaled(number: number, unit: string): number | undefined {
  const seconds = number * (UNITS.get(unit) ?? Number.NaN);
  return seconds >= 0 && Number.isFinite(seconds) ? seconds : undefined;
}

/** Where the number that a text begins with ends, digits and one dot between digits; 0 when it begins with none. */
function numberEnd(text: string): number {
  const whole = digitsEnd(text, 0);
  if (whole === 0 || text.charCodeAt(whole) !== DOT) return whole;
  const fraction = digitsEnd(text, whole + 1);
  return fraction === whole + 1 ? whole : fraction;
}

function digitsEnd(text: string, start: number): number {
  let at = start;
  for (let code = text.charCodeAt(at); code >= ZERO && code < ZERO + 10; code = text.charCodeAt(at)) at += 1;
  return at;
}
