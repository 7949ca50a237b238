// Generated from contract/collector.yaml. DO NOT EDIT: run `./offing contract generate`.

import { type Counter, type Gauge, type Histogram, type MetricDefinition, counter, gauge, histogram } from "#core/signal.ts";

/** The signal that a queue holds. */
export type DataType = "traces" | "metrics" | "logs";
/** Every value of `data_type`, in the contract's order. */
export const DATA_TYPES: readonly DataType[] = ["traces", "metrics", "logs"];

/** The kind of a span, as the Collector's span_metrics writes it. */
export type SpanKind = "SPAN_KIND_INTERNAL" | "SPAN_KIND_SERVER" | "SPAN_KIND_CLIENT" | "SPAN_KIND_PRODUCER" | "SPAN_KIND_CONSUMER" | "SPAN_KIND_UNSPECIFIED";
/** Every value of `span.kind`, in the contract's order. */
export const SPAN_KINDS: readonly SpanKind[] = ["SPAN_KIND_INTERNAL", "SPAN_KIND_SERVER", "SPAN_KIND_CLIENT", "SPAN_KIND_PRODUCER", "SPAN_KIND_CONSUMER", "SPAN_KIND_UNSPECIFIED"];

/** The status of a span, as the Collector's span_metrics writes it. */
export type StatusCode = "STATUS_CODE_UNSET" | "STATUS_CODE_OK" | "STATUS_CODE_ERROR";
/** Every value of `status.code`, in the contract's order. */
export const STATUS_CODES: readonly StatusCode[] = ["STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"];

/** How an item came in. */
export type Transport = "http" | "grpc";
/** Every value of `transport`, in the contract's order. */
export const TRANSPORTS: readonly Transport[] = ["http", "grpc"];

/** Labels of `otelcolExporterEnqueueFailedLogRecords`. */
export type OtelcolExporterEnqueueFailedLogRecordsLabels = {
  readonly exporter: string;
};
/** Log records that found no room in a queue, since the start. A counter in {record}, `otelcol_exporter_enqueue_failed_log_records_total` in Prometheus. */
export const otelcolExporterEnqueueFailedLogRecords: Counter<OtelcolExporterEnqueueFailedLogRecordsLabels> = counter<OtelcolExporterEnqueueFailedLogRecordsLabels>({
  name: "otelcol.exporter.enqueue_failed.log_records",
  instrument: "counter",
  unit: "{record}",
  brief: "Log records that found no room in a queue, since the start.",
  resource: "process",
  prometheus: "otelcol_exporter_enqueue_failed_log_records_total",
  labels: ["exporter"],
  closed: {},
});

/** Labels of `otelcolExporterEnqueueFailedMetricPoints`. */
export type OtelcolExporterEnqueueFailedMetricPointsLabels = {
  readonly exporter: string;
};
/** Metric points that found no room in a queue, since the start. A counter in {point}, `otelcol_exporter_enqueue_failed_metric_points_total` in Prometheus. */
export const otelcolExporterEnqueueFailedMetricPoints: Counter<OtelcolExporterEnqueueFailedMetricPointsLabels> = counter<OtelcolExporterEnqueueFailedMetricPointsLabels>({
  name: "otelcol.exporter.enqueue_failed.metric_points",
  instrument: "counter",
  unit: "{point}",
  brief: "Metric points that found no room in a queue, since the start.",
  resource: "process",
  prometheus: "otelcol_exporter_enqueue_failed_metric_points_total",
  labels: ["exporter"],
  closed: {},
});

