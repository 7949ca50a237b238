import type { Attributes, EventDefinition } from "#core/signal.ts";
import { labelName, type Match, matcher, type SelectorScope } from "./promql.ts";

/** A LogQL expression: log lines, or numbers made of them. `labels` exists for the type checker alone. */
export interface LogQuery<Label extends string = string> {
  readonly logql: string;
  readonly labels?: readonly Label[];
}

/** What Loki knows of every line beside its attributes. */
export type LineLabel = "service_name" | "service_instance_id" | "trace_id" | "span_id";

/** Any log event of the contract. */
type AnyEvent = EventDefinition<never>;
type Events = readonly [AnyEvent, ...AnyEvent[]];
type AttributesOf<Event> = Event extends EventDefinition<infer A extends Attributes> ? A : never;
type Scalar = string | number | boolean;
/** The attributes that all the events have. */
type CommonKey<Event> = Extract<keyof AttributesOf<Event>, string>;
/** Conditions on attributes that all the events have. */
type Conditions<Event> = {
  readonly [Key in Extract<keyof AttributesOf<Event>, string>]?: Match<Extract<AttributesOf<Event>[Key], Scalar>>;
};

/** Writes LogQL for one emitter's lines. */
export interface LineSelector {
  /**
   * The lines of some log events that fulfil every condition. Attributes are structured metadata in Loki; one that a line lacks is
   * empty there, so `{ not: "" }` asks for those that have it.
   */
  readonly lines: <E extends Events>(events: E, match?: Conditions<E[number]>) => LogQuery<CommonKey<E[number]> | LineLabel>;
  /** The `limit` most frequent values of some attributes among such lines, over the dashboard's range. */
  readonly topValues: <E extends Events, By extends CommonKey<E[number]>>(
    events: E,
    options: { readonly limit: number; readonly by: readonly By[]; readonly match?: Conditions<E[number]> },
  ) => LogQuery<By>;
  /** The same from step to step, for a course of time: the most frequent values of each step. */
  readonly topValuesByStep: LineSelector["topValues"];
}

/** Whose lines are asked for. */
export interface LineScope extends SelectorScope {
  /** What a line's `offing_fact_id` becomes, so that Grafana's link opens this emitter's ledger and not that of chain. */
  readonly recordLabel?: "alerts_fact_id";
}

/** Writes LogQL for the emitter whose `service.name` is `job`, narrowed to the ledgers chosen on the dashboard where it has such a variable. */
export function lineSelectorOf({ job, ledgerVariable, recordLabel }: LineScope): LineSelector {
  const scope = ledgerVariable === undefined ? "" : `,service_instance_id=~"$${ledgerVariable}"`;
  const ofJob = typeof job === "string" ? `="${job}"` : `=~"${job.source}"`;
  const stream = `{service_name${ofJob}${scope}}`;
  const lines: LineSelector["lines"] = (events, match) => {
    const names = events.map(({ name }) => name);
    const [only = ""] = names;
    const conditions = Object.entries(match ?? {}).map(([key, wanted]) => matcher(labelName(key), wanted as Match<Scalar>));
    const renamed = recordLabel === undefined ? [] : [`label_format ${recordLabel}=offing_fact_id`];
    return { logql: [stream, matcher("event_name", names.length === 1 ? only : names), ...conditions, ...renamed].join(" | ") };
  };
  const topIn =
    (window: "$__range" | "$__interval"): LineSelector["topValues"] =>
    (events, { limit, by, match }) => {
      const { logql } = match === undefined ? lines(events) : lines(events, match);
      return { logql: `topk(${limit}, sum by (${by.map(labelName).join(", ")}) (count_over_time(${logql} [${window}])))` };
    };
  return { lines, topValues: topIn("$__range"), topValuesByStep: topIn("$__interval") };
}
