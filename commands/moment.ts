import { Command } from "commander";
import { duration } from "#core/config/types.ts";

/**
 * The moment that a person names: so long before `nowMs` (`6h`, `7d`), or a day or time of ISO 8601, read as UTC when it names no zone.
 *
 * Ends the process with exit code 2 for anything else; `option` is what it was given to, such as `--since`.
 *
 * @returns Unix milliseconds
 */
export function momentOf(text: string, { option, nowMs }: { readonly option: string; readonly nowMs: number }): number {
  const before = duration().safeParse(text);
  if (before.success) return nowMs - before.data;
  const isDay = /^\d{4}-\d{2}-\d{2}$/u.test(text);
  const hasZone = /(?:Z|[+-]\d{2}:?\d{2})$/u.test(text);
  const ms = /^\d{4}-\d{2}-\d{2}/u.test(text) ? Date.parse(isDay || hasZone ? text : `${text.replace(" ", "T")}Z`) : Number.NaN;
  if (Number.isFinite(ms)) return ms;
  return new Command().error(`error: ${option} needs a duration such as 6h or 7d, or a time such as 2026-01-31 or 2026-01-31T08:00`, {
    exitCode: 2,
  });
}
