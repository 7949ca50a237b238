import {
  commandSpan,
  networkSpan,
  nodeCommand,
  nodeCommandDuration,
  nodeNetworkRequestDuration,
  nodeNetworkRequests,
  nodeOperation,
  nodeOperationDuration,
  nodeRepositoryQueryDuration,
  nodeSyncKcProcessed,
  nodeSyncStageDuration,
  nodeTaskDuration,
  nodeTaskRuns,
  nodeTripleStoreQueryDuration,
  OUTCOMES,
  operationEndSpan,
  operationProgressSpan,
  operationSpan,
  operationStartSpan,
  RESULTS,
  repositorySpan,
  runtimeSpan,
  STATUSES,
  syncStageSpan,
  taskSpan,
  telemetryDropped,
  tripleStoreSpan,
  undeclared,
} from "#contract/generated/node.ts";
import type { Increment, MetricDefinition, SpanDefinition, SpanSignal } from "#core/signal.ts";
import type { StreamSeries, StreamSink } from "#core/stream.ts";
import { type Activity, type ActivityKind, NAME_LABELS } from "./facts.ts";
import type { DeclaredNames } from "./names.ts";

/** The points in the life of an operation that have a span of their own. */
export type OperationPoint = "start" | "progress" | "end";

/** How one kind looks in the contract. */
interface KindSignals {
  readonly span: SpanDefinition<never>;
  readonly counter?: MetricDefinition;
  readonly histogram?: MetricDefinition;
}

interface KindSeries {
  readonly counter: StreamSeries | undefined;
  readonly histogram: StreamSeries | undefined;
}

const KINDS: Readonly<Record<ActivityKind, KindSignals>> = {
  command: { span: commandSpan, counter: nodeCommand, histogram: nodeCommandDuration },
  operation: { span: operationSpan, counter: nodeOperation, histogram: nodeOperationDuration },
  task: { span: taskSpan, counter: nodeTaskRuns, histogram: nodeTaskDuration },
  sync_stage: { span: syncStageSpan, histogram: nodeSyncStageDuration },
  network: { span: networkSpan, counter: nodeNetworkRequests, histogram: nodeNetworkRequestDuration },
  repository: { span: repositorySpan, histogram: nodeRepositoryQueryDuration },
  triple_store: { span: tripleStoreSpan, histogram: nodeTripleStoreQueryDuration },
  runtime: { span: runtimeSpan },
};

const POINTS: Readonly<Record<OperationPoint, SpanDefinition<never>>> = {
  start: operationStartSpan,
  progress: operationProgressSpan,
  end: operationEndSpan,
};

/** Statuses and outcomes under which an activity failed. */
const BAD = new Set(["failed", "failure", "timeout", "refused"]);

/** Every counter and histogram that lines can become. */
export const METRICS: readonly MetricDefinition[] = [
  ...Object.values(KINDS).flatMap(({ counter, histogram }) => [counter, histogram].filter((metric) => metric !== undefined)),
  nodeSyncKcProcessed,
  undeclared,
  telemetryDropped,
];

/** The label that says how a kind's activities ended. */
export function endingLabel(kind: ActivityKind): "status" | "outcome" {
  return kind === "network" ? "outcome" : "status";
}

/** The series of the declared names at 0, so that the first count of each is a visible step. */
export function zerosOf(declared: DeclaredNames): Increment[] {
  const processed = (declared.stage ?? []).flatMap((stage) => RESULTS.map((result) => nodeSyncKcProcessed.add({ stage, result }, 0)));
  const activities = (Object.keys(KINDS) as ActivityKind[]).flatMap((kind) => {
    const { counter } = KINDS[kind];
    if (counter === undefined) return [];
    const endings = endingLabel(kind) === "outcome" ? OUTCOMES : STATUSES.filter((status) => status !== "in_progress");
    const names = declared[NAME_LABELS[kind]] ?? [];
    return names.flatMap((name) =>
      endings.map((ending): Increment => {
        return { type: "increment", metric: counter, labels: { [NAME_LABELS[kind]]: name, [endingLabel(kind)]: ending }, value: 0 };
      }),
    );
  });
  return [...activities, ...processed];
}

/** What finished activities become; it keeps the series it has met at hand. */
export class Signals {
  /** By kind, name and status: joined as one text they would cost more than all the rest. */
  readonly #series = new Map<ActivityKind, Map<string, Map<string, KindSeries>>>();

  readonly #traces: boolean;

  /** @param traces - spans are wanted */
  constructor(traces: boolean) {
    this.#traces = traces;
  }

  /** Counts one activity and gives its span. */
  finished(activity: Activity, out: StreamSink, atMs: number): void {
    const { kind, name, status, seconds, traceId, spanId } = activity;
    const series = this.#series.get(kind)?.get(name)?.get(status) ?? this.#meet(activity, out, atMs);
    series.counter?.add(1);
    if (!this.#traces) {
      if (seconds !== undefined) series.histogram?.add(seconds);
      return;
    }
    if (seconds !== undefined) series.histogram?.add(seconds, { traceId, spanId, atMs: activity.endMs, factId: `${traceId}/${spanId}` });
    out.span(spanOf(activity));
  }

  #meet({ kind, name, status }: Activity, out: StreamSink, atMs: number): KindSeries {
    const labels = { [NAME_LABELS[kind]]: name, [endingLabel(kind)]: status };
    const { counter, histogram } = KINDS[kind];
    const series: KindSeries = {
      counter: counter === undefined ? undefined : out.series(counter, labels, atMs),
      histogram: histogram === undefined ? undefined : out.series(histogram, labels, atMs),
    };
    const names = this.#series.get(kind) ?? new Map<string, Map<string, KindSeries>>();
    this.#series.set(kind, names);
    names.set(name, (names.get(name) ?? new Map<string, KindSeries>()).set(status, series));
    return series;
  }

  /** A point in the life of an operation, under the whole of it. */
  point(which: OperationPoint, activity: Activity, out: StreamSink): void {
    const { name, status, endMs, fields, traceId, spanId, parentSpanId } = activity;
    const place = { traceId, spanId, startMs: endMs, endMs, ...(parentSpanId === undefined ? {} : { parentSpanId }) };
    const error = BAD.has(status) ? { error: status } : {};
    // The contract's own types hold where the values were bounded; here they are text.
    out.span(POINTS[which].span({ ...place, ...error }, { kind: name, status, ...fields } as never));
  }
}

function spanOf({ kind, name, status, startMs, endMs, traceId, spanId, parentSpanId, fields }: Activity): SpanSignal {
  const { span } = KINDS[kind];
  const attributes = { ...fields, [NAME_LABELS[kind]]: name, [endingLabel(kind)]: status };
  const place = { traceId, spanId, startMs, endMs, attributes };
  // Written out: it is made for every activity, and the definition's own way copies it twice.
  const signal: SpanSignal = { type: "span", name: span.nameOf(attributes as never), kind: span.kind, ...place };
  if (parentSpanId === undefined && !BAD.has(status)) return signal;
  return { ...signal, ...(parentSpanId !== undefined && { parentSpanId }), ...(BAD.has(status) && { error: status }) };
}
