import type { RecordTables } from "#core/ledger/ledger.ts";
import type { AlertTransitionFact } from "./facts.ts";

const columns = (integer: string, text: string): string => `seq ${integer} PRIMARY KEY, fact_id ${text} NOT NULL UNIQUE,
  at_ms ${integer} NOT NULL, alertname ${text} NOT NULL, status ${text} NOT NULL CHECK (status IN ('firing', 'resolved')),
  severity ${text} NOT NULL, domain ${text} NOT NULL, fingerprint ${text} NOT NULL, started_at_ms ${integer} NOT NULL,
  evidence ${text} NOT NULL, job ${text}, instance ${text}, summary ${text}, description ${text}, runbook_url ${text},
  dashboard_url ${text}, labels ${text} NOT NULL, annotations ${text} NOT NULL`;
const INDEX = "CREATE INDEX alert_transitions_at ON alert_transitions (at_ms)";

/** The one table of transitions, for every domain; labels and annotations are JSON, what a domain adds to its rules stands there. */
export const RECORDS: RecordTables<AlertTransitionFact> = {
  migrations: [
    {
      version: 1,
      sqlite: [`CREATE TABLE alert_transitions (${columns("INTEGER", "TEXT")})`, INDEX],
      postgres: [`CREATE TABLE alert_transitions (${columns("bigint", 'text COLLATE "C"')})`, INDEX],
    },
  ],
  appendOnly: ["alert_transitions"],
  rows: (fact) => [
    {
      table: "alert_transitions",
      values: {
        at_ms: fact.timeMs,
        alertname: fact.name,
        status: fact.status,
        severity: fact.severity,
        domain: fact.domain,
        fingerprint: fact.fingerprint,
        started_at_ms: fact.startedAtMs,
        evidence: fact.evidence,
        job: fact.labels["job"] ?? null,
        instance: fact.labels["instance"] ?? null,
        summary: fact.annotations["summary"] ?? null,
        description: fact.annotations["description"] ?? null,
        runbook_url: fact.annotations["runbook_url"] ?? null,
        dashboard_url: fact.annotations["dashboard_url"] ?? null,
        labels: JSON.stringify(fact.labels),
        annotations: JSON.stringify(fact.annotations),
      },
    },
  ],
  reference: [],
};
