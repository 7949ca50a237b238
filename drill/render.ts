import { textTable } from "../demo/text-table.ts";
import { DRILLS, type DrillPlan } from "../observability/drill/catalogue.ts";
import type { AlertOutcome } from "./run-drill.ts";

/** The table of `drill list`. */
export function renderList(drills: readonly DrillPlan[] = DRILLS): string {
  const rows = drills.flatMap(({ name, alerts, does, aboutSeconds }) =>
    alerts.map((alert, index) => (index === 0 ? [name, alert, `${aboutSeconds} s`, does] : ["", alert, "", ""])),
  );
  return `${textTable(["drill", "raises", "about", "what it does"], rows)}\n`;
}

/** The table at the end of `drill run`. */
export function renderOutcomes(outcomes: readonly AlertOutcome[]): string {
  const seconds = (value: number | undefined): string => (value === undefined ? "-" : `${value.toFixed(1)} s`);
  const rows = outcomes.map(({ drill, alert, firedAfterSeconds, clearedAfterSeconds, ok, problem }) => [
    drill,
    alert,
    seconds(firedAfterSeconds),
    seconds(clearedAfterSeconds),
    ok ? "ok" : `FAILED: ${problem ?? ""}`,
  ]);
  const failed = outcomes.filter(({ ok }) => !ok).length;
  const verdict = failed === 0 ? "every one fired and cleared" : `${failed} did not`;
  return `${textTable(["drill", "alert", "fired after", "cleared after", ""], rows)}\n${outcomes.length} alerts: ${verdict}.\n`;
}
