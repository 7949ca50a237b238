import { AsyncLocalStorage } from "node:async_hooks";
import type { Activity, ActivityFields, NodeTelemetry, Recorder } from "../library/start.ts";

/** A span as `tracing` writes it: its fields, and its name beside them. */
type TracingSpan = { readonly name: string } & Readonly<Record<string, Value>>;
type Value = string | number | boolean;
type Fields = Readonly<Record<string, Value | undefined>>;

const LEVELS = { debug: "DEBUG", info: "INFO", warn: "WARN", error: "ERROR" } as const;

/**
 * What a node without the library has: a log. It has the library's shape, so that one node can be run both ways, and writes the lines of
 * Rust's `tracing_subscriber::fmt().json().with_span_events(FmtSpan::CLOSE)`: no ids, a line for each closed span with how long it was busy
 * and idle, and the spans around each line by name and fields.
 *
 * @param write - takes one line, its end included
 */
export function createTracingLog(write: (line: string) => void): NodeTelemetry {
  const around = new AsyncLocalStorage<readonly OpenSpan[]>();
  const spans = (): readonly OpenSpan[] => around.getStore() ?? [];
  const line = (level: string, target: string, fields: Fields, path: readonly OpenSpan[] = spans()): void => {
    const timestamp = new Date(performance.timeOrigin + performance.now()).toISOString();
    const written = path.map(({ span }) => span);
    const enclosing = written.length === 0 ? {} : { span: written.at(-1), spans: written };
    write(`${JSON.stringify({ timestamp, level, fields, target: `node::${target}`, ...enclosing })}\n`);
  };
  const recorder =
    (prefix: string, label: string, well: string): Recorder<string> =>
    async (name, { links: _, parent: __, ...fields }, work) => {
      const open: OpenSpan = { span: { ...defined(fields), [label]: name, name: `${prefix}.${name}` } };
      const path = [...spans(), open];
      const startedMs = performance.now();
      let ending = well;
      try {
        return await around.run(path, () => work(activityOf(open)));
      } catch (error) {
        ending = endingOf(error, label);
        extend(open, exceptionFields(error));
        throw error;
      } finally {
        extend(open, { [label === "protocol" ? "outcome" : "status"]: open.ending ?? ending });
        const busy = `${((performance.now() - startedMs) * 1_000).toFixed(3)}µs`;
        line("INFO", prefix, { message: "close", "time.busy": busy, "time.idle": "0ns" }, path);
      }
    };
  const status = (prefix: string, label: string): Recorder<string> => recorder(prefix, label, "completed");
  const say = (target: string, fields: Fields): void => line("INFO", target, fields);
  return {
    command: status("command", "command"),
    operation: {
      start: (kind, operation_id, fields) => say("operation", { message: "operation.start", kind, operation_id, ...fields }),
      progress: (kind, operation_id, fields) => say("operation", { message: "operation.progress", kind, operation_id, ...fields }),
      end: (kind, operation_id, { error, startedAtMs: _, ...how }) => {
        const thrown = error === undefined ? {} : exceptionFields(error);
        say("operation", { message: "operation.end", kind, operation_id, ...how, ...thrown });
      },
    },
    task: Object.assign(status("task", "task"), {
      nextDelay: (task: string, seconds: number) => say("task", { message: "next run", task, next_delay_seconds: seconds }),
    }),
    syncStage: Object.assign(status("task.stage", "stage"), {
      queueDepth: (stage: string, items: number) => say("sync", { message: "queue", stage, queue_depth: items }),
      processed: (stage: string, result: string, count = 1) => say("sync", { message: "done with", stage, result, kc_processed: count }),
      succeeded: () => say("sync", { message: "synced", event: "sync.succeeded" }),
    }),
    network: Object.assign(recorder("network", "protocol", "success"), {
      peers: (count: number) => say("network", { message: "connected", peers: count }),
    }),
    repository: status("repository", "query"),
    tripleStore: status("triple_store", "type"),
    runtime: status("runtime", "phase"),
    log: (severity, message, fields = {}) => line(LEVELS[severity], "node", { message, ...fields }),
    ticket: () => undefined,
    health: () => ({ queued: { traces: 0, logs: 0 }, dropped: { traces: 0, logs: 0 } }),
    scrapeUrl: undefined,
    shutdown: async () => {},
  };
}

interface OpenSpan {
  span: TracingSpan;
  ending?: string;
}

function activityOf(open: OpenSpan): Activity<string> {
  return {
    set: (fields) => extend(open, fields),
    endsAs: (ending) => {
      open.ending = ending;
    },
    link: () => {},
    ticket: () => undefined,
  };
}

/** `tracing` records fields on a span that is open; every later line shows them. */
function extend(open: OpenSpan, fields: Fields): void {
  const { name, ...before } = open.span;
  open.span = { ...before, ...defined(fields), name };
}

function endingOf(error: unknown, label: string): string {
  const name = error instanceof Error ? error.name : "";
  if (label !== "protocol") return name === "AbortError" ? "cancelled" : "failed";
  const code =
    error instanceof Error && typeof error.cause === "object" && error.cause !== null && "code" in error.cause ? error.cause.code : "";
  if (name === "TimeoutError") return "timeout";
  return code === "ECONNREFUSED" ? "refused" : "failure";
}

function exceptionFields(error: unknown): Fields {
  const isError = error instanceof Error;
  return { "exception.type": isError ? error.name : typeof error, "exception.message": isError ? error.message : String(error) };
}

function defined(fields: Fields | Omit<ActivityFields, "links" | "parent">): Readonly<Record<string, Value>> {
  return Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, Value] => entry[1] !== undefined));
}
