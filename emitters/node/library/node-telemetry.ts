import type { Outcome, Result, Status } from "#contract/generated/node.ts";
import type { LogSignal } from "#core/signal.ts";

/** The place of a span in the W3C form `00-TRACE-SPAN-FLAGS`: goes with queued work, or as the header `traceparent`. */
export type Ticket = string;

/** The fields that any activity may carry. */
export interface ActivityFields {
  /** The activity belongs to this operation; without a span around it, it joins the operation's trace. */
  readonly operation_id?: string | undefined;
  readonly blockchain?: string | undefined;
  readonly peer_id?: string | undefined;
  readonly ual?: string | undefined;
  readonly task?: string | undefined;
  /** Tickets of the spans that queued the work. */
  readonly links?: readonly Ticket[] | undefined;
  /** The ticket of the span that this one continues, such as one from another process. */
  readonly parent?: Ticket | undefined;
}

/** How an activity may end, when nothing is thrown and it did not end well. */
export type EndStatus = Exclude<Status, "in_progress">;

/** An activity while it runs. */
export interface Activity<Ending extends string> {
  /** Adds attributes to the span. */
  readonly set: (attributes: Readonly<Record<string, string | number | boolean>>) => void;
  /** Says how it ends, whatever is returned or thrown. */
  readonly endsAs: (ending: Ending) => void;
  /** Links the span to the one that queued the work. */
  readonly link: (ticket: Ticket) => void;
  /** This span's place; undefined while traces are off. */
  readonly ticket: () => Ticket | undefined;
}

/**
 * Does `work` as one activity called `name`: a span around it, its metrics after it, its result or exception passed on. What is awaited
 * inside is inside the span.
 */
export type Recorder<Ending extends string> = <T>(
  name: string,
  fields: ActivityFields,
  work: (activity: Activity<Ending>) => Promise<T>,
) => Promise<T>;

/** Fields of an operation; they go on each of its spans. */
export type OperationFields = Omit<ActivityFields, "operation_id" | "links" | "parent" | "task">;

/** An operation by its id, over messages and processes: any process may tell of any part of it. */
export interface OperationRecorder {
  /** It begins here and now. */
  readonly start: (kind: string, operationId: string, fields?: OperationFields) => void;
  /** It has come a step further. */
  readonly progress: (kind: string, operationId: string, fields?: OperationFields) => void;
  /** It ends. `startedAtMs` (Unix milliseconds) is needed when another process has started it; without it no duration is recorded. */
  readonly end: (kind: string, operationId: string, how: OperationEnd) => void;
}

/** How an operation ended. */
export interface OperationEnd extends OperationFields {
  readonly status: EndStatus;
  readonly startedAtMs?: number;
  /** What ended it, when it failed. */
  readonly error?: unknown;
}

/** Runs of tasks, and when the next one is due. */
export interface TaskRecorder extends Recorder<EndStatus> {
  readonly nextDelay: (task: string, seconds: number) => void;
}

/** Stages of the sync pipeline. */
export interface SyncStageRecorder extends Recorder<EndStatus> {
  /** How many items wait for a stage. */
  readonly queueDepth: (stage: string, items: number) => void;
  /** A stage is done with knowledge collections. */
  readonly processed: (stage: string, result: Result, count?: number) => void;
  /** A whole sync ended well, now or at `atMs`. */
  readonly succeeded: (atMs?: number) => void;
}

/** Requests over the network, chain RPC included (with `blockchain`). */
export interface NetworkRecorder extends Recorder<Outcome> {
  /** How many peers the node is connected to. */
  readonly peers: (count: number) => void;
}

/** What the library itself has in hand and has lost, by signal. */
export interface TelemetryHealth {
  readonly queued: Readonly<Record<"traces" | "logs", number>>;
  readonly dropped: Readonly<Record<"traces" | "logs", number>>;
}

/** Everything a node tells of itself; each part is a no-op while its signals are off. */
export interface NodeTelemetry {
  readonly command: Recorder<EndStatus>;
  readonly operation: OperationRecorder;
  readonly task: TaskRecorder;
  readonly syncStage: SyncStageRecorder;
  readonly network: NetworkRecorder;
  readonly repository: Recorder<EndStatus>;
  readonly tripleStore: Recorder<EndStatus>;
  readonly runtime: Recorder<EndStatus>;
  /** One line of the node's log, with the trace and span it is written in. */
  readonly log: (severity: LogSignal["severity"], message: string, fields?: Readonly<Record<string, string | number | boolean>>) => void;
  /** The place of the span that runs now, to go with queued work or a message; undefined outside of one. */
  readonly ticket: () => Ticket | undefined;
  readonly health: () => TelemetryHealth;
  /** The address that serves /metrics, once it listens. */
  readonly scrapeUrl: string | undefined;
  /** Delivers what waits, within the configured time; resolves whatever happens. */
  readonly shutdown: () => Promise<void>;
}
