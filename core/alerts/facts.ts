import type { AlertEvidence, AlertSeverity, AlertState } from "#contract/generated/shared.ts";
import type { Fact } from "#core/fact.ts";

/** An alert began to fire or stopped. `timeMs` is when, as Alertmanager tells it, or when it was found at the latest. */
export interface AlertTransitionFact extends Fact {
  readonly kind: "alert_transition";
  /** Alertmanager's id of an alert with its labels. */
  readonly fingerprint: string;
  /** The name of the rule. */
  readonly name: string;
  readonly status: AlertState;
  readonly severity: AlertSeverity;
  /** The word of the rule's file; empty when the rule gave none. */
  readonly domain: string;
  /** Since when it has fired, Unix milliseconds. */
  readonly startedAtMs: number;
  readonly evidence: AlertEvidence;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}
