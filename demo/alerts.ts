import { setTimeout as sleep } from "node:timers/promises";
import { OffingError } from "#core/errors.ts";

/** One alerting rule as Prometheus sees it now. */
export interface AlertState {
  readonly name: string;
  readonly state: "inactive" | "pending" | "firing";
  readonly severity: string;
  readonly sev: string;
  readonly runbook: string;
  readonly summary: string;
}

interface RulesAnswer {
  readonly data: {
    readonly groups: readonly {
      readonly rules: readonly {
        readonly type: string;
        readonly name: string;
        readonly state?: AlertState["state"];
        readonly health: string;
        readonly lastError?: string;
        readonly labels?: Readonly<Record<string, string>>;
        readonly annotations?: Readonly<Record<string, string>>;
      }[];
    }[];
  };
}

/**
 * The state of every alerting rule.
 *
 * @throws BACKEND_UNREACHABLE when Prometheus does not answer or a rule cannot be evaluated
 * @see https://prometheus.io/docs/prometheus/latest/querying/api/#rules
 */
export async function alertStates(prometheus: string): Promise<readonly AlertState[]> {
  const response = await fetch(new URL("/api/v1/rules?type=alert", prometheus), { signal: AbortSignal.timeout(10_000) });
  const answer = (await response.json()) as RulesAnswer;
  const rules = answer.data.groups.flatMap((group) => group.rules);
  const broken = rules.find((rule) => rule.health === "err");
  if (broken !== undefined) {
    throw new OffingError("BACKEND_UNREACHABLE", { message: `the rule ${broken.name} cannot be evaluated: ${broken.lastError ?? ""}` });
  }
  return rules.map(({ name, state = "inactive", labels = {}, annotations = {} }) => ({
    name,
    state,
    severity: labels["severity"] ?? "",
    sev: labels["sev"] ?? "",
    runbook: annotations["runbook_url"] ?? "",
    summary: annotations["summary"] ?? "",
  }));
}

/** Waits until every named alert fires, or the time is over; returns the states as they are then. */
export async function untilFiring(
  prometheus: string,
  { names, timeoutMs, signal }: { names: readonly string[]; timeoutMs: number; signal: AbortSignal },
): Promise<readonly AlertState[]> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const states = await alertStates(prometheus);
    const firing = (name: string): boolean => states.some((alert) => alert.name === name && alert.state === "firing");
    if (names.every(firing) || performance.now() > deadlineMs || signal.aborted) return states;
    await sleep(1_000, undefined, { signal }).catch(() => undefined);
  }
}

/** Says whether an alert is in the state that a story ends with. What has no severity, such as the Watchdog, tells of no trouble. */
export function isAsExpected(
  { name, state, severity }: Pick<AlertState, "name" | "state" | "severity">,
  firing: readonly string[],
): boolean {
  return severity === "none" || (state === "firing") === firing.includes(name);
}
