import { copyFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Bench, BenchContext, Row } from "./bench.ts";
import { type BenchCollector, startCollector } from "./collector.ts";
import type { Feed } from "./commits.ts";
import { runPart } from "./part.ts";
import type { AppendAnswer, AppendOrder } from "./parts/append-facts.ts";
import type { PostAnswer, PostOrder } from "./parts/post-bodies.ts";
import type { ProjectAnswer, ProjectOrder } from "./parts/project-ledger.ts";
import { cpuSecondsOf } from "./usage.ts";

const APPEND = new URL("./parts/append-facts.ts", import.meta.url);
const PROJECT = new URL("./parts/project-ledger.ts", import.meta.url);
const POST = new URL("./parts/post-bodies.ts", import.meta.url);

/** From a ledger that is full to the Collector's acknowledgement, beside bare posts of bodies that were encoded before. */
export const exportBench: Bench = {
  name: "export",
  what: "the projector from a filled SQLite ledger to the real Collector with its queues on disk: spans, log records and totals",
  run: async (context) => {
    // Enough for a rate that lasts: the first seconds are the compiler's. A chain operation is ten times as large as a plain fact.
    const facts = context.quick ? { plain: 60_000, chain: 30_000 } : { plain: 300_000, chain: 100_000 };
    const plainLedger = await fill("plain", { ...context, facts: facts.plain });
    const chainLedger = await fill("chain", { ...context, facts: facts.chain });
    const collector = await startCollector({ folder: join(context.folder, "collector"), signal: context.signal });
    try {
      const plain = await projectInTurn(context, { feed: "plain", ledger: plainLedger, collector });
      const chain = await projectInTurn(context, { feed: "chain", ledger: chainLedger, collector });
      return {
        rows: [...rowsOf("plain facts", plain), ...rowsOf("chain operations", chain)],
        notes: [
          "export: a plain fact is a span and a record with one attribute, a chain operation has 13 to 15 on each.",
          "export: the OpenTelemetry JS SDK is no peer here because it is no dependency of this package.",
        ],
      };
    } finally {
      await collector.stop();
    }
  },
};

interface Rounds {
  readonly ours: readonly (ProjectAnswer & { readonly collectorCpuSeconds: number })[];
  readonly peer: readonly (PostAnswer & { readonly collectorCpuSeconds: number })[];
}

interface Subject {
  readonly feed: Feed;
  readonly ledger: string;
  readonly collector: BenchCollector;
}

async function projectInTurn({ quick, say, signal }: BenchContext, { feed, ledger, collector }: Subject): Promise<Rounds> {
  const { url, pid } = collector;
  const path = `${ledger}.round`;
  const withCollectorCpu = async <Answer>(work: Promise<Answer>): Promise<Answer & { readonly collectorCpuSeconds: number }> => {
    const before = cpuSecondsOf(pid);
    return { ...(await work), collectorCpuSeconds: cpuSecondsOf(pid) - before };
  };
  const found = { ours: [] as Rounds["ours"][number][], peer: [] as Rounds["peer"][number][] };
  const rounds = quick ? 2 : 4;
  for (let round = 1; round <= rounds; round += 1) {
    say(`${feed} facts, round ${round} of ${rounds}`);
    // The projector moves its cursor in the ledger, so each round has a copy that was never projected.
    await copyFile(ledger, path);
    found.ours.push(await withCollectorCpu(runPart<ProjectOrder, ProjectAnswer>(PROJECT, { order: { path, feed, url }, signal })));
    await rm(path);
    found.peer.push(await withCollectorCpu(runPart<PostOrder, PostAnswer>(POST, { order: { path: ledger, feed, url }, signal })));
  }
  return found;
}

function rowsOf(what: string, { ours, peer }: Rounds): Row[] {
  const per100k = (cpuSeconds: number, spans: number): number => (cpuSeconds / spans) * 100_000;
  const ourItems = ours.map(({ spans, records, points, seconds }) => (spans + records + points) / seconds);
  return [
    {
      figure: `${what}: spans acknowledged`,
      unit: "spans/s",
      ours: ours.map(({ spans, seconds }) => spans / seconds),
      peer: { name: "bare posts", values: peer.map(({ spans, seconds }) => spans / seconds) },
      target: { atLeast: 40_000 },
    },
    { figure: `${what}: spans, records and points`, unit: "items/s", ours: ourItems },
    {
      figure: `${what}: our processor time for 100,000 spans`,
      unit: "s",
      ours: ours.map(({ cpuSeconds, spans }) => per100k(cpuSeconds, spans)),
      peer: { name: "bare posts", values: peer.map(({ cpuSeconds, spans }) => per100k(cpuSeconds, spans)) },
    },
    {
      figure: `${what}: the Collector's for 100,000 spans`,
      unit: "s",
      ours: ours.map(({ collectorCpuSeconds, spans }) => per100k(collectorCpuSeconds, spans)),
      peer: { name: "bare posts", values: peer.map(({ collectorCpuSeconds, spans }) => per100k(collectorCpuSeconds, spans)) },
    },
    { figure: `${what}: memory of the process`, unit: "MiB", ours: ours.map(({ rssMiB }) => rssMiB), target: { atMost: 150 } },
  ];
}

async function fill(feed: Feed, { folder, facts, say, signal }: BenchContext & { readonly facts: number }): Promise<string> {
  say(`filling a ledger with ${facts.toLocaleString("en")} ${feed} facts`);
  const sqlite = join(folder, `${feed}.db`);
  await runPart<AppendOrder, AppendAnswer>(APPEND, { order: { location: { sqlite }, feed, facts }, signal });
  return sqlite;
}
