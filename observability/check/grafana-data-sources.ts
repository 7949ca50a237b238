import { z } from "zod";

/**
 * What Grafana's documentation says a data source file may hold, strict: a field it does not know is a fault, because Grafana ignores it
 * without a word.
 *
 * @see https://grafana.com/docs/grafana/latest/administration/provisioning/#data-sources
 * @see https://grafana.com/docs/grafana/latest/datasources/tempo/configure-tempo-data-source/provision/
 * @see https://grafana.com/docs/grafana/latest/datasources/prometheus/configure/
 * @see https://grafana.com/docs/grafana/latest/datasources/loki/configure-loki-data-source/
 * @see https://grafana.com/docs/grafana/latest/datasources/alertmanager/
 */
const shift = z.string().regex(/^-?\d+(ms|s|m|h|d)$/, "is no shift such as -1h");
const tags = z.array(z.strictObject({ key: z.string(), value: z.string().optional() }));
const uid = z.enum(["prometheus", "loki", "tempo", "alertmanager"]);
const url = z.string().regex(/^\$OFFING_[A-Z]+_URL$/, "is not read from the environment, such as $OFFING_LOKI_URL");

const common = {
  name: z.string(),
  access: z.literal("proxy"),
  url,
  isDefault: z.boolean().optional(),
  editable: z.literal(false),
};

const prometheus = z.strictObject({
  ...common,
  uid: z.literal("prometheus"),
  type: z.literal("prometheus"),
  jsonData: z.strictObject({
    httpMethod: z.enum(["GET", "POST"]),
    prometheusType: z.enum(["Prometheus", "Cortex", "Mimir", "Thanos"]),
    prometheusVersion: z.string().optional(),
    cacheLevel: z.enum(["Low", "Medium", "High", "None"]).optional(),
    timeInterval: z.string().regex(/^\d+s$/),
    queryTimeout: z.string().optional(),
    manageAlerts: z.boolean(),
    allowAsRecordingRulesTarget: z.boolean().optional(),
    disableMetricsLookup: z.boolean().optional(),
    disableRecordingRules: z.boolean().optional(),
    incrementalQuerying: z.boolean().optional(),
    incrementalQueryOverlapWindow: z.string().optional(),
    customQueryParameters: z.string().optional(),
    defaultEditor: z.enum(["builder", "code"]).optional(),
    exemplarTraceIdDestinations: z.array(
      z.strictObject({
        name: z.string(),
        datasourceUid: uid.optional(),
        url: z.string().optional(),
        urlDisplayLabel: z.string().optional(),
      }),
    ),
  }),
});

const loki = z.strictObject({
  ...common,
  uid: z.literal("loki"),
  type: z.literal("loki"),
  jsonData: z.strictObject({
    maxLines: z.int().positive(),
    timeout: z.int().optional(),
    manageAlerts: z.boolean(),
    alertmanagerUid: uid.optional(),
    derivedFields: z.array(
      z.strictObject({
        name: z.string(),
        matcherType: z.enum(["label", "regex"]).optional(),
        matcherRegex: z.string(),
        url: z.string(),
        urlDisplayLabel: z.string().optional(),
        datasourceUid: uid.optional(),
        targetBlank: z.boolean().optional(),
      }),
    ),
  }),
});

const tempo = z.strictObject({
  ...common,
  uid: z.literal("tempo"),
  type: z.literal("tempo"),
  jsonData: z.strictObject({
    tracesToLogsV2: z.strictObject({
      datasourceUid: uid,
      spanStartTimeShift: shift,
      spanEndTimeShift: shift,
      tags,
      filterByTraceID: z.boolean().optional(),
      filterBySpanID: z.boolean().optional(),
      customQuery: z.boolean(),
      query: z.string(),
    }),
    tracesToMetrics: z.strictObject({
      datasourceUid: uid,
      spanStartTimeShift: shift,
      spanEndTimeShift: shift,
      tags,
      queries: z.array(z.strictObject({ name: z.string(), query: z.string() })),
    }),
    serviceMap: z.strictObject({ datasourceUid: uid }),
    nodeGraph: z.strictObject({ enabled: z.boolean() }),
    search: z.strictObject({ hide: z.boolean() }),
    traceQuery: z.strictObject({
      timeShiftEnabled: z.boolean(),
      spanStartTimeShift: shift.optional(),
      spanEndTimeShift: shift.optional(),
    }),
    spanBar: z.strictObject({ type: z.enum(["None", "Duration", "Tag"]), tag: z.string().optional() }),
    streamingEnabled: z.strictObject({ search: z.boolean(), metrics: z.boolean() }),
  }),
});

const alertmanager = z.strictObject({
  ...common,
  uid: z.literal("alertmanager"),
  type: z.literal("alertmanager"),
  jsonData: z.strictObject({ implementation: z.enum(["mimir", "cortex", "prometheus"]), handleGrafanaManagedAlerts: z.boolean() }),
});

/** A file of `provisioning/datasources`. */
export const dataSourceFile: z.ZodType<DataSourceFile> = z.strictObject({
  apiVersion: z.literal(1),
  prune: z.literal(true),
  datasources: z.array(z.discriminatedUnion("type", [prometheus, loki, tempo, alertmanager])),
});

/** What the links between data sources are read from. */
export interface DataSourceFile {
  readonly datasources: readonly (PrometheusSource | LokiSource | TempoSource | AlertmanagerSource)[];
}

/** Metrics, and where an exemplar leads. */
export interface PrometheusSource {
  readonly type: "prometheus";
  readonly jsonData: {
    readonly exemplarTraceIdDestinations: readonly { readonly name: string; readonly datasourceUid?: string | undefined }[];
  };
}

/** Log lines, and where their fields lead. */
export interface LokiSource {
  readonly type: "loki";
  readonly jsonData: { readonly derivedFields: readonly DerivedField[] };
}

/** A field of a line that becomes a link. */
export interface DerivedField {
  readonly matcherType?: string | undefined;
  readonly matcherRegex: string;
  readonly url: string;
  readonly datasourceUid?: string | undefined;
}

/** Traces, and where a span leads. */
export interface TempoSource {
  readonly type: "tempo";
  readonly jsonData: {
    readonly tracesToLogsV2: TraceLink & { readonly query: string };
    readonly tracesToMetrics: TraceLink & { readonly queries: readonly { readonly query: string }[] };
    readonly serviceMap: { readonly datasourceUid: string };
  };
}

/** How a span's attributes become labels of another data source. */
export interface TraceLink {
  readonly datasourceUid: string;
  readonly tags: readonly { readonly key: string; readonly value?: string | undefined }[];
}

/** Alertmanager; nothing links from it. */
export interface AlertmanagerSource {
  readonly type: "alertmanager";
}

/** A file of `provisioning/dashboards`. @see https://grafana.com/docs/grafana/latest/administration/provisioning/#dashboards */
export const providerFile: z.ZodType = z.strictObject({
  apiVersion: z.literal(1),
  providers: z.array(
    z.strictObject({
      name: z.string(),
      orgId: z.literal(1),
      type: z.literal("file"),
      // Folders come from the file structure, and then these two must be empty.
      folder: z.undefined().optional(),
      folderUid: z.undefined().optional(),
      allowUiUpdates: z.literal(false),
      disableDeletion: z.boolean(),
      updateIntervalSeconds: z.int().min(10),
      options: z.strictObject({ path: z.string(), foldersFromFilesStructure: z.literal(true) }),
    }),
  ),
});
