import type { Attributes, Counter, Gauge, Histogram, ObservableGauge } from "@opentelemetry/api";
import { type ExportResult, ExportResultCode } from "@opentelemetry/core";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-grpc";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  AggregationTemporality,
  MeterProvider,
  type MetricReader,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
  type ResourceMetrics,
} from "@opentelemetry/sdk-metrics";
import type { MetricDefinition } from "#core/signal.ts";
import { createScrape, type Scrape } from "./scrape.ts";
import type { MetricsSettings, NodeSettings } from "./settings.ts";

/** The contract's metrics on the OpenTelemetry SDK. */
export interface Metrics {
  readonly counter: (metric: MetricDefinition) => Counter;
  readonly histogram: (metric: MetricDefinition) => Histogram;
  readonly gauge: (metric: MetricDefinition) => Gauge;
  /** A gauge that is read when it is exported. */
  readonly observe: (
    metric: MetricDefinition,
    read: () => readonly { readonly value: number; readonly labels: Attributes }[],
  ) => ObservableGauge;
  readonly scrape: Scrape | undefined;
  /** Exports what stands and ends. */
  readonly stop: () => Promise<void>;
}

/** More series than the bounds of the labels allow for one metric, so the SDK's own overflow is never met. */
const SERIES_LIMIT = 10_000;

/** Sets up the SDK: pushed by OTLP over gRPC, served on /metrics, or both. */
export function startMetrics(options: {
  readonly settings: MetricsSettings;
  readonly resource: NodeSettings["resource"];
  readonly timeoutMs: number;
  readonly onExport: (error: Error | undefined) => void;
}): Metrics {
  const { push, scrape: served } = options.settings;
  const scrape = served === undefined ? undefined : createScrape(served);
  const readers: MetricReader[] = scrape === undefined ? [] : [scrape.reader];
  if (push !== undefined) {
    const timeoutMillis = Math.min(options.timeoutMs, push.intervalMs);
    const exporter = new RenewedExporter({ url: push.url, timeoutMillis }, options.onExport);
    readers.push(
      new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: push.intervalMs, exportTimeoutMillis: timeoutMillis }),
    );
  }
  const provider = new MeterProvider({
    resource: resourceFromAttributes(options.resource),
    readers,
    views: [{ instrumentName: "*", aggregationCardinalityLimit: SERIES_LIMIT }],
  });
  const meter = provider.getMeter("offing");
  const about = ({ unit, brief }: MetricDefinition) => ({ unit, description: brief });
  return {
    counter: (metric) => meter.createCounter(metric.name, about(metric)),
    histogram: (metric) =>
      meter.createHistogram(metric.name, { ...about(metric), advice: { explicitBucketBoundaries: [...(metric.buckets ?? [])] } }),
    gauge: (metric) => meter.createGauge(metric.name, about(metric)),
    observe: (metric, read) => {
      const gauge = meter.createObservableGauge(metric.name, about(metric));
      gauge.addCallback((result) => {
        for (const { value, labels } of read()) result.observe(value, labels);
      });
      return gauge;
    },
    scrape,
    stop: async () => {
      await scrape?.close();
      await provider.shutdown();
    },
  };
}

/**
 * The gRPC exporter, made anew after a failure: gRPC would wait up to two minutes before it connects again, and it shares that wait
 * between all channels that look alike, so each new one has a user agent of its own.
 */
class RenewedExporter implements PushMetricExporter {
  readonly #options: { readonly url: string; readonly timeoutMillis: number };
  readonly #onExport: (error: Error | undefined) => void;
  #exporter: OTLPMetricExporter;
  #made = 0;

  constructor(options: { readonly url: string; readonly timeoutMillis: number }, onExport: (error: Error | undefined) => void) {
    this.#options = options;
    this.#onExport = onExport;
    this.#exporter = this.#make();
  }

  export(metrics: ResourceMetrics, done: (result: ExportResult) => void): void {
    this.#exporter.export(metrics, ({ code, error }) => {
      const failure = code === ExportResultCode.SUCCESS ? undefined : (error ?? new Error("the export failed"));
      if (failure !== undefined) {
        this.#exporter.shutdown().catch(() => {});
        this.#exporter = this.#make();
      }
      this.#onExport(failure);
      // Cumulative points lose nothing by a failed export, and what there is to say has been said.
      done({ code: ExportResultCode.SUCCESS });
    });
  }

  selectAggregationTemporality(): AggregationTemporality {
    return AggregationTemporality.CUMULATIVE;
  }

  async forceFlush(): Promise<void> {
    await this.#exporter.forceFlush();
  }

  async shutdown(): Promise<void> {
    await this.#exporter.shutdown();
  }

  #make(): OTLPMetricExporter {
    this.#made += 1;
    return new OTLPMetricExporter({ ...this.#options, userAgent: `offing/${this.#made}` });
  }
}
