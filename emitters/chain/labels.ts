import type { Increment, MetricDefinition, Recording, Signal } from "#core/signal.ts";
import type { ChainConfig, ContractConfig } from "./config.ts";
import type { ActionType, ContractName, ReasonCode } from "./names.ts";

/** The naming contract's metrics with the label values that a configuration adds to their closed sets. */
export interface Labels {
  readonly metrics: readonly MetricDefinition[];
  readonly signal: (signal: Signal) => Signal;
  readonly zero: (zero: Increment) => Increment;
}

/**
 * Widens `reason_code` and `action_type` by what a configuration lists: they stay closed, and a new code needs one entry.
 *
 * Another set is another digest of the projection, so totals are folded again from the facts.
 */
export function widened(metrics: readonly MetricDefinition[], config: Pick<ChainConfig, "reasons" | "contracts">): Labels {
  const more: Readonly<Record<string, readonly string[]>> = {
    reason_code: config.reasons.map(({ code }) => code),
    action_type: config.contracts.flatMap(({ actions }) => Object.keys(actions)),
  };
  const wide = new Map(metrics.map((metric) => [metric.name, widen(metric, more)]));
  const counted = <T extends Increment | Recording>(one: T): T => ({ ...one, metric: wide.get(one.metric.name) ?? one.metric });
  return {
    metrics: [...wide.values()],
    signal: (signal) => (signal.type === "increment" || signal.type === "recording" ? counted(signal) : signal),
    zero: counted,
  };
}

function widen(metric: MetricDefinition, more: Readonly<Record<string, readonly string[]>>): MetricDefinition {
  const closed = Object.entries(metric.closed).map(
    ([label, values]) => [label, [...new Set([...values, ...(more[label] ?? [])])]] as const,
  );
  return { ...metric, closed: Object.fromEntries(closed) };
}

/** The reason codes that a contract gives itself. */
export function reasonsAt(contract: ContractName, reasons: ChainConfig["reasons"]): readonly ReasonCode[] {
  return reasons.filter(({ contracts }) => contracts.length === 0 || contracts.includes(contract)).map(({ code }) => code);
}

/** Every action of a configuration with its contract. */
export function placesOf(contracts: readonly Pick<ContractConfig, "name" | "actions">[]): readonly (readonly [ContractName, ActionType])[] {
  return contracts.flatMap(({ name, actions }) => Object.keys(actions).map((action) => [name, action] as const));
}
