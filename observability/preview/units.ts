/** How numbers of one unit are written, by Grafana's name of the unit. */
export interface Unit {
  /** A value for a reader; `decimals` fixes the digits behind the point, otherwise three digits count. */
  readonly format: (value: number, decimals?: number) => string;
  /** On which steps an axis of this unit is divided. */
  readonly scale: "decimal" | "binary" | "time";
  /** One of `scale`'s steps in this unit: milliseconds count 0.001 of a second. */
  readonly stepUnit: number;
}

interface Step {
  readonly from: number;
  readonly divisor: number;
  readonly suffix: string;
}

const SECOND = 1;
const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;
const TIME: readonly Step[] = [
  { from: 0, divisor: 1e-9, suffix: " ns" },
  { from: 1e-6, divisor: 1e-6, suffix: " µs" },
  { from: 1e-3, divisor: 1e-3, suffix: " ms" },
  { from: SECOND, divisor: SECOND, suffix: " s" },
  { from: MINUTE, divisor: MINUTE, suffix: " mins" },
  { from: HOUR, divisor: HOUR, suffix: " hours" },
  { from: DAY, divisor: DAY, suffix: " days" },
  { from: 7 * DAY, divisor: 7 * DAY, suffix: " weeks" },
  { from: 365.25 * DAY, divisor: 365.25 * DAY, suffix: " years" },
];
const THOUSANDS = ["", " K", " Mil", " Bil", " Tri", " Quadr"];

/** Grafana's units that panels use, and how each is written. */
const UNITS: Readonly<Record<string, Unit>> = {
  none: plain(""),
  short: powers(THOUSANDS, 1000),
  locale: decimalUnit((value, decimals) => value.toLocaleString("en", { maximumFractionDigits: decimals ?? 2 })),
  percent: plain("%"),
  percentunit: decimalUnit((value, decimals) => `${digits(value * 100, decimals)}%`, 0.01),
  bytes: powers([" B", " KiB", " MiB", " GiB", " TiB", " PiB"], 1024),
  decbytes: powers([" B", " kB", " MB", " GB", " TB", " PB"], 1000),
  binBps: powers([" B/s", " KiB/s", " MiB/s", " GiB/s"], 1024),
  Bps: powers([" B/s", " kB/s", " MB/s", " GB/s"], 1000),
  ns: time(1e-9),
  µs: time(1e-6),
  ms: time(1e-3),
  s: time(1),
  m: time(MINUTE),
  h: time(HOUR),
  d: time(DAY),
  cps: powers([" c/s", "K c/s", "M c/s"], 1000),
  ops: powers([" ops/s", "K ops/s", "M ops/s"], 1000),
  reqps: powers([" req/s", "K req/s", "M req/s"], 1000),
  rps: powers([" rd/s", "K rd/s", "M rd/s"], 1000),
  wps: powers([" wr/s", "K wr/s", "M wr/s"], 1000),
  iops: powers([" io/s", "K io/s", "M io/s"], 1000),
  cpm: powers([" c/m", "K c/m", "M c/m"], 1000),
  currencyUSD: powers(["", "K", "M", "B"], 1000, "$"),
  currencyBTC: powers(["", "K", "M", "B"], 1000, "₿"),
  dateTimeAsIso: dateTime((date) => isoMinutes(date)),
  dateTimeAsIsoNoDateIfToday: dateTime((date) => isoMinutes(date)),
  bool_yes_no: decimalUnit((value) => (value === 0 ? "No" : "Yes")),
  bool_on_off: decimalUnit((value) => (value === 0 ? "Off" : "On")),
  bool: decimalUnit((value) => (value === 0 ? "False" : "True")),
  string: plain(""),
};

/** The unit by Grafana's name; undefined for one this preview cannot write. */
export function unitOf(name: string, nowMs: number): Unit | undefined {
  if (name === "dateTimeFromNow") return dateTime((date) => fromNow(date, nowMs));
  const [, kind, text = ""] = /^(suffix|prefix):(.*)$/.exec(name) ?? [];
  if (kind === "suffix") return plain(` ${text.trim()}`);
  if (kind === "prefix") return decimalUnit((value, decimals) => `${text}${digits(value, decimals)}`);
  return Object.hasOwn(UNITS, name) ? UNITS[name] : undefined;
}

/** A number with the digits Grafana would show: fixed ones, or three that count. */
export function digits(value: number, decimals?: number): string {
  if (!Number.isFinite(value)) return value > 0 ? "∞" : value < 0 ? "-∞" : "NaN";
  if (decimals !== undefined) return value.toFixed(decimals);
  const size = Math.abs(value);
  const behind = size === 0 ? 0 : Math.min(10, Math.max(0, 2 - Math.floor(Math.log10(size))));
  return String(Number(value.toFixed(behind)));
}

function decimalUnit(format: Unit["format"], stepUnit = 1): Unit {
  return { format, scale: "decimal", stepUnit };
}

function plain(suffix: string): Unit {
  return decimalUnit((value, decimals) => `${digits(value, decimals)}${suffix}`);
}

function powers(suffixes: readonly string[], base: 1000 | 1024, prefix = ""): Unit {
  const format = (value: number, decimals?: number): string => {
    const size = Math.abs(value);
    const power = size < base ? 0 : Math.min(suffixes.length - 1, Math.floor(Math.log(size) / Math.log(base)));
    return `${value < 0 ? "-" : ""}${prefix}${digits(size / base ** power, decimals)}${suffixes[power] ?? ""}`;
  };
  return { format, scale: base === 1024 ? "binary" : "decimal", stepUnit: 1 };
}

function time(seconds: number): Unit {
  const format = (value: number, decimals?: number): string => {
    const size = Math.abs(value) * seconds;
    if (size === 0) return `0${seconds === 1 ? " s" : (TIME.find(({ divisor }) => divisor === seconds)?.suffix ?? "")}`;
    const step = TIME.findLast(({ from }) => size >= from);
    const count = digits(size / (step?.divisor ?? 1), decimals);
    const suffix = step?.suffix ?? "";
    return `${value < 0 ? "-" : ""}${count}${count === "1" && suffix.length > 3 ? suffix.replace(/s$/, "") : suffix}`;
  };
  return { format, scale: "time", stepUnit: seconds };
}

/** Grafana reads a date as milliseconds. */
function dateTime(write: (date: Date) => string): Unit {
  return decimalUnit((value) => (Number.isFinite(value) ? write(new Date(value)) : "no date"));
}

function isoMinutes(date: Date): string {
  return Number.isNaN(date.getTime()) ? "no date" : date.toISOString().slice(0, 19).replace("T", " ");
}

function fromNow(date: Date, nowMs: number): string {
  const seconds = (nowMs - date.getTime()) / 1000;
  const words = time(1).format(Math.abs(seconds), 0);
  return seconds >= 0 ? `${words} ago` : `in ${words}`;
}
