import { OUTCOMES, RESULTS, STATUSES } from "#contract/generated/node.ts";
import type { Words } from "./mapping.ts";
import type { Scalar } from "./record.ts";

/** A log may say any word, also `constructor`, which an object would know. */
function mapOf<V>(table: Readonly<Record<string, V>>): ReadonlyMap<string, V> {
  return new Map(Object.entries(table));
}

/** Other words for the contract's statuses and outcomes. */
const SAME = mapOf({
  ok: "completed",
  success: "completed",
  succeeded: "completed",
  done: "completed",
  finished: "completed",
  complete: "completed",
  unset: "completed",
  error: "failed",
  err: "failed",
  failure: "failed",
  fail: "failed",
  canceled: "cancelled",
  aborted: "cancelled",
  started: "in_progress",
  pending: "in_progress",
});

const AS_OUTCOME = mapOf({
  completed: "success",
  failed: "failure",
  cancelled: "failure",
  timed_out: "timeout",
  rejected: "refused",
});

/** How an activity ended in the contract's words; `unknown` for what is none. HTTP status codes are understood. */
export function endingOf(value: Scalar, closedSet: "status" | "outcome", own: Words): string {
  // What already is the contract's word, as most are.
  if (own.size === 0 && typeof value === "string" && SETS[closedSet].includes(value)) return value;
  const text = String(value).toLowerCase();
  const word = own.get(text) ?? own.get(String(value)) ?? ofHttp(value) ?? text;
  if (closedSet === "status") return known(STATUSES, word) ?? known(STATUSES, SAME.get(word)) ?? "unknown";
  const plain = SAME.get(word) ?? word;
  return known(OUTCOMES, word) ?? known(OUTCOMES, AS_OUTCOME.get(plain)) ?? "unknown";
}

const SETS: Readonly<Record<"status" | "outcome", readonly string[]>> = { status: STATUSES, outcome: OUTCOMES };

/** What was done with an item, in the contract's words. */
export function resultOf(value: Scalar | undefined, own: Words): string {
  if (value === undefined || value === null) return "processed";
  const text = String(value).toLowerCase();
  return known(RESULTS, own.get(text)) ?? known(RESULTS, text) ?? "unknown";
}

/** OpenTelemetry's severity number of a level; 0 for none. A number is one already. */
export function severityOf(level: Scalar | undefined, own: Words): number {
  if (level === undefined || level === null) return 0;
  const word = own.get(String(level)) ?? level;
  if (typeof word === "number") return word >= 1 && word <= 24 ? Math.trunc(word) : 0;
  return SEVERITIES.get(String(word).toLowerCase()) ?? 0;
}

/** Severity numbers from here on are errors. */
export const ERROR_SEVERITY = 17;

const SEVERITIES = mapOf({
  trace: 1,
  debug: 5,
  info: 9,
  information: 9,
  notice: 10,
  warn: 13,
  warning: 13,
  error: 17,
  err: 17,
  critical: 21,
  crit: 21,
  fatal: 21,
  alert: 22,
  emerg: 24,
  panic: 24,
});

function ofHttp(value: Scalar): string | undefined {
  const code = typeof value === "number" ? value : Number.NaN;
  if (!(code >= 100 && code <= 599)) return undefined;
  if (code === 408 || code === 504) return "timed_out";
  return code >= 400 ? "failed" : "completed";
}

function known(set: readonly string[], word: string | undefined): string | undefined {
  return word !== undefined && set.includes(word) ? word : undefined;
}
