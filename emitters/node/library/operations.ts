import type { Span } from "@opentelemetry/api";
import {
  nodeOperation,
  nodeOperationDuration,
  operationEndSpan,
  operationProgressSpan,
  operationSpan,
  operationStartSpan,
} from "#contract/generated/node.ts";
import { endSpan, noteException, type Parts, STATUS_SET } from "./activity.ts";
import { boundValues } from "./admission.ts";
import type { OperationEnd, OperationFields, OperationRecorder } from "./node-telemetry.ts";

/** Operations that may have begun here and not ended; the oldest is forgotten beyond it. */
export const OPEN_LIMIT = 10_000;

/** What operations need besides the parts of every recorder. */
export interface OperationOptions extends Parts {
  readonly onForgotten: () => void;
}

/**
 * Operations by their id: each point of their life is a span under the whole operation, whose trace id and span id follow from the
 * operation's id, so that processes need not tell each other. The process that ends an operation writes the whole span and counts it.
 */
export function createOperationRecorder(options: OperationOptions): OperationRecorder {
  const { tracing, metrics, names, onUndeclared, onForgotten } = options;
  const counter = metrics?.counter(nodeOperation);
  const histogram = metrics?.histogram(nodeOperationDuration);
  const declared = names.kind ?? [];
  const kinds = boundValues({ label: "kind", declared, make: (kind) => kind, onUndeclared });
  for (const kind of declared) for (const status of STATUS_SET.values) counter?.add(0, { kind, status });
  const openSince = new Map<string, number>();
  const point = (name: string, operation: Operation): Span | undefined => {
    if (tracing === undefined) return undefined;
    const { kind, operationId, fields } = operation;
    return tracing.tracer.startSpan(
      name,
      { attributes: { ...fields, kind, operation_id: operationId } },
      tracing.operationContext(operationId),
    );
  };
  const inProgress = (name: string, operation: Operation): void => {
    point(name, operation)?.setAttribute("status", "in_progress").end();
  };
  return {
    start: (kind, operationId, fields = {}) => {
      openSince.set(operationId, Date.now());
      const [oldest] = openSince.keys();
      if (openSince.size > OPEN_LIMIT && oldest !== undefined) {
        openSince.delete(oldest);
        onForgotten();
      }
      inProgress(operationStartSpan.name, { kind: kinds.of(kind), operationId, fields });
    },
    progress: (kind, operationId, fields = {}) => inProgress(operationProgressSpan.name, { kind: kinds.of(kind), operationId, fields }),
    end: (kind, operationId, { status, startedAtMs, error, ...fields }) => {
      const nowMs = Date.now();
      const startMs = startedAtMs ?? openSince.get(operationId);
      openSince.delete(operationId);
      const operation = { kind: kinds.of(kind), operationId, fields };
      const labels = { kind: operation.kind, status: STATUS_SET.values.includes(status) ? status : ("unknown" as const) };
      counter?.add(1, labels);
      if (startMs !== undefined) histogram?.record(Math.max(0, nowMs - startMs) / 1_000, labels);
      const whole = wholeSpan(options, { operation, startMs: Math.min(startMs ?? nowMs, nowMs) });
      for (const span of [point(operationEndSpan.name, operation), whole]) {
        if (span === undefined) continue;
        if (error !== undefined) noteException(span, error);
        endSpan(span, STATUS_SET, labels.status, span === whole ? nowMs : undefined);
      }
    },
  };
}

interface Operation {
  readonly kind: string;
  readonly operationId: string;
  readonly fields: OperationFields | Omit<OperationEnd, "status">;
}

function wholeSpan(
  { tracing }: Parts,
  { operation, startMs }: { readonly operation: Operation; readonly startMs: number },
): Span | undefined {
  const { kind, operationId, fields } = operation;
  const attributes = { ...fields, kind, operation_id: operationId };
  return tracing?.startOperation(operationSpan.nameOf({ kind } as never), operationId, { startTime: startMs, attributes });
}
