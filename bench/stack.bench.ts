import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { hasTrace } from "#core/backends.ts";
import { State } from "#core/state.ts";
import { createInterpret } from "../emitters/chain/interpret.ts";
import { watchOf } from "../emitters/chain/watch.ts";
import { type Stack, startStack } from "../stack/start.ts";
import type { Bench, BenchContext, Row } from "./bench.ts";
import { blocksOf, type ChainWorld, chainConfig } from "./chain-world.ts";
import { runPart } from "./part.ts";
import type { EmitAnswer, EmitOrder } from "./parts/emit-steadily.ts";
import { projectionOf } from "./projection.ts";
import { cursorInPrometheus, LOOK_MS, look, type Sighting } from "./sightings.ts";
import { quantile } from "./statistics.ts";
import { cpuSecondsOf, rssMiBOf } from "./usage.ts";

const EMIT = new URL("./parts/emit-steadily.ts", import.meta.url);
const EVENTS_PER_SECOND = 1_000;
/** A busy rollup: about 50 events a block. */
const WORLD: ChainWorld = { blocks: Number.POSITIVE_INFINITY, transactionsPerBlock: 200, watchedShare: 0.25, seed: 1 };
const JOB = "offing-bench";
const SETTLE_SECONDS = 5;
const PATIENCE_MS = 30_000;

/** From an event that is seen to its being found in the backends, at a steady rate through the whole local stack. */
export const stackBench: Bench = {
  name: "stack",
  what: `${EVENTS_PER_SECOND} events/s from a source through the real local stack until Prometheus, Loki and Tempo find them`,
  run: async (context) => {
    const stack = await startStack({ directory: join(context.folder, "stack"), ports: "free", signal: context.signal });
    try {
      return { rows: rowsOf(await measure(stack, context), context), notes: notesOf(stack) };
    } finally {
      await stack.stop();
    }
  },
};

interface Measured {
  readonly emitted: EmitAnswer;
  readonly sightings: Readonly<Record<string, readonly Sighting<number>[]>>;
  readonly collectorCpuSeconds: number;
  readonly seconds: number;
  /** The most that all parts together, and the Collector alone, had resident. */
  readonly stackRssMiB: number;
  readonly collectorRssMiB: number;
}

async function measure(stack: Stack, { quick, folder, say, signal }: BenchContext): Promise<Measured> {
  const seconds = quick ? 20 : 65;
  say(`${EVENTS_PER_SECOND} events/s for ${seconds} s`);
  const { endpoints, parts } = stack;
  const path = join(folder, "ledger.db");
  const collectorPid = parts.collector.process?.pid ?? 0;
  const cpuBefore = cpuSecondsOf(collectorPid);
  const ended = new AbortController();
  const positions = new Map<string, number>();
  const looking = [
    lookInto("Prometheus", () => cursorInPrometheus(endpoints.prometheus, JOB), ended.signal),
    lookInto("Loki", () => newestInLoki(endpoints.loki), ended.signal),
    ...(endpoints.tempo === null ? [] : [lookInto("Tempo", nextInTempo(endpoints.tempo), ended.signal)]),
  ];
  const memory = watchMemory(stack, ended.signal);
  const beganMs = performance.now();
  const emitted = await runPart<EmitOrder, EmitAnswer>(EMIT, {
    order: {
      path,
      url: endpoints.collector,
      world: { ...WORLD, blocks: seconds * EVENTS_PER_SECOND },
      eventsPerSecond: EVENTS_PER_SECOND,
      seconds,
    },
    signal,
  });
  const took = (performance.now() - beganMs) / 1000;
  const collectorCpuSeconds = cpuSecondsOf(collectorPid) - cpuBefore;
  for (const [index, id] of emitted.ids.entries()) positions.set(id, index + 1);
  await untilAllFound(endpoints, emitted);
  ended.abort();
  const found = await Promise.all(looking);
  const sightings = Object.fromEntries(
    found.map(({ name, looks }) => [
      name,
      looks.map(([what, atMs]): Sighting<number> => [typeof what === "number" ? what : (positions.get(what) ?? 0), atMs]),
    ]),
  );
  return { emitted, sightings, collectorCpuSeconds, seconds: took, ...(await memory) };
}

/** Looks into one backend, whose newest event it names by its position or its id. */
async function lookInto(name: string, ask: () => Promise<number | string | undefined>, signal: AbortSignal) {
  return { name, looks: await look(ask, signal) };
}

/** The id of the newest event in Loki; lines of one ledger arrive in order. */
async function newestInLoki(baseUrl: string): Promise<string | undefined> {
  const url = new URL("/loki/api/v1/query_range", baseUrl);
  url.search = new URLSearchParams({ query: `{service_name="${JOB}"}`, limit: "1", since: "5m", direction: "backward" }).toString();
  const { data } = (await (await fetch(url)).json()) as { data: { result: readonly { stream: Record<string, string> }[] } };
  return data.result[0]?.stream["offing_fact_id"];
}

const TRACE_EVERY = 250;

