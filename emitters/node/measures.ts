import {
  logOpen,
  logUnread,
  nodeSyncLastSuccessUnix,
  nodeSyncQueueDepth,
  nodeTaskNextDelay,
  peers as peersGauge,
} from "#contract/generated/node.ts";
import type { GaugePoint } from "#core/signal.ts";
import type { ReadonlyState } from "#core/state.ts";
import { first, planOf } from "./compile.ts";
import type { Context, Counts, Entry } from "./context.ts";
import type { Names } from "./names.ts";
import { Pairs } from "./pairs.ts";
import type { Lookup } from "./record.ts";
import { resultOf } from "./words.ts";

/** The last value of each gauge that lines tell: its name, and the label's value where it has one. */
const GAUGES = "gauges";
const UNREAD = "unread";
/** An event that tells of a whole sync that ended well. */
export const SYNC_SUCCEEDED = "sync.succeeded";

/** Takes the values that a line tells beside what it is about; says whether there were any. */
export function takeMeasures(entry: Entry, context: Context, { names, counts }: { names: Names; counts: Counts }): boolean {
  const { mapping, record } = entry;
  if (!planOf(mapping, record).measures) return false;
  const { measures } = mapping;
  const stage = () => names.bounded("stage", String(first(record, measures.stage) ?? "unknown"), context);
  let told = false;
  const gauge = (place: Lookup, key: () => string): void => {
    const value = numberAt(entry, place);
    if (value === undefined) return;
    told = true;
    set(key(), value, context);
  };
  gauge(measures.nextDelay, () => `next_delay\u0000${names.bounded("task", String(first(record, measures.task) ?? "unknown"), context)}`);
  gauge(measures.queueDepth, () => `queue_depth\u0000${stage()}`);
  gauge(measures.peers, () => "peers");
  gauge(measures.lastSuccess, () => "last_success");
  const processed = numberAt(entry, measures.processed);
  if (processed !== undefined && processed >= 0) {
    told = true;
    const result = resultOf(first(record, measures.result), mapping.file.words);
    if (result === "unknown") counts.unknown("result", context);
    counts.processed({ stage: stage(), result }, processed, context);
  }
  if (first(record, measures.event) !== SYNC_SUCCEEDED) return told;
  set("last_success", entry.moment.ms / 1_000, context);
  return true;
}

/** Remembers how much of the log is written and not read. */
export function setUnread(bytes: number, context: Context): void {
  set(UNREAD, bytes, context);
}

/** The gauges as the lines last told them. */
export function gauges(state: ReadonlyState): GaugePoint[] {
  const value = (key: string) => state.get(GAUGES, key) as number | undefined;
  // Its value before the first success is fixed: it is never unknown.
  const points = [nodeSyncLastSuccessUnix.at({}, value("last_success") ?? 0), logOpen.at({}, Pairs.open(state))];
  for (const [key, told] of state.entries(GAUGES)) {
    const [name, label = ""] = key.split("\u0000");
    if (name === "next_delay") points.push(nodeTaskNextDelay.at({ task: label }, Number(told)));
    if (name === "queue_depth") points.push(nodeSyncQueueDepth.at({ stage: label }, Number(told)));
    if (name === "peers") points.push(peersGauge.at({}, Number(told)));
    if (name === UNREAD) points.push(logUnread.at({}, Number(told)));
  }
  return points;
}

function set(key: string, value: number, { state }: Context): void {
  if (state.get(GAUGES, key) !== value) state.set(GAUGES, key, value);
}

function numberAt({ record }: Entry, place: Lookup): number | undefined {
  const value = first(record, place);
  const number =
    typeof value === "number" ? value : typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : Number.NaN;
  return Number.isFinite(number) ? number : undefined;
}
