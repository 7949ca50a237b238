import * as units from "@grafana/grafana-foundation-sdk/units";

const KNOWN: ReadonlySet<unknown> = new Set(Object.values(units));

/** Whether Grafana has a unit of this id. An unknown one is shown as a suffix, without a word of warning. */
export function isKnownUnit(unit: string): boolean {
  return KNOWN.has(unit);
}