/** Tempo is asked by id, as a reader's link does: for one event in so many, in turn. The same world gives the same ids here and there. */
function nextInTempo(url: string): () => Promise<number | undefined> {
  const traces = tracesOfWorld();
  let next = traces.next();
  return async () => {
    if (next.done === true || !(await hasTrace(url, next.value.traceId))) return undefined;
    const { seq } = next.value;
    next = traces.next();
    return seq;
  };
}

function* tracesOfWorld(): Generator<{ readonly seq: number; readonly traceId: string }> {
  const interpret = createInterpret(watchOf(chainConfig()));
  const state = new State();
  const { signals } = projectionOf("chain");
  let seq = 0;
  for (const block of blocksOf(WORLD)) {
    for (const fact of interpret(state, block)) {
      seq += 1;
      if (seq % TRACE_EVERY !== 0) continue;
      const span = signals({ seq, fact, writtenAtMs: 0 }).find((signal) => signal.type === "span");
      if (span !== undefined) yield { seq, traceId: span.traceId };
    }
  }
}

async function untilAllFound({ prometheus, loki }: Stack["endpoints"], { ids }: EmitAnswer): Promise<void> {
  const deadlineMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const missing = [
      ...((await cursorInPrometheus(prometheus, JOB)) === ids.length ? [] : ["Prometheus"]),
      ...((await newestInLoki(loki)) === ids.at(-1) ? [] : ["Loki"]),
    ];
    if (missing.length === 0) return;
    if (performance.now() > deadlineMs)
      throw new Error(`${missing.join(" and ")} did not get all ${ids.length} events within ${PATIENCE_MS / 1000} s`);
    await sleep(LOOK_MS);
  }
}

async function watchMemory(
  { parts }: Stack,
  signal: AbortSignal,
): Promise<{ readonly stackRssMiB: number; readonly collectorRssMiB: number }> {
  let [stackRssMiB, collectorRssMiB] = [0, 0];
  while (!signal.aborted) {
    const each = Object.values(parts).map(({ process }) => (process === null ? 0 : rssMiBOf(process.pid)));
    stackRssMiB = Math.max(
      stackRssMiB,
      each.reduce((sum, part) => sum + part, 0),
    );
    collectorRssMiB = Math.max(collectorRssMiB, rssMiBOf(parts.collector.process?.pid ?? 0));
    await sleep(500, undefined, { signal }).catch(() => undefined);
  }
  return { stackRssMiB, collectorRssMiB };
}

function rowsOf(
  { emitted, sightings, collectorCpuSeconds, seconds, stackRssMiB, collectorRssMiB }: Measured,
  { quick }: BenchContext,
): Row[] {
  const rounds = quick ? 2 : 4;
  const latencies = Object.entries(sightings).flatMap(([backend, looks]): Row[] => {
    const each = split(latenciesOf(emitted, looks), rounds);
    const row = (figure: string, share: number): Row => ({
      figure: `${backend}: ${figure}`,
      unit: "s",
      ours: each.map((round) => quantile(round, share)),
    });
    return [row("half of the events found within", 0.5), { ...row("99 of 100 events found within", 0.99), target: { atMost: 3 } }];
  });
  return [
    {
      figure: "events emitted",
      unit: "events/s",
      ours: [emitted.ids.length / emitted.seconds],
      target: { atLeast: 0.98 * EVENTS_PER_SECOND },
    },
    ...latencies,
    { figure: "Collector: processor", unit: "cores", ours: [collectorCpuSeconds / seconds] },
    { figure: "Collector: memory", unit: "MiB", ours: [collectorRssMiB] },
    { figure: "the whole stack: memory", unit: "MiB", ours: [stackRssMiB], target: { atMost: 1_536 } },
    { figure: "the emitter: processor", unit: "cores", ours: [emitted.cpuSeconds / seconds] },
    { figure: "the emitter: memory", unit: "MiB", ours: [emitted.rssMiB], target: { atMost: 150 } },
  ];
}

/** Seconds from when each event was seen to the first look that found it, in order, without those of the start. */
function latenciesOf({ seen }: EmitAnswer, looks: readonly Sighting<number>[]): readonly number[] {
  const beganMs = seen[0]?.[1] ?? 0;
  let at = 0;
  let before = 0;
  return seen.flatMap(([lastSeq, seenAtMs]) => {
    while ((looks[at]?.[0] ?? Number.POSITIVE_INFINITY) < lastSeq) at += 1;
    const events = lastSeq - before;
    before = lastSeq;
    if (seenAtMs - beganMs < SETTLE_SECONDS * 1000) return [];
    return new Array<number>(events).fill(((looks[at]?.[1] ?? Number.NaN) - seenAtMs) / 1000);
  });
}

function split(values: readonly number[], parts: number): readonly (readonly number[])[] {
  return Array.from({ length: parts }, (_, index) =>
    values.slice(Math.floor((values.length * index) / parts), Math.floor((values.length * (index + 1)) / parts)),
  );
}

function notesOf({ endpoints }: Stack): readonly string[] {
  return [
    `stack: each backend is asked every ${LOOK_MS} ms what its newest event is, so latencies are overstated by up to that and the asking itself.`,
    ...(endpoints.tempo === null ? ["stack: there is no Tempo on this machine; spans went to a file."] : []),
  ];
}
