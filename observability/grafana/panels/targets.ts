import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import { DataqueryBuilder as LokiBuilder } from "@grafana/grafana-foundation-sdk/loki";
import { DataqueryBuilder as PrometheusBuilder } from "@grafana/grafana-foundation-sdk/prometheus";
import { SearchTableType, DataqueryBuilder as TempoBuilder } from "@grafana/grafana-foundation-sdk/tempo";
import type { LogQuery } from "./logql.ts";
import type { DataSource } from "./model.ts";
import type { Query } from "./query.ts";
import type { TraceQuery } from "./traceql.ts";

/** The data sources of provisioning/datasources that panels ask, by their fixed uids. */
export const DATA_SOURCES: Readonly<Record<"prometheus" | "loki" | "tempo", DataSource>> = {
  prometheus: { type: "prometheus", uid: "prometheus" },
  loki: { type: "loki", uid: "loki" },
  tempo: { type: "tempo", uid: "tempo" },
};

const MAX_LINES = 500;
const MAX_TRACES = 50;

/** The data source that a query asks. */
export function sourceOf({ source }: Query): DataSource {
  return "promql" in source ? DATA_SOURCES.prometheus : DATA_SOURCES.loki;
}

/** A query for values; `instant` asks for this moment alone. */
export function valuesTarget(
  { source, legend, exemplars }: Query,
  { refId, mode }: { readonly refId: string; readonly mode: "instant" | "range" },
): Builder<Dataquery> {
  if ("promql" in source) {
    const builder = new PrometheusBuilder().refId(refId).datasource(DATA_SOURCES.prometheus).expr(source.promql);
    builder.legendFormat(legend).exemplar(exemplars);
    return mode === "instant" ? builder.instant() : builder.range();
  }
  const builder = new LokiBuilder().refId(refId).datasource(DATA_SOURCES.loki).expr(source.logql).legendFormat(legend);
  return builder
    .queryType(mode)
    .instant(mode === "instant")
    .range(mode === "range");
}

/** A query for log lines. */
export function linesTarget({ logql }: LogQuery): Builder<Dataquery> {
  return new LokiBuilder().refId("A").datasource(DATA_SOURCES.loki).expr(logql).range(true).maxLines(MAX_LINES);
}

/** A search for traces, one row a trace. */
export function tracesTarget({ traceql }: TraceQuery): Builder<Dataquery> {
  return new TempoBuilder()
    .refId("A")
    .datasource(DATA_SOURCES.tempo)
    .queryType("traceql")
    .query(traceql)
    .limit(MAX_TRACES)
    .tableType(SearchTableType.Traces);
}
