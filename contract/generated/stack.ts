// Generated from contract/stack.yaml. DO NOT EDIT: run `./offing contract generate`.

import { type Counter, type EventDefinition, type Gauge, type MetricDefinition, type SpanDefinition, counter, event, gauge, span } from "#core/signal.ts";

/** What takes room on the disk of the local stack. */
export type Part = "prometheus" | "loki" | "tempo" | "queues" | "ledger";
/** Every value of `part`, in the contract's order. */
export const PARTS: readonly Part[] = ["prometheus", "loki", "tempo", "queues", "ledger"];

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

/** Labels of `diskBudget`. */
export type DiskBudgetLabels = {
  readonly part: Part;
};
/** What a part of the local stack may take on the disk; there only when a budget is set. A gauge in By, `offing_stack_disk_budget_bytes` in Prometheus. */
export const diskBudget: Gauge<DiskBudgetLabels> = gauge<DiskBudgetLabels>({
  name: "offing.stack.disk.budget",
  instrument: "gauge",
  unit: "By",
  brief: "What a part of the local stack may take on the disk; there only when a budget is set.",
  resource: "process",
  prometheus: "offing_stack_disk_budget_bytes",
  labels: ["part"],
  closed: { part: PARTS },
});

/** Labels of `diskBudgetRatio`. */
export type DiskBudgetRatioLabels = {
  readonly part: Part;
};
/** Share of its budget that a part of the local stack takes; there only when a budget is set, and above 1 when it takes more. A gauge in {ratio}, `offing_stack_disk_budget_ratio` in Prometheus. */
export const diskBudgetRatio: Gauge<DiskBudgetRatioLabels> = gauge<DiskBudgetRatioLabels>({
  name: "offing.stack.disk.budget_ratio",
  instrument: "gauge",
  unit: "{ratio}",
  brief: "Share of its budget that a part of the local stack takes; there only when a budget is set, and above 1 when it takes more.",
  resource: "process",
  prometheus: "offing_stack_disk_budget_ratio",
  labels: ["part"],
  closed: { part: PARTS },
});

/** Labels of `diskFilledRatio`. */
export type DiskFilledRatioLabels = Readonly<Record<string, never>>;
/** Share of the disk that holds the data of the local stack which is no longer free for ordinary users, 0 to 1. A gauge in {ratio}, `offing_stack_disk_filled_ratio` in Prometheus. */
export const diskFilledRatio: Gauge<DiskFilledRatioLabels> = gauge<DiskFilledRatioLabels>({
  name: "offing.stack.disk.filled_ratio",
  instrument: "gauge",
  unit: "{ratio}",
  brief: "Share of the disk that holds the data of the local stack which is no longer free for ordinary users, 0 to 1.",
  resource: "process",
  prometheus: "offing_stack_disk_filled_ratio",
  labels: [],
  closed: {},
});

/** Labels of `diskUsed`. */
export type DiskUsedLabels = {
  readonly part: Part;
};
/** What a part of the local stack takes on the disk. A gauge in By, `offing_stack_disk_used_bytes` in Prometheus. */
export const diskUsed: Gauge<DiskUsedLabels> = gauge<DiskUsedLabels>({
  name: "offing.stack.disk.used",
  instrument: "gauge",
  unit: "By",
  brief: "What a part of the local stack takes on the disk.",
  resource: "process",
  prometheus: "offing_stack_disk_used_bytes",
  labels: ["part"],
  closed: { part: PARTS },
});

/** Labels of `linesKept`. */
export type LinesKeptLabels = Readonly<Record<string, never>>;
/** How long Loki keeps lines; there only when a budget is set, and shortened when they outgrow Loki's share of it. A gauge in s, `offing_stack_lines_kept_seconds` in Prometheus. */
export const linesKept: Gauge<LinesKeptLabels> = gauge<LinesKeptLabels>({
  name: "offing.stack.lines.kept",
  instrument: "gauge",
  unit: "s",
  brief: "How long Loki keeps lines; there only when a budget is set, and shortened when they outgrow Loki's share of it.",
  resource: "process",
  prometheus: "offing_stack_lines_kept_seconds",
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
