import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Stack, startStack } from "../stack/start.ts";
import type { Bench, BenchContext, Row } from "./bench.ts";
import type { Births } from "./chain/node-process.ts";
import { startRecordedNode } from "./chain/recorded-node.ts";
import { runPart } from "./part.ts";
import type { RunChainAnswer, RunChainOrder } from "./parts/run-chain.ts";
import { cursorInPrometheus, LOOK_MS, look, type Sighting } from "./sightings.ts";
import { quantile } from "./statistics.ts";

const RUN = new URL("./parts/run-chain.ts", import.meta.url);
const BLOCKS_PER_SECOND = 10;
const POLL_MS = 100;
const JOB = "bench-chain";
const SETTLE_MS = 5_000;
const PATIENCE_MS = 30_000;

/** How long it takes until what a new block tells is in the ledger and in Prometheus, while history is read behind the head. */
export const chainLiveBench: Bench = {
  name: "chain-live",
  what: `${BLOCKS_PER_SECOND} new blocks/s with traces beside a running backfill, from the node to the ledger and through the real stack to Prometheus`,
  run: async (context) => {
    const { quick, signal, folder } = context;
    const [history, seconds] = quick ? [4_000, 15] : [16_000, 60];
    const blocks = history + seconds * BLOCKS_PER_SECOND;
    const plan = { blocks, transactionsPerBlock: 20, watchedShare: 0.1, routed: true, seed: 3 };
    const node = await startRecordedNode({ plan, traces: true, live: { after: history, perSecond: BLOCKS_PER_SECOND } }, signal);
    const stack = await startStack({ directory: join(folder, "stack"), ports: "free", signal });
    try {
      const { births, ran, looks } = await measure({ ...stack.endpoints, rpcUrl: node.url, until: blocks, seconds }, context);
      return { rows: rowsOf(births, ran, looks), notes: notesOf(births, ran) };
    } finally {
      await stack.stop();
      await node.stop();
    }
  },
};

interface Course extends Pick<Stack["endpoints"], "collector" | "prometheus"> {
  readonly rpcUrl: string;
  readonly until: number;
  /** For so long the node makes blocks. */
  readonly seconds: number;
}

interface Measured {
  readonly births: Births;
  readonly ran: RunChainAnswer;
  readonly looks: readonly Sighting<number>[];
}

async function measure(
  { rpcUrl, collector, prometheus, until, seconds }: Course,
  { folder, say, signal }: BenchContext,
): Promise<Measured> {
  say(`${BLOCKS_PER_SECOND} blocks/s up to block ${until}`);
  const ended = new AbortController();
  const looking = look(() => cursorInPrometheus(prometheus, JOB), ended.signal);
  const order = { rpcUrl, collectorUrl: collector, ledger: join(folder, "live.db"), job: JOB, until, pollMs: POLL_MS };
  try {
    const ran = await runPart<RunChainOrder, RunChainAnswer>(RUN, { order, signal, limitMs: (4 * seconds + 60) * 1000 });
    await untilFound(prometheus, ran.written.at(-1)?.[1] ?? Number.NaN);
    // One more look finds what was just seen here.
    await sleep(2 * LOOK_MS);
    ended.abort();
    const births = (await (await fetch(`${rpcUrl}/births`)).json()) as Births;
    return { births, ran, looks: await looking };
  } finally {
    ended.abort();
  }
}

async function untilFound(prometheus: string, seq: number): Promise<void> {
  const deadlineMs = performance.now() + PATIENCE_MS;
  while (((await cursorInPrometheus(prometheus, JOB)) ?? 0) < seq) {
    if (performance.now() > deadlineMs) throw new Error(`Prometheus did not get everything within ${PATIENCE_MS / 1000} s`);
    await sleep(LOOK_MS);
  }
}

function rowsOf({ firstMs, everyMs, after }: Births, { written, ...ran }: RunChainAnswer, looks: readonly Sighting<number>[]): Row[] {
  const blocks = written
    .map(([number, seq, tells, atMs]) => ({ bornMs: firstMs + (number - after - 1) * everyMs, seq, tells, atMs }))
    .filter(({ bornMs }) => bornMs - firstMs >= SETTLE_MS);
  const toLedger = blocks.map(({ bornMs, atMs }) => (atMs - bornMs) / 1000);
  const toPrometheus = blocks
    .filter(({ tells }) => tells)
    .map(({ bornMs, seq }) => ((looks.find(([cursor]) => cursor >= seq)?.[1] ?? Number.NaN) - bornMs) / 1000);
  const row = (figure: string, ours: number): Row => ({ figure, unit: "s", ours: [ours] });
  return [
    row("ledger: half of the blocks within", quantile(toLedger, 0.5)),
    { ...row("ledger: 99 of 100 blocks within", quantile(toLedger, 0.99)), target: { atMost: 1 } },
    row("Prometheus: half of the blocks found within", quantile(toPrometheus, 0.5)),
    { ...row("Prometheus: 99 of 100 blocks found within", quantile(toPrometheus, 0.99)), target: { atMost: 3 } },
    { figure: "the emitter: processor", unit: "cores", ours: [ran.cpuSeconds / ran.seconds] },
    { figure: "the emitter: memory", unit: "MiB", ours: [ran.rssMiB], target: { atMost: 150 } },
  ];
}

function notesOf({ firstMs }: Births, { backfilled, backfill: [fromMs, toMs] }: RunChainAnswer): readonly string[] {
  const spanSeconds = (toMs - fromMs) / 1000;
  const share = `${backfilled.toLocaleString("en")} blocks in ${spanSeconds.toFixed(0)} s, from ${((fromMs - firstMs) / 1000).toFixed(0)} s on`;
  return [
    `chain-live: from when the node had a block; the head is polled every ${POLL_MS} ms and Prometheus every ${LOOK_MS} ms. The backfill read ${share}.`,
  ];
}
