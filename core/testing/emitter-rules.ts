import type { Emitter } from "#core/emitter.ts";
import type { Fact } from "#core/fact.ts";
import type { Increment, Signal } from "#core/signal.ts";
import type { Seen } from "#core/source.ts";
import { Tally } from "#core/tally.ts";
import { Totals } from "#core/totals.ts";
import { eventFaults, metricFaults, spanFaults } from "./contract-names.ts";
import { type Kept, Replay, replay, type Step } from "./replay.ts";

/** What the rules are held against. */
export interface Recording<O, F extends Fact> {
  /** Makes the emitter anew: two of them must behave alike. */
  readonly create: () => Emitter<O, F>;
  /** What its source yielded once, batch by batch. */
  readonly recorded: readonly (readonly Seen<O>[])[];
  /** Every kind of its union of facts; the recording must hold them all. */
  readonly kinds: readonly F["kind"][];
}

/** One rule of the contract of emitters: its sentence, and what breaks it. */
export interface EmitterRule {
  readonly says: string;
  /** One sentence for each breach; none when the rule is kept. */
  readonly breaches: <O, F extends Fact>(recording: Recording<O, F>) => readonly string[];
}

/** What every emitter's pure half must keep, whatever its domain. */
export const EMITTER_RULES: readonly EmitterRule[] = [
  { says: "makes facts of every kind, each with an id of its own, that survive JSON", breaches: factBreaches },
  { says: "takes back only what stands, and counts it by the labels it was counted by", breaches: retractionBreaches },
  { says: "makes the same facts, ids, totals and traces of the same observations, byte for byte", breaches: repetitionBreaches },
  { says: "goes on from every batch as if it had never stopped", breaches: resumptionBreaches },
  { says: "makes the same of one large batch as of many small ones", breaches: batchingBreaches },
  { says: "uses the names, labels and values of the naming contract and nothing else", breaches: namingBreaches },
  { says: "makes a log record of every fact", breaches: logBreaches },
  { says: "declares zeros that are valid tuples of its own counters, each once", breaches: zeroBreaches },
  { says: "reads gauges by the naming contract, each once, and leaves out what it does not know", breaches: gaugeBreaches },
  { says: "writes rows into its own append-only tables only", breaches: recordBreaches },
];

function factBreaches<O, F extends Fact>({ create, recorded, kinds }: Recording<O, F>): readonly string[] {
  const facts = factsOf(replay(create(), recorded));
  const present = new Set<string>(facts.map(({ kind }) => kind));
  const ids = new Set(facts.map(({ id }) => id));
  return [
    ...kinds.filter((kind) => !present.has(kind)).map((kind) => `the recording holds no ${kind}`),
    ...[...present].filter((kind) => !kinds.some((known) => known === kind)).map((kind) => `${kind} is not among the kinds`),
    ...(ids.size === facts.length ? [] : [`${facts.length} facts share ${ids.size} ids`]),
    ...facts.filter((fact) => !survivesJson(fact)).map(({ id }) => `${id} does not survive JSON`),
    ...facts.filter(({ timeMs }) => !Number.isSafeInteger(timeMs)).map(({ id }) => `${id}: timeMs is no whole number`),
  ];
}

function retractionBreaches<O, F extends Fact>({ create, recorded }: Recording<O, F>): readonly string[] {
  const emitter = create();
  const standing = new Map<string, string>();
  return replay(emitter, recorded)
    .flatMap((step) => step.stored)
    .flatMap((stored) => {
      const { id, retracts } = stored.fact;
      const counts = emitter.signals(stored).flatMap((signal) => (signal.type === "increment" ? [incrementText(signal)] : []));
      const counted = counts.sort().join("\n");
      if (retracts === undefined) {
        standing.set(id, counted);
        return [];
      }
      const before = standing.get(retracts);
      standing.delete(retracts);
      if (before === undefined) return [`${id} takes back ${retracts}, which does not stand`];
      return before === counted ? [] : [`${id} takes back other counts than ${retracts} made`];
    });
}

function repetitionBreaches<O, F extends Fact>({ create, recorded }: Recording<O, F>): readonly string[] {
  const [once, twice] = [create(), create()].map((emitter) => portrait(emitter, replay(emitter, recorded)));
  return once === twice ? [] : ["the same observations made something else the second time"];
}

function resumptionBreaches<O, F extends Fact>({ create, recorded }: Recording<O, F>): readonly string[] {
  const whole = replay(create(), recorded);
  const made = whole.map(({ stored, signals }) => JSON.stringify([stored, signals]));
  const last = whole.at(-1);
  return whole.flatMap(({ kept }, index) => {
    const rest = replay(create(), recorded.slice(index + 1), kept);
    const same = rest.every(({ stored, signals }, after) => JSON.stringify([stored, signals]) === made[index + 1 + after]);
    const keeps = last === undefined || keptText(rest.at(-1)?.kept ?? kept) === keptText(last.kept);
    return same && keeps ? [] : [`after batch ${index + 1} it goes on otherwise`];
  });
}

function batchingBreaches<O, F extends Fact>({ create, recorded }: Recording<O, F>): readonly string[] {
  const apart = factsOf(
    replay(
      create(),
      recorded.flatMap((batch) => batch.map((seen) => [seen])),
    ),
  );
  const together = factsOf(replay(create(), [recorded.flat()]));
  return JSON.stringify(apart) === JSON.stringify(together) ? [] : ["one large batch made other facts than many small ones"];
}

function namingBreaches<O, F extends Fact>({ create, recorded }: Recording<O, F>): readonly string[] {
  const emitter = create();
  const signals = replay(emitter, recorded).flatMap((step) => step.signals.flat());
  return [...new Set(signals.flatMap((signal) => signalFaults(signal, emitter)))];
}

