import type { Attributes, Gauge, Histogram, Meter, ObservableGauge } from "@opentelemetry/api";
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
import { seriesName } from "#core/series.ts";
import type { Labels, MetricDefinition } from "#core/signal.ts";
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

/** A counter of the contract. What is below 0 is not counted. */
export interface Counter {
  readonly add: (value: number, labels: Labels) => void;
  /** The sum of one series, to be kept by whoever counts often. */
  readonly of: (labels: Labels) => Sum;
}

/** The sum of one series, which is born with the first addition, be it of 0. */
export interface Sum {
  readonly add: (value: number) => void;
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
  return {
    counter: (metric) => createCounter(meter, metric),
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

const about = ({ unit, brief }: MetricDefinition) => ({ unit, description: brief });

/** Sums are kept here and read when they are exported: a counter of the SDK would sort and digest the labels at each count. */
function createCounter(meter: Meter, metric: MetricDefinition): Counter {
  const sums = new Map<string, { readonly labels: Labels; value: number; isBorn: boolean }>();
  meter.createObservableCounter(metric.name, about(metric)).addCallback((result) => {
    for (const { value, labels, isBorn } of sums.values()) if (isBorn) result.observe(value, labels);
  });
  const of = (labels: Labels): Sum => {
    const key = seriesName(metric.name, metric, labels);
    const sum = sums.get(key) ?? { labels, value: 0, isBorn: false };
    sums.set(key, sum);
    return {
      add: (value) => {
        if (!(value >= 0)) return;
        sum.value += value;
        sum.isBorn = true;
      },
    };
  };
  return { of, add: (value, labels) => of(labels).add(value) };
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
