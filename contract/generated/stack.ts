// Generated from contract/stack.yaml. DO NOT EDIT: run `./offing contract generate`.

import { type Counter, type EventDefinition, type MetricDefinition, type SpanDefinition, counter, event, span } from "#core/signal.ts";

/** Labels of `canaries`. */
export type CanariesLabels = Readonly<Record<string, never>>;
/** Canaries sent by one `offing doctor`, since its start. A counter in {canary}, `offing_stack_canaries_total` in Prometheus. */
export const canaries: Counter<CanariesLabels> = counter<CanariesLabels>({
  name: "offing.stack.canaries",
  instrument: "counter",
  unit: "{canary}",
  brief: "Canaries sent by one `offing doctor`, since its start.",
  resource: "process",
  prometheus: "offing_stack_canaries_total",
  labels: [],
  closed: {},
});

/** Attributes of `canarySpan`. */
export type CanarySpanAttributes = {
  readonly "offing.stack.canary.id": string;
};
/** The canary of one run of `offing doctor`. The span `stack.canary`. */
export const canarySpan: SpanDefinition<CanarySpanAttributes> = span<CanarySpanAttributes>("stack.canary", "internal");

/** Attributes of `canaryEvent`. */
export type CanaryEventAttributes = {
  readonly "offing.stack.canary.id": string;
};
/** The canary of one run of `offing doctor`. The log event `offing.stack.canary`. */
export const canaryEvent: EventDefinition<CanaryEventAttributes> = event<CanaryEventAttributes>("offing.stack.canary", "info");

/** The counters and histograms of contract/stack.yaml whose totals stand in the ledger. */
export const STACK_LEDGER_METRICS: readonly MetricDefinition[] = [];
