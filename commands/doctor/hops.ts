import { open, stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { canaries } from "#contract/generated/stack.ts";
import { hasTrace, queryLoki, rawSamples } from "#core/backends.ts";
import { OffingError } from "#core/errors.ts";
import { ask } from "./ask.ts";
import { type Canary, DOCTOR_JOB } from "./canary.ts";
import type { Finding } from "./report.ts";
import type { DoctorTarget } from "./target.ts";

/** One place where the canary must turn up. */
interface Hop {
  readonly check: string;
  readonly where: string;
  readonly found: () => Promise<boolean>;
  /** What to do when the place answers and the canary is not there. */
  readonly mend: string;
}

const POLL_MS = 250;
const TAIL_BYTES = 4_000_000;

/** Looks for the canary in every backend for at most `waitMs`; the places are asked at the same time. */
export async function followCanary(target: DoctorTarget, canary: Canary, waitMs: number): Promise<readonly Finding[]> {
  const deadlineMs = performance.now() + waitMs;
  return await Promise.all(hopsOf(target, canary).map((hop) => look(hop, deadlineMs)));
}

function hopsOf(target: DoctorTarget, canary: Canary): readonly Hop[] {
  const { prometheus, loki } = target;
  const series = `${canaries.prometheus}{job="${DOCTOR_JOB}",instance="${canary.instance}"}`;
  const queue = "The Collector holds it: `otelcol_exporter_queue_size` and the Collector's log say why it cannot hand it over.";
  return [
    {
      check: "series in Prometheus",
      where: prometheus,
      found: async () => (await rawSamples(prometheus, series, 5)).some(({ atMs }) => atMs === canary.atMs),
      mend: `${queue} Prometheus must run with --web.enable-otlp-receiver.`,
    },
    {
      check: "exemplar in Prometheus",
      where: prometheus,
      found: () => hasExemplar(prometheus, series, canary),
      mend: "Start Prometheus with --enable-feature=exemplar-storage and leave storage.exemplars.max_exemplars above 0.",
    },
    {
      check: "line in Loki by trace_id",
      where: loki,
      found: () => hasLine(loki, canary),
      mend: `${queue} Loki's own log says what it refuses.`,
    },
    traceHop(target, canary, queue),
  ];
}

function traceHop({ tempo, tracesFile }: DoctorTarget, { id }: Canary, queue: string): Hop {
  if (tempo !== null) return { check: "trace in Tempo by id", where: tempo, found: () => hasTrace(tempo, id), mend: queue };
  return {
    check: "trace in the file of spans",
    where: tracesFile ?? "",
    found: () => hasSpan(tracesFile ?? "", id),
    mend: "Restart the stack: the Collector writes to a file that was moved or removed.",
  };
}

async function look(hop: Hop, deadlineMs: number): Promise<Finding> {
  const { check, where, found, mend } = hop;
  if (where === "") return { check, verdict: "absent", detail: "there is no Tempo, and this stack names no file of spans" };
  const beganMs = performance.now();
  try {
    while (!(await found())) {
      if (performance.now() > deadlineMs) return { check, verdict: "broken", detail: `not at ${where} within the wait`, mend };
      await sleep(POLL_MS);
    }
    return { check, verdict: "ok", detail: `at ${where} after ${((performance.now() - beganMs) / 1000).toFixed(1)} s` };
  } catch (error) {
    if (!(error instanceof OffingError)) throw error;
    return {
      check,
      verdict: "broken",
      detail: `${error.message} (${where})`,
      mend: "Start it again with `./offing up`; its log says why it went.",
    };
  }
}

async function hasExemplar(prometheus: string, query: string, { id, atMs }: Canary): Promise<boolean> {
  const range = { start: String(atMs / 1000 - 60), end: String(atMs / 1000 + 60) };
  const { text } = await ask(`${prometheus}/api/v1/query_exemplars?${new URLSearchParams({ query, ...range })}`);
  // The id is random and long: wherever it stands in the answer, it is this canary's.
  return text.includes(`"trace_id":"${id}"`);
}

async function hasLine(loki: string, { id, atMs }: Canary): Promise<boolean> {
  const minute = 60_000_000_000n;
  const nanos = BigInt(atMs) * 1_000_000n;
  const query = `{service_name="${DOCTOR_JOB}"} | trace_id="${id}"`;
  for await (const lines of queryLoki(loki, { query, fromUnixNano: nanos - minute, toUnixNano: nanos + minute })) return lines.length > 0;
  return false;
}

/** Looks at the end of the file only: the canary is of now. */
async function hasSpan(path: string, id: string): Promise<boolean> {
  try {
    const { size } = await stat(path);
    const from = Math.max(0, size - TAIL_BYTES);
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(size - from), position: from });
      return buffer.subarray(0, bytesRead).includes(id);
    } finally {
      await file.close();
    }
  } catch {
    return false;
  }
}