/** Labels of `otelcolExporterEnqueueFailedSpans`. */
export type OtelcolExporterEnqueueFailedSpansLabels = {
  readonly exporter: string;
};
/** Spans that found no room in a queue, since the start. A counter in {span}, `otelcol_exporter_enqueue_failed_spans_total` in Prometheus. */
export const otelcolExporterEnqueueFailedSpans: Counter<OtelcolExporterEnqueueFailedSpansLabels> = counter<OtelcolExporterEnqueueFailedSpansLabels>({
  name: "otelcol.exporter.enqueue_failed.spans",
  instrument: "counter",
  unit: "{span}",
  brief: "Spans that found no room in a queue, since the start.",
  resource: "process",
  prometheus: "otelcol_exporter_enqueue_failed_spans_total",
  labels: ["exporter"],
  closed: {},
});

/** Labels of `otelcolExporterQueueCapacity`. */
export type OtelcolExporterQueueCapacityLabels = {
  readonly exporter: string;
  readonly data_type: DataType;
};
/** How much may wait on disk for a backend, in bytes. A gauge in {byte}, `otelcol_exporter_queue_capacity` in Prometheus. */
export const otelcolExporterQueueCapacity: Gauge<OtelcolExporterQueueCapacityLabels> = gauge<OtelcolExporterQueueCapacityLabels>({
  name: "otelcol.exporter.queue_capacity",
  instrument: "gauge",
  unit: "{byte}",
  brief: "How much may wait on disk for a backend, in bytes.",
  resource: "process",
  prometheus: "otelcol_exporter_queue_capacity",
  labels: ["exporter","data_type"],
  closed: { data_type: DATA_TYPES },
});

/** Labels of `otelcolExporterQueueSize`. */
export type OtelcolExporterQueueSizeLabels = {
  readonly exporter: string;
  readonly data_type: DataType;
};
/** What waits on disk for a backend, in bytes. A gauge in {byte}, `otelcol_exporter_queue_size` in Prometheus. */
export const otelcolExporterQueueSize: Gauge<OtelcolExporterQueueSizeLabels> = gauge<OtelcolExporterQueueSizeLabels>({
  name: "otelcol.exporter.queue_size",
  instrument: "gauge",
  unit: "{byte}",
  brief: "What waits on disk for a backend, in bytes.",
  resource: "process",
  prometheus: "otelcol_exporter_queue_size",
  labels: ["exporter","data_type"],
  closed: { data_type: DATA_TYPES },
});

/** Labels of `otelcolExporterSendFailedLogRecords`. */
export type OtelcolExporterSendFailedLogRecordsLabels = {
  readonly exporter: string;
};
/** Log records that a backend refused for good, since the start. A counter in {record}, `otelcol_exporter_send_failed_log_records_total` in Prometheus. */
export const otelcolExporterSendFailedLogRecords: Counter<OtelcolExporterSendFailedLogRecordsLabels> = counter<OtelcolExporterSendFailedLogRecordsLabels>({
  name: "otelcol.exporter.send_failed.log_records",
  instrument: "counter",
  unit: "{record}",
  brief: "Log records that a backend refused for good, since the start.",
  resource: "process",
  prometheus: "otelcol_exporter_send_failed_log_records_total",
  labels: ["exporter"],
  closed: {},
});

/** Labels of `otelcolExporterSendFailedMetricPoints`. */
export type OtelcolExporterSendFailedMetricPointsLabels = {
  readonly exporter: string;
};
/** Metric points that a backend refused for good, since the start. A counter in {point}, `otelcol_exporter_send_failed_metric_points_total` in Prometheus. */
export const otelcolExporterSendFailedMetricPoints: Counter<OtelcolExporterSendFailedMetricPointsLabels> = counter<OtelcolExporterSendFailedMetricPointsLabels>({
  name: "otelcol.exporter.send_failed.metric_points",
  instrument: "counter",
  unit: "{point}",
  brief: "Metric points that a backend refused for good, since the start.",
  resource: "process",
  prometheus: "otelcol_exporter_send_failed_metric_points_total",
  labels: ["exporter"],
  closed: {},
});

