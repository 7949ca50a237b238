import type { ContractJson } from "#contract/emit-json.ts";
import {
  type DataSourceFile,
  type DerivedField,
  dataSourceFile,
  type LokiSource,
  type PrometheusSource,
  type TempoSource,
} from "./grafana-data-sources.ts";
import { promqlFaults } from "./names.ts";

/** What is wrong with the links between the data sources: each signal must lead to the two others, and a line to its record. */
export function wiringProblems(file: unknown, contract: ContractJson): readonly string[] {
  const parsed = dataSourceFile.safeParse(file);
  if (!parsed.success) return parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  const types = ["prometheus", "loki", "tempo", "alertmanager"] as const;
  const { datasources } = parsed.data;
  return [
    ...types.filter((type) => !datasources.some((source) => source.type === type)).map((type) => `there is no data source ${type}`),
    ...datasources.flatMap((source) => sourceProblems(source, contract)),
  ];
}

function sourceProblems(source: DataSourceFile["datasources"][number], contract: ContractJson): string[] {
  if (source.type === "prometheus") return exemplarProblems(source);
  if (source.type === "loki") return lineProblems(source);
  return source.type === "tempo" ? traceProblems(source, contract) : [];
}

function exemplarProblems({ jsonData }: PrometheusSource): string[] {
  const toTempo = jsonData.exemplarTraceIdDestinations.filter(({ datasourceUid }) => datasourceUid === "tempo").map(({ name }) => name);
  return ["trace_id", "traceID"].filter((name) => !toTempo.includes(name)).map((name) => `no exemplar's ${name} leads to Tempo`);
}

function lineProblems({ jsonData: { derivedFields } }: LokiSource): string[] {
  const field = (label: string): DerivedField | undefined =>
    derivedFields.find(({ matcherType, matcherRegex }) => matcherType === "label" && matcherRegex === label);
  const trace = field("trace_id");
  const record = field("offing_fact_id");
  return [
    ...(trace?.datasourceUid === "tempo" && trace.url === "$${__value.raw}" ? [] : ["no line's trace_id leads to its trace"]),
    ...(record?.datasourceUid === undefined && record?.url.endsWith("/facts/$${__value.raw:percentencode}") === true
      ? []
      : ["no line's offing_fact_id leads to GET /facts/ID of its emitter"]),
  ];
}

function traceProblems({ jsonData }: TempoSource, contract: ContractJson): string[] {
  const { tracesToLogsV2: logs, tracesToMetrics: metrics, serviceMap } = jsonData;
  const problems = metrics.queries.flatMap(({ query }) => promqlFaults(query.replace("{$$__tags}", ""), contract));
  if (logs.datasourceUid !== "loki" || !logs.query.includes('| trace_id = "$${__trace.traceId}"'))
    problems.push("no trace leads to its lines");
  if (!logs.tags.some(({ key, value }) => key === "service.name" && value === "service_name")) problems.push("no trace leads to its lines");
  if (metrics.datasourceUid !== "prometheus" || metrics.queries.some(({ query }) => !query.includes("{$$__tags}"))) {
    problems.push("no trace leads to its emitter's metrics");
  }
  if (!metrics.tags.some(({ key, value }) => key === "service.name" && value === "job"))
    problems.push("no trace leads to its emitter's metrics");
  if (serviceMap.datasourceUid !== "prometheus") problems.push("the service graph is not read from Prometheus");
  return problems;
}
