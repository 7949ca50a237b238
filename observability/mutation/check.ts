import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { createProgress } from "../../stack/progress.ts";
import { findTools } from "../../stack/tools.ts";
import { OPERATORS } from "./mutants.ts";
import { type Judged, runMutants } from "./run.ts";

/** A mutant that need not be killed. */
export interface Exclusion {
  readonly alert: string;
  readonly operator: string;
  readonly change: string;
  readonly reason: string;
}

/** Counts, and what is wrong. */
export interface MutationReport {
  /** One line for each alert, and one for all. */
  readonly lines: readonly string[];
  readonly findings: readonly string[];
}

const RULES = join(import.meta.dirname, "..", "prometheus", "rules");
const EXCLUDED = join(import.meta.dirname, "excluded.yaml");
const exclusions: z.ZodType<readonly Exclusion[]> = z.array(
  z.strictObject({ alert: z.string(), operator: z.string(), change: z.string(), reason: z.string().min(10) }),
);

/** Puts the judged mutants together: killed and made by operator for each alert, survivors without a reason, and idle reasons. */
export function reportOf(judged: readonly Judged[], excluded: readonly Exclusion[]): MutationReport {
  const nameOf = ({ alert, operator, change }: Pick<Exclusion, "alert" | "operator" | "change">): string =>
    `${alert}, ${operator}: ${change}`;
  const excused = new Set(excluded.map(nameOf));
  const survivors = judged.filter(({ killed }) => !killed).map(({ mutant }) => nameOf(mutant));
  const made = new Set(judged.map(({ mutant }) => nameOf(mutant)));
  const alerts = [...new Set(judged.map(({ mutant }) => mutant.alert))];
  const tallies = (of: readonly Judged[]): string =>
    OPERATORS.flatMap((operator) => {
      const own = of.filter(({ mutant }) => mutant.operator === operator);
      return own.length === 0 ? [] : [`${operator} ${own.filter(({ killed }) => killed).length}/${own.length}`];
    }).join(", ");
  const killed = judged.length - survivors.length;
  return {
    lines: [
      ...alerts.map((alert) => `${alert}: ${tallies(judged.filter(({ mutant }) => mutant.alert === alert))}`),
      `${killed} of ${judged.length} mutants killed, ${survivors.filter((name) => excused.has(name)).length} excused`,
    ],
    findings: [
      ...survivors.filter((name) => !excused.has(name)).map((name) => `no test notices ${name}`),
      ...[...excused]
        .filter((name) => !survivors.includes(name))
        .map((name) => `${made.has(name) ? "killed" : "not made"}, yet excused: ${name}`),
    ],
  };
}

if (import.meta.main) {
  const excluded = exclusions.parse(parse(readFileSync(EXCLUDED, "utf8")));
  const { promtool } = await findTools(["promtool"], { progress: createProgress() });
  // Names of rule files, for whoever works on one of them.
  const only = process.argv.slice(2);
  const judged = await runMutants({ promtool: promtool.path, folder: RULES, ...(only.length > 0 && { only }) });
  const of = new Set(judged.map(({ mutant }) => mutant.alert));
  const { lines, findings } = reportOf(judged, only.length === 0 ? excluded : excluded.filter(({ alert }) => of.has(alert)));
  for (const line of lines) process.stdout.write(`${line}\n`);
  for (const finding of findings) process.stderr.write(`${finding}\n`);
  process.exitCode = findings.length === 0 ? 0 : 1;
}