/** Labels of `otelcolExporterSendFailedSpans`. */
export type OtelcolExporterSendFailedSpansLabels = {
  readonly exporter: string;
};
/** Spans that a backend refused for good, since the start. A counter in {span}, `otelcol_exporter_send_failed_spans_total` in Prometheus. */
export const otelcolExporterSendFailedSpans: Counter<OtelcolExporterSendFailedSpansLabels> = counter<OtelcolExporterSendFailedSpansLabels>({
  name: "otelcol.exporter.send_failed.spans",
  instrument: "counter",
  unit: "{span}",
  brief: "Spans that a backend refused for good, since the start.",
  resource: "process",
  prometheus: "otelcol_exporter_send_failed_spans_total",
  labels: ["exporter"],
  closed: {},
});

/** Labels of `otelcolProcessMemoryRss`. */
export type OtelcolProcessMemoryRssLabels = Readonly<Record<string, never>>;
/** Resident memory of the Collector. A gauge in By, `otelcol_process_memory_rss_bytes` in Prometheus. */
export const otelcolProcessMemoryRss: Gauge<OtelcolProcessMemoryRssLabels> = gauge<OtelcolProcessMemoryRssLabels>({
  name: "otelcol.process.memory_rss",
  instrument: "gauge",
  unit: "By",
  brief: "Resident memory of the Collector.",
  resource: "process",
  prometheus: "otelcol_process_memory_rss_bytes",
  labels: [],
  closed: {},
});

/** Labels of `otelcolReceiverAcceptedLogRecords`. */
export type OtelcolReceiverAcceptedLogRecordsLabels = {
  readonly receiver: string;
  readonly transport: Transport;
};
/** Log records that the Collector took, since its start. A counter in {record}, `otelcol_receiver_accepted_log_records_total` in Prometheus. */
export const otelcolReceiverAcceptedLogRecords: Counter<OtelcolReceiverAcceptedLogRecordsLabels> = counter<OtelcolReceiverAcceptedLogRecordsLabels>({
  name: "otelcol.receiver.accepted.log_records",
  instrument: "counter",
  unit: "{record}",
  brief: "Log records that the Collector took, since its start.",
  resource: "process",
  prometheus: "otelcol_receiver_accepted_log_records_total",
  labels: ["receiver","transport"],
  closed: { transport: TRANSPORTS },
});

/** Labels of `otelcolReceiverAcceptedMetricPoints`. */
export type OtelcolReceiverAcceptedMetricPointsLabels = {
  readonly receiver: string;
  readonly transport: Transport;
};
/** Metric points that the Collector took, since its start. A counter in {point}, `otelcol_receiver_accepted_metric_points_total` in Prometheus. */
export const otelcolReceiverAcceptedMetricPoints: Counter<OtelcolReceiverAcceptedMetricPointsLabels> = counter<OtelcolReceiverAcceptedMetricPointsLabels>({
  name: "otelcol.receiver.accepted.metric_points",
  instrument: "counter",
  unit: "{point}",
  brief: "Metric points that the Collector took, since its start.",
  resource: "process",
  prometheus: "otelcol_receiver_accepted_metric_points_total",
  labels: ["receiver","transport"],
  closed: { transport: TRANSPORTS },
});

/** Labels of `otelcolReceiverAcceptedSpans`. */
export type OtelcolReceiverAcceptedSpansLabels = {
  readonly receiver: string;
  readonly transport: Transport;
};
/** Spans that the Collector took, since its start. A counter in {span}, `otelcol_receiver_accepted_spans_total` in Prometheus. */
export const otelcolReceiverAcceptedSpans: Counter<OtelcolReceiverAcceptedSpansLabels> = counter<OtelcolReceiverAcceptedSpansLabels>({
  name: "otelcol.receiver.accepted.spans",
  instrument: "counter",
  unit: "{span}",
  brief: "Spans that the Collector took, since its start.",
  resource: "process",
  prometheus: "otelcol_receiver_accepted_spans_total",
  labels: ["receiver","transport"],
  closed: { transport: TRANSPORTS },
});

