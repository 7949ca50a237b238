import { blockTimestamp, oracleRequiredFailures } from "#contract/generated/chain.ts";
import { heartbeatTimestamp, ledgerCursor } from "#contract/generated/shared.ts";
import { queryPrometheus } from "#core/backends.ts";
import type { Ledger } from "#core/ledger/ledger.ts";
import type { Increment } from "#core/signal.ts";
import { explain } from "./explain.ts";
import { duration } from "./words.ts";

/** One question of the runtime checklist, answered. */
export interface ChecklistItem {
  readonly question: string;
  readonly ok: boolean;
  readonly answer: string;
  /** Where to go on when it is not ok: a command or a runbook. */
  readonly next: string;
}

/** What the checklist needs to know. */
export interface ChecklistOptions {
  readonly ledger: Pick<Ledger, "id" | "select" | "head">;
  /** Base URL of Prometheus. */
  readonly prometheus: string;
  /** Every tuple that must have a series from the start. */
  readonly zeros: readonly Increment[];
  readonly nowMs: number;
  /** How far back a spike is looked for. */
  readonly hours: number;
}

/** An emitter turns every few seconds and exports at least as often. */
const FRESH_SECONDS = 120;
const HOUR_MS = 3_600_000;

/**
 * Answers the questions of the seed's runtime checklist: are the metrics there and fresh, and was there a spike in the last hours?
 *
 * @throws LEDGER_UNREACHABLE, BACKEND_UNREACHABLE
 * @see seed 000, section 6
 */
export async function checklist(options: ChecklistOptions): Promise<readonly ChecklistItem[]> {
  return [
    await present(options),
    await fresh(options),
    await delivered(options),
    await followed(options),
    await quiet(options),
    ...(await recent(options)),
  ];
}

async function present({ ledger, prometheus, zeros }: ChecklistOptions): Promise<ChecklistItem> {
  const { name, prometheus: series } = oracleRequiredFailures;
  const wanted = zeros.filter(({ metric }) => metric.name === name).length;
  const found = await queryPrometheus(prometheus, `count(${series}{instance="${ledger.id}"})`);
  const count = found[0]?.value ?? 0;
  return {
    question: "Are the metrics there?",
    ok: count >= wanted,
    answer: `${count} of at least ${wanted} series of ${series}`,
    next: "offing doctor names the first broken hop",
  };
}

async function fresh({ prometheus, nowMs }: ChecklistOptions): Promise<ChecklistItem> {
  const [beat] = await queryPrometheus(prometheus, `max(${heartbeatTimestamp.prometheus}{job=~".*offing-chain"})`);
  const age = beat === undefined ? undefined : nowMs / 1000 - beat.value;
  return {
    question: "Are they fresh?",
    ok: age !== undefined && age < FRESH_SECONDS,
    answer: age === undefined ? "no heartbeat" : `the last heartbeat is ${duration(Math.max(0, age) * 1000)} old`,
    next: "docs/runbooks/offing-emitter-silent.md",
  };
}

async function delivered({ ledger, prometheus }: ChecklistOptions): Promise<ChecklistItem> {
  const head = await ledger.head();
  const [cursor] = await queryPrometheus(prometheus, `max(${ledgerCursor.prometheus}{instance="${ledger.id}"})`);
  const waiting = cursor === undefined ? head : Math.max(0, head - cursor.value);
  return {
    question: "Do they say what the ledger says?",
    ok: cursor !== undefined && waiting === 0,
    answer: cursor === undefined ? "nothing was projected" : `${waiting} of ${head} facts wait to be exported`,
    next: "offing reconcile compares every number",
  };
}

async function followed({ ledger, prometheus, nowMs }: ChecklistOptions): Promise<ChecklistItem> {
  const series = `${blockTimestamp.prometheus}{instance="${ledger.id}"}`;
  const [indexed] = await queryPrometheus(prometheus, `max(${series})`);
  const ageMs = indexed === undefined ? undefined : Math.max(0, nowMs - indexed.value * 1000);
  return {
    question: "Is the chain followed?",
    ok: ageMs !== undefined && ageMs < HOUR_MS,
    answer: ageMs === undefined ? "no block was read" : `the newest block that was read is ${duration(ageMs)} old`,
    next: "docs/runbooks/chain-head-stalled.md",
  };
}

async function quiet({ prometheus }: ChecklistOptions): Promise<ChecklistItem> {
  // What has no severity always fires: it proves that alerting works.
  const firing = await queryPrometheus(prometheus, 'ALERTS{alertstate="firing",severity!="none"}');
  const names = [...new Set(firing.map(({ labels }) => labels["alertname"] ?? ""))].sort();
  return {
    question: "Is no alert firing?",
    ok: names.length === 0,
    answer: names.length === 0 ? "none" : names.join(", "),
    next: names.map(runbookOf).join(", "),
  };
}

/** Runbooks are named like their alert, in lower case with hyphens. */
function runbookOf(alert: string): string {
  return `docs/runbooks/${alert.replace(/(?<!^)[A-Z]/g, "-$&").toLowerCase()}.md`;
}

async function recent({ ledger, nowMs, hours }: ChecklistOptions): Promise<readonly ChecklistItem[]> {
  const sinceMs = nowMs - hours * HOUR_MS;
  const { blocked, operations, episodes, changes } = await explain(ledger, { sinceMs, untilMs: nowMs, windowMs: HOUR_MS });
  const open = episodes.filter(({ endedAtMs }) => endedAtMs === null).map(({ contract }) => contract);
  return [
    {
      question: `Was nothing blocked in the last ${hours} h?`,
      ok: blocked === 0,
      answer: `${blocked} of ${operations} operations in ${episodes.length} episodes${open.length === 0 ? "" : `; not yet over: ${open.join(", ")}`}`,
      next: `offing chain explain --since ${hours}h`,
    },
    {
      question: `Was no configuration changed in the last ${hours} h?`,
      ok: changes.length === 0,
      answer: changes.length === 0 ? "none" : [...new Set(changes.map(({ module, changedBy }) => `${module} by ${changedBy}`))].join("; "),
      next: `offing chain explain --since ${hours}h`,
    },
  ];
}
