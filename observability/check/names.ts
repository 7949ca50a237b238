import type { ContractJson, JsonMetric } from "#contract/emit-json.ts";
import { type Matcher, namesOf, type Selector } from "./expression.ts";

const TARGET_LABELS = ["job", "instance", "service_name", "deployment_environment_name", "offing_network"];
const STREAM_LABELS = ["service_name", "service_instance_id", "deployment_environment_name"];
const RECORD_LABELS = ["event_name", "trace_id", "span_id", "severity_text", "detected_level"];

/** Prometheus's own series of alerts, with the labels that our rules set. */
const ALERTS = "ALERTS";
const ALERTS_LABELS = ["alertname", "alertstate", "severity", "domain"];

/** What is wrong with the names in a PromQL expression: metrics, labels and label values that the contract does not know. */
export function promqlFaults(expression: string, contract: ContractJson): readonly string[] {
  const { selectors, grouping, filters, fault } = namesOf(expression);
  const known = new Set(TARGET_LABELS);
  const faults = fault === undefined ? [] : [fault];
  for (const selector of selectors) {
    if (selector.metric === ALERTS) {
      for (const label of ALERTS_LABELS) known.add(label);
      const strange = selector.matchers.filter(({ label }) => !known.has(label));
      faults.push(...strange.map(({ label }) => `${ALERTS} has no label ${label}`));
      continue;
    }
    const metric = metricOf(contract, selector.metric ?? "");
    if (metric === undefined) {
      faults.push(`no metric of the contract is called ${selector.metric ?? "(a selector without a name)"}`);
      continue;
    }
    for (const label of labelsOf(metric, selector.metric ?? "")) known.add(label);
    faults.push(...selectorFaults(selector, metric));
  }
  if (selectors.length === 0) faults.push("asks for no metric");
  if (filters.length > 0) faults.push("PromQL has no pipe");
  return [...faults, ...grouping.filter((label) => !known.has(label)).map((label) => `none of its metrics has the label ${label}`)];
}

/** What is wrong with the names in a LogQL expression: stream labels, events and attributes that the contract does not know. */
export function logqlFaults(expression: string, contract: ContractJson): readonly string[] {
  const { selectors, grouping, filters, fault } = namesOf(expression);
  const faults = fault === undefined ? [] : [fault];
  const streams = selectors.flatMap(({ metric, matchers }) => (metric === undefined ? matchers : []));
  if (streams.length === 0) faults.push("names no stream");
  for (const { label } of streams) if (!STREAM_LABELS.includes(label)) faults.push(`${label} is no stream label`);
  const wanted = filters.find(({ label }) => label === "event_name")?.values ?? [];
  if (wanted.length === 0) faults.push("does not say which events it means");
  const events = wanted.flatMap((name) => {
    const event = contract.events.find((one) => one.name === name);
    if (event === undefined) faults.push(`no event of the contract is called ${name}`);
    return event === undefined ? [] : [event];
  });
  const common = events.map(({ attributes }) => new Set(attributes.map(({ key }) => labelOf(key))));
  const isKnown = (label: string): boolean => RECORD_LABELS.includes(label) || common.every((labels) => labels.has(label));
  for (const label of [...filters.map((filter) => filter.label), ...grouping]) {
    if (!isKnown(label)) faults.push(`not every event it names has the attribute ${label}`);
  }
  return [...faults, ...filters.flatMap((filter) => attributeFaults(filter, contract))];
}

/** The names of metrics of the contract that an expression uses, by their contract name. */
export function metricsUsed(expression: string, contract: ContractJson): readonly string[] {
  return namesOf(expression).selectors.flatMap(({ metric }) => metricOf(contract, metric ?? "")?.name ?? []);
}

/** The metric a Prometheus series belongs to: its own name, a histogram's parts, or a counter's siblings. */
export function metricOf(contract: ContractJson, series: string): JsonMetric | undefined {
  return contract.metrics.find(({ prometheus, instrument, siblings }) => {
    if (siblings?.some((one) => one.prometheus === series) === true) return true;
    // A histogram has no series of its own name.
    return prometheus.series.includes(series) && !(instrument === "histogram" && series === prometheus.name);
  });
}

function selectorFaults({ metric: series = "", matchers }: Selector, metric: JsonMetric): string[] {
  const allowed = new Set([...TARGET_LABELS, ...labelsOf(metric, series)]);
  return matchers.flatMap(({ label, values }) => {
    if (!allowed.has(label)) return [`${series} has no label ${label}`];
    const closed = metric.labels.find(({ prometheus }) => prometheus === label)?.values;
    return values.filter((value) => value !== "" && closed?.includes(value) === false).map((value) => `${label} is never ${value}`);
  });
}

function labelsOf(metric: JsonMetric, series: string): readonly string[] {
  return [...metric.labels.map(({ prometheus }) => prometheus), ...(series.endsWith("_bucket") ? ["le"] : [])];
}

function attributeFaults({ label, values }: Matcher, contract: ContractJson): string[] {
  const members = contract.attributes.find(({ key }) => labelOf(key) === label)?.members?.map(({ value }) => value);
  return values.filter((value) => value !== "" && members?.includes(value) === false).map((value) => `${label} is never ${value}`);
}

function labelOf(key: string): string {
  return key.replace(/[^A-Za-z0-9_]/g, "_");
}
