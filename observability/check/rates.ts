import { secondsOf } from "./rule-files.ts";
import { tokenize } from "./tokens.ts";

const RATES = new Set(["rate", "irate", "increase"]);
/** A rate over fewer samples misses some when one is late. */
const SAMPLES = 4;

/** What is wrong with the ranges of rates: shorter than four exports, or Grafana's `$__interval`, which can be shorter than one. */
export function rateProblems(expr: string, intervalSeconds: number): readonly string[] {
  const { tokens } = tokenize(expr);
  return tokens.flatMap(({ kind, text }, at) => {
    if (kind !== "name" || !RATES.has(text) || tokens[at + 1]?.text !== "(") return [];
    const open = tokens.findIndex((token, index) => index > at && token.kind === "mark" && token.text === "[");
    const range = tokens[open + 1];
    if (open < 0 || range === undefined) return [`${text} has no range`];
    if (range.kind === "variable") {
      return range.text === "$__interval" ? [`${text} over $__interval can be shorter than an export: use $__rate_interval`] : [];
    }
    const seconds = secondsOf(range.text);
    return seconds < SAMPLES * intervalSeconds ? [`${text} over ${range.text} is shorter than ${SAMPLES} exports`] : [];
  });
}
