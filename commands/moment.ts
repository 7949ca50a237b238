import { Command } from "commander";
import { readMoment } from "#core/moment.ts";

/**
 * The moment that a person names: so long ago (`6h`, `7d`), a day, or a time; UTC where no zone is given.
 *
 * Ends the command with exit code 2 for anything else; `option` is what it was given to, such as `--since`.
 *
 * @returns Unix milliseconds
 */
export function momentOf(text: string, { option, nowMs }: { readonly option: string; readonly nowMs: number }): number {
  const ms = readMoment(text, nowMs);
  if (ms !== null) return ms;
  return new Command().error(
    `error: ${option} needs an age such as 6h or 7d, a day such as 2026-01-31, or a time such as 2026-01-31T08:00`,
    {
      exitCode: 2,
    },
  );
}
