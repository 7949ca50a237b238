import { context, trace } from "@opentelemetry/api";
import { type LogEventAttributes, logEvent } from "#contract/generated/node.ts";
import type { Signal } from "#contract/generated/shared.ts";
import type { Clock } from "#core/clock.ts";
import { errorFields, type Log } from "#core/log.ts";
import { createOtlpClient, type OtlpClient } from "#core/otlp.ts";
import { encodeLog, encodeSpan } from "#core/otlp-proto.ts";
import type { LogSignal } from "#core/signal.ts";
import { ticketOf } from "./activity.ts";
import { createHealth, type Depths, type Health } from "./health.ts";
import { type Metrics, startMetrics } from "./metrics.ts";
import type { NodeTelemetry } from "./node-telemetry.ts";
import { type Outbox, startOutbox } from "./outbox.ts";
import { createRecorders } from "./recorders.ts";
import type { NodeSettings, SignalSettings } from "./settings.ts";
import { spanSignal, startTracing, type Tracing } from "./tracing.ts";

const BATCH = 512;
const DELAY_MS = 1_000;

/** Starts every signal that is on. It is loaded only then, so that a node without telemetry does not load the SDK. */
export async function startRunning(settings: NodeSettings, log: Log): Promise<NodeTelemetry> {
  const { traces, logs, metrics: metricsSettings, resource } = settings;
  const signals = (["traces", "metrics", "logs"] as const).filter((signal) => settings[signal] !== undefined);
  const health = createHealth({ log, signals });
  const spans = traces === undefined ? undefined : outbox(settings, { signal: "traces", to: traces, encode: encodeSpanOf, health });
  const lines = logs === undefined ? undefined : outbox(settings, { signal: "logs", to: logs, encode: encodeLine, health });
  const depths: Depths = { ...(spans && { traces: spans.depth }), ...(lines && { logs: lines.depth }) };
  const tracing =
    traces === undefined || spans === undefined ? undefined : startTracing({ sampler: traces.sampler, resource, onEnd: spans.push });
  const metrics =
    metricsSettings === undefined
      ? undefined
      : startMetrics({
          settings: metricsSettings,
          resource,
          timeoutMs: settings.timeoutMs,
          onExport: (error) => health.onExport("metrics", error?.message),
        });
  if (metrics !== undefined) health.report(metrics, depths);
  const scrapeUrl = await listen(metrics, log);
  const recorders = createRecorders({
    tracing,
    metrics,
    names: settings.names,
    onUndeclared: health.onUndeclared,
    onForgotten: () => health.onDropped("traces", "open_limit", 1),
  });
  return {
    ...recorders,
    log: lines === undefined ? () => {} : (severity, message, fields = {}) => lines.push(lineOf(severity, message, fields)),
    ticket: () => activeTicket(tracing),
    health: () => health.snapshot(depths),
    scrapeUrl,
    shutdown: shutdown({ settings, log, health, tracing, metrics, outboxes: [spans, lines].filter((one) => one !== undefined) }),
  };
}

/** A clock whose sleep does not keep the node alive. */
const quietClock: Clock = {
  nowMs: () => Date.now(),
  sleep: (durationMs, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const wake = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      const timer = setTimeout(wake, durationMs).unref();
      signal?.addEventListener("abort", wake);
    }),
};

interface OutboxParts<T> {
  readonly signal: "traces" | "logs";
  readonly to: SignalSettings;
  readonly encode: (item: T) => ReturnType<typeof encodeSpan>;
  readonly health: Health;
}

function outbox<T>(settings: NodeSettings, { signal, to, encode, health }: OutboxParts<T>): Outbox<T> {
  return startOutbox({
    signal,
    client: clientOf(settings, { signal, url: to.url, health }),
    resource: settings.resource,
    encode,
    bound: to.maxQueue,
    batch: Math.min(BATCH, to.maxQueue),
    delayMs: DELAY_MS,
    clock: quietClock,
    onDropped: (reason, count) => health.onDropped(signal, reason, count),
  });
}

function clientOf(
  { headers, timeoutMs }: NodeSettings,
  { signal, url, health }: { readonly signal: Signal; readonly url: string; readonly health: Health },
): OtlpClient {
  return createOtlpClient({
    url,
    headers,
    timeoutMs,
    clock: quietClock,
    onDelivery: ({ delivery, error }) => health.onExport(signal, delivery === "retried" ? (error?.message ?? "no answer") : undefined),
  });
}

const encodeSpanOf = (span: Parameters<typeof spanSignal>[0]): ReturnType<typeof encodeSpan> => encodeSpan(spanSignal(span));

interface Line {
  readonly log: LogSignal;
  readonly atMs: number;
  readonly seq: number;
}

let written = 0;

function lineOf(severity: LogSignal["severity"], message: string, fields: LogEventAttributes): Line {
  const place = trace.getSpanContext(context.active());
  const ids = place === undefined ? {} : { traceId: place.traceId, spanId: place.spanId };
  written += 1;
  return { log: logEvent.log({ body: message, severity, ...ids }, fields), atMs: Date.now(), seq: written };
}

function encodeLine({ log, atMs, seq }: Line): ReturnType<typeof encodeLog> {
  return encodeLog(log, { writtenAtMs: atMs, seq });
}

function activeTicket(tracing: Tracing | undefined): string | undefined {
  const place = tracing === undefined ? undefined : trace.getSpanContext(context.active());
  return place === undefined ? undefined : ticketOf(place);
}

/** A taken port costs the endpoint, never the node. */
async function listen(metrics: Metrics | undefined, log: Log): Promise<string | undefined> {
  try {
    return await metrics?.scrape?.listen();
  } catch (error) {
    log.warn("telemetry: /metrics is not served", errorFields(error));
    return undefined;
  }
}

interface Ending {
  readonly settings: NodeSettings;
  readonly log: Log;
  readonly health: Health;
  readonly tracing: Tracing | undefined;
  readonly metrics: Metrics | undefined;
  readonly outboxes: readonly Pick<Outbox<unknown>, "close">[];
}

function shutdown({ settings, log, health, tracing, metrics, outboxes }: Ending): () => Promise<void> {
  const stop = async (): Promise<void> => {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), settings.shutdownMs);
    const outOfTime = new Promise<void>((resolve) => abort.signal.addEventListener("abort", () => resolve(), { once: true }));
    tracing?.stop();
    const lost = await Promise.all(outboxes.map((one) => one.close(abort.signal)));
    // Last, so that the counts of what was dropped go out; the SDK has no deadline of its own.
    await Promise.race([metrics?.stop().catch(() => {}), outOfTime]);
    clearTimeout(timer);
    health.stop();
    const left = lost.reduce((sum, count) => sum + count, 0);
    if (left > 0) log.warn("telemetry: stopped before everything was delivered", { items: left });
  };
  let stopped: Promise<void> | undefined;
  return () => {
    stopped ??= stop();
    return stopped;
  };
}