/** Labels of `otelcolReceiverRefusedLogRecords`. */
export type OtelcolReceiverRefusedLogRecordsLabels = {
  readonly receiver: string;
  readonly transport: Transport;
};
/** Log records that the Collector refused, since its start; their sender keeps them. A counter in {record}, `otelcol_receiver_refused_log_records_total` in Prometheus. */
export const otelcolReceiverRefusedLogRecords: Counter<OtelcolReceiverRefusedLogRecordsLabels> = counter<OtelcolReceiverRefusedLogRecordsLabels>({
  name: "otelcol.receiver.refused.log_records",
  instrument: "counter",
  unit: "{record}",
  brief: "Log records that the Collector refused, since its start; their sender keeps them.",
  resource: "process",
  prometheus: "otelcol_receiver_refused_log_records_total",
  labels: ["receiver","transport"],
  closed: { transport: TRANSPORTS },
});

/** Labels of `otelcolReceiverRefusedMetricPoints`. */
export type OtelcolReceiverRefusedMetricPointsLabels = {
  readonly receiver: string;
  readonly transport: Transport;
};
/** Metric points that the Collector refused, since its start; their sender keeps them. A counter in {point}, `otelcol_receiver_refused_metric_points_total` in Prometheus. */
export const otelcolReceiverRefusedMetricPoints: Counter<OtelcolReceiverRefusedMetricPointsLabels> = counter<OtelcolReceiverRefusedMetricPointsLabels>({
  name: "otelcol.receiver.refused.metric_points",
  instrument: "counter",
  unit: "{point}",
  brief: "Metric points that the Collector refused, since its start; their sender keeps them.",
  resource: "process",
  prometheus: "otelcol_receiver_refused_metric_points_total",
  labels: ["receiver","transport"],
  closed: { transport: TRANSPORTS },
});

/** Labels of `otelcolReceiverRefusedSpans`. */
export type OtelcolReceiverRefusedSpansLabels = {
  readonly receiver: string;
  readonly transport: Transport;
};
/** Spans that the Collector refused, since its start; their sender keeps them. A counter in {span}, `otelcol_receiver_refused_spans_total` in Prometheus. */
export const otelcolReceiverRefusedSpans: Counter<OtelcolReceiverRefusedSpansLabels> = counter<OtelcolReceiverRefusedSpansLabels>({
  name: "otelcol.receiver.refused.spans",
  instrument: "counter",
  unit: "{span}",
  brief: "Spans that the Collector refused, since its start; their sender keeps them.",
  resource: "process",
  prometheus: "otelcol_receiver_refused_spans_total",
  labels: ["receiver","transport"],
  closed: { transport: TRANSPORTS },
});

/** Labels of `otelcolSpansDuration`. */
export type OtelcolSpansDurationLabels = {
  readonly "span.name": string;
  readonly "span.kind": SpanKind;
  readonly "status.code": StatusCode;
};
/** How long spans took, counted by the Collector as they arrive; a span that comes twice counts twice. Read for its exemplars only. A histogram in s, `otelcol_spans_duration_seconds` in Prometheus. */
export const otelcolSpansDuration: Histogram<OtelcolSpansDurationLabels> = histogram<OtelcolSpansDurationLabels>({
  name: "otelcol.spans.duration",
  instrument: "histogram",
  unit: "s",
  brief: "How long spans took, counted by the Collector as they arrive; a span that comes twice counts twice. Read for its exemplars only.",
  resource: "process",
  prometheus: "otelcol_spans_duration_seconds",
  labels: ["span.name","span.kind","status.code"],
  closed: { "span.kind": SPAN_KINDS, "status.code": STATUS_CODES },
  buckets: [0.005,0.01,0.025,0.05,0.1,0.25,0.5,1,2.5,5,10,30,60],
});

/** The counters and histograms of contract/collector.yaml whose totals stand in the ledger. */
export const COLLECTOR_LEDGER_METRICS: readonly MetricDefinition[] = [];