function logBreaches<O, F extends Fact>({ create, recorded }: Recording<O, F>): readonly string[] {
  return replay(create(), recorded).flatMap(({ stored, signals }) =>
    stored.flatMap(({ fact }, index) => {
      return signals[index]?.some(({ type }) => type === "log") === true ? [] : [`${fact.kind} ${fact.id} leaves no log record`];
    }),
  );
}

function zeroBreaches<O, F extends Fact>({ create }: Recording<O, F>): readonly string[] {
  const { zeros, metrics } = create();
  const faults = zeros.flatMap(({ metric, labels, value }) => [
    ...metricFaults(metric, labels),
    ...(metric.instrument === "counter" && metrics.includes(metric) ? [] : [`${metric.name} is no counter of the emitter`]),
    ...(value === 0 ? [] : [`${metric.name} starts at ${value}`]),
  ]);
  const distinct = new Set(zeros.map(incrementText)).size;
  const missing = metrics.filter((metric) => metric.instrument === "counter" && !zeros.some((zero) => zero.metric === metric));
  return [
    ...new Set(faults),
    ...(distinct === zeros.length ? [] : [`${zeros.length - distinct} zeros are there twice`]),
    ...missing.map(({ name }) => `${name} has no zero`),
  ];
}

function gaugeBreaches<O, F extends Fact>({ create, recorded }: Recording<O, F>): readonly string[] {
  const emitter = create();
  const run = new Replay(emitter);
  const guessed = emitter.gauges(run.state).filter(({ value }) => value === 0);
  const faults = guessed.map(({ metric }) => `${metric.name} reads 0 before anything is known`);
  for (const batch of recorded) {
    run.step(batch);
    const points = emitter.gauges(run.state);
    const names = new Set(points.map(({ metric, labels }) => metric.name + JSON.stringify(labels)));
    faults.push(...points.flatMap(({ metric, labels }) => metricFaults(metric, labels)));
    faults.push(...points.filter(({ value }) => !Number.isFinite(value)).map(({ metric, value }) => `${metric.name} reads ${value}`));
    if (names.size !== points.length) faults.push("a gauge is read twice");
  }
  return [...new Set(faults)];
}

function recordBreaches<O, F extends Fact>({ create, recorded }: Recording<O, F>): readonly string[] {
  const { records } = create();
  const rows = factsOf(replay(create(), recorded)).flatMap((fact) => records.rows(fact));
  const foreign = new Set(rows.map(({ table }) => table).filter((table) => !records.appendOnly.includes(table)));
  const inOrder = records.migrations.every(({ version }, index) => version === index + 1);
  return [
    ...[...foreign].map((table) => `${table} is not append-only`),
    ...rows
      .filter(({ values }) => "seq" in values || "fact_id" in values)
      .map(({ table }) => `a row of ${table} sets what the ledger sets`),
    ...(inOrder ? [] : ["the migrations are not numbered from 1"]),
  ];
}

function signalFaults<O, F extends Fact>(signal: Signal, { metrics }: Emitter<O, F>): readonly string[] {
  switch (signal.type) {
    case "increment":
    case "recording":
      return [
        ...metricFaults(signal.metric, signal.labels),
        ...(metrics.includes(signal.metric) ? [] : [`${signal.metric.name} is not among the emitter's metrics`]),
        ...(Number.isFinite(signal.value) ? [] : [`${signal.metric.name} takes ${signal.value}`]),
      ];
    case "span":
      return [
        ...spanFaults(signal.name, signal.attributes),
        ...(/^[0-9a-f]{32}$/.test(signal.traceId) ? [] : [`${signal.name}: ${signal.traceId} is no trace id`]),
        ...(/^[0-9a-f]{16}$/.test(signal.spanId) ? [] : [`${signal.name}: ${signal.spanId} is no span id`]),
        ...(signal.endMs >= signal.startMs ? [] : [`${signal.name} ends before it starts`]),
      ];
    case "log":
      return eventFaults(signal.event, signal.attributes);
    default:
      return signal satisfies never;
  }
}

function survivesJson(fact: Fact): boolean {
  const text = JSON.stringify(fact);
  return JSON.stringify(JSON.parse(text)) === text && !hasUnwritable(fact);
}

/** JSON drops or bends these in silence. */
function hasUnwritable(value: unknown): boolean {
  if (value === undefined || typeof value === "function" || typeof value === "symbol") return true;
  if (typeof value === "number") return !Number.isFinite(value) || Object.is(value, -0);
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return (prototype !== Object.prototype && prototype !== Array.prototype) || Object.values(value).some(hasUnwritable);
}

function incrementText({ metric, labels, value }: Increment): string {
  return JSON.stringify([metric.name, Object.entries(labels).sort(), value]);
}

function factsOf<F extends Fact>(steps: readonly Step<F>[]): readonly F[] {
  return steps.flatMap((step) => step.stored.map(({ fact }) => fact));
}

function keptText({ entries, cursors }: Kept): string {
  return JSON.stringify([[...entries].sort(), [...cursors].sort()]);
}

/** Everything that a recording leads to, as text. */
function portrait<O, F extends Fact>({ metrics, zeros }: Emitter<O, F>, steps: readonly Step<F>[]): string {
  const totals = new Totals(metrics, []);
  totals.bear(zeros, 1);
  for (const { stored, signals } of steps) {
    const tally = new Tally();
    for (const [index, one] of stored.entries()) tally.count(signals[index] ?? [], one.fact, () => {});
    totals.fold(tally, 1);
  }
  const made = steps.map(({ stored, signals, kept }) => [stored, signals, keptText(kept)]);
  return JSON.stringify([made, totals.all()]);
}
