import { DRILLS, type DrillPlan, UNDRILLED } from "../drill/catalogue.ts";
import { type Finding, findingsIn } from "./finding.ts";
import type { RuleFile } from "./rule-files.ts";

/** The drills, and the alerts that have none. */
export interface DrillBook {
  readonly drills: readonly Pick<DrillPlan, "name" | "alerts">[];
  readonly undrilled: Readonly<Record<string, string>>;
}

const CATALOGUE = "observability/drill/catalogue.ts";

/** Demands a drill or a written reason for each alert, and an alert behind each name in the catalogue. */
export function checkDrills(
  files: readonly RuleFile[],
  { drills, undrilled }: DrillBook = { drills: DRILLS, undrilled: UNDRILLED },
): readonly Finding[] {
  const finding = findingsIn(CATALOGUE);
  const drilled = new Set(drills.flatMap(({ alerts }) => alerts));
  const known = new Set(files.flatMap(({ rules }) => rules.map(({ alert }) => alert)));
  const missing = files.flatMap(({ file, rules }) =>
    rules
      .filter(({ alert }) => !drilled.has(alert) && undrilled[alert] === undefined)
      .map(({ alert }) => findingsIn(file)(alert, `has no drill: add one to ${CATALOGUE}, or say under UNDRILLED why it has none`)),
  );
  return [
    ...missing,
    ...drills.flatMap(({ name, alerts }) =>
      alerts.filter((alert) => !known.has(alert)).map((alert) => finding(name, `raises ${alert}, which no rule has`)),
    ),
    ...Object.keys(undrilled).flatMap((alert) => {
      if (!known.has(alert)) return [finding(alert, "has a reason to have no drill, and no rule has it")];
      return drilled.has(alert) ? [finding(alert, "has a drill, and a reason to have none")] : [];
    }),
  ];
}
