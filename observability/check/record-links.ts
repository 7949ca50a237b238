import type { ContractJson } from "#contract/emit-json.ts";
import { type DashboardFile, panelsOf } from "./dashboards.ts";
import { namesOf } from "./expression.ts";
import { type Finding, findingsIn } from "./finding.ts";
import type { DerivedField } from "./grafana-data-sources.ts";

const FACT_ID = "offing_fact_id";

/**
 * Holds each panel of lines to the link that opens a line's record: it must lead to the emitter whose lines they are, `$OFFING_CHAIN_URL`
 * for those of offing-chain, because no other has the fact in its ledger.
 */
export function checkRecordLinks(
  files: readonly DashboardFile[],
  { fields, contract }: { readonly fields: readonly DerivedField[]; readonly contract: ContractJson },
): readonly Finding[] {
  const withFact = contract.events.filter(({ attributes }) => attributes.some(({ key }) => key === "offing.fact.id"));
  const named = new Set(withFact.map(({ name }) => name));
  const problemOf = (expr: string): string | undefined => {
    const { selectors, filters } = namesOf(expr);
    const events = filters.find(({ label }) => label === "event_name")?.values ?? [];
    if (!events.some((event) => named.has(event))) return undefined;
    const emitters = selectors.flatMap(({ matchers }) => matchers.flatMap(({ label, values }) => (label === "service_name" ? values : [])));
    const wanted = emitters.map((emitter) => `$${emitter.replaceAll("-", "_").toUpperCase()}_URL`);
    const shown = expr.match(/\| label_format (\w+)=offing_fact_id\b/)?.[1] ?? FACT_ID;
    const url = fields.find(({ matcherType, matcherRegex }) => matcherType === "label" && matcherRegex === shown)?.url.split("/")[0];
    if (wanted.length === 1 && wanted[0] === url) return undefined;
    return `its lines' ${shown} leads to ${url ?? "nothing"}, and their records stand at ${wanted.join(", ")}`;
  };
  return files.flatMap(({ file, dashboard }) =>
    panelsOf(dashboard)
      .filter(({ type }) => type === "logs")
      .flatMap(({ title, targets = [] }) =>
        targets.flatMap(({ expr = "" }) => problemOf(expr) ?? []).map((one) => findingsIn(file)(title, one)),
      ),
  );
}
