import { join } from "node:path";
import { startPostgres } from "#core/testing/postgres.ts";
import type { Bench, BenchContext, Result, Row } from "./bench.ts";
import { installPonder, type PonderAnswer, runPonder } from "./chain/ponder.ts";
import { type RecordedNode, startRecordedNode } from "./chain/recorded-node.ts";
import { runPart } from "./part.ts";
import type { FetchAnswer, FetchOrder } from "./parts/fetch-blocks.ts";
import type { ScanAnswer, ScanOrder } from "./parts/scan-chain.ts";

const SCAN = new URL("./parts/scan-chain.ts", import.meta.url);
const FETCH = new URL("./parts/fetch-blocks.ts", import.meta.url);

/** A recorded chain, from the node to the ledger, beside Ponder over the same node. */
export const chainBench: Bench = {
  name: "chain",
  what: "a recorded chain of 20 transactions a block scanned into the ledger, beside Ponder and beside fetching alone",
  run: async (context) => {
    await installPonder(context.say, context.signal);
    // The peer takes some minutes for its part; ours is through that before all of it is compiled.
    const [blocks, part] = context.quick ? [1_000, 1_000] : [20_000, 6_000];
    const receipts = await compare(context, { blocks, part, traces: false });
    const traces = await compare(context, { blocks, part, traces: true });
    const long = await memoryOf(context, context.quick ? 10_000 : 100_000);
    return {
      rows: [...receipts.rows, ...traces.rows, ...long.rows],
      notes: [...(receipts.notes ?? []), ...(traces.notes ?? []), ...(long.notes ?? [])],
    };
  },
};

interface Course {
  readonly blocks: number;
  /** So many of them are what the peer reads. */
  readonly part: number;
  readonly traces: boolean;
}

async function compare(context: BenchContext, course: Course): Promise<Result> {
  const plan = { blocks: course.blocks, transactionsPerBlock: 20, watchedShare: 0.1, routed: course.traces, seed: 1 };
  const node = await startRecordedNode({ plan, traces: course.traces }, context.signal);
  try {
    const rounds = context.quick ? 1 : 2;
    const found: Round[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      context.say(`${course.blocks.toLocaleString("en")} blocks with ${nameOf(course)}, round ${round} of ${rounds}`);
      found.push(await once(context, { ...course, node, round }));
    }
    for (const { ours, ponder } of found) prove(node, ours, ponder);
    return resultOf(course, found);
  } finally {
    await node.stop();
  }
}

interface Round {
  readonly ours: ScanAnswer;
  readonly ponder: PonderAnswer;
  /** Everything fetched and parsed, and nothing done with it. */
  readonly parsed: FetchAnswer;
  /** Everything fetched, and not even looked at. */
  readonly unread: FetchAnswer;
}

async function once(
  { folder, signal }: BenchContext,
  { node, round, ...course }: Course & { readonly node: RecordedNode; readonly round: number },
): Promise<Round> {
  const ledger = join(folder, `${nameOf(course)}-${round}.db`);
  const order = { url: node.url, ...course };
  const fetched = (how: FetchOrder["how"]) => runPart<FetchOrder, FetchAnswer>(FETCH, { order: { ...order, how }, signal });
  // The node is warm then, for everybody.
  const unread = await fetched("unread");
  const ours = await runPart<ScanOrder, ScanAnswer>(SCAN, { order: { ...order, ledger }, signal });
  const postgres = await startPostgres();
  try {
    const ponder = await runPonder({ ...order, blocks: course.part, postgresUrl: postgres.url }, signal);
    return { ours, ponder, parsed: await fetched("parsed"), unread };
  } finally {
    await postgres.stop();
  }
}

/** Both sides must have found the very same operations, or there is nothing to compare. @throws Error when they have not */
function prove({ successes: wanted }: RecordedNode, ours: ScanAnswer, ponder: PonderAnswer): void {
  const [left, right] = [ours.successes, ponder.successes].map((found) => [...found].sort().join("\n"));
  if (left !== right) throw new Error(`the rows differ: ${ours.successes.length} of ours, ${ponder.successes.length} of Ponder's`);
  if (ours.went !== wanted) throw new Error(`${ours.went} of ${wanted} operations that went through were found`);
}

function resultOf(course: Course, rounds: readonly Round[]): Result {
  const what = nameOf(course);
  const perSecond = (seconds: number): number => course.blocks / seconds;
  const inPart = (seconds: number): number => course.part / seconds;
  const milliseconds = (seconds: number): number => (seconds / course.blocks) * 1000;
  const ours = rounds.map((round) => perSecond(round.ours.seconds));
  const rows: Row[] = [
    {
      figure: `${what}: blocks from the node to the ledger`,
      unit: "blocks/s",
      ours,
      peer: { name: "bare fetch loop", values: rounds.map((round) => perSecond(round.parsed.seconds)) },
      ...(course.traces && { target: { atLeast: 750 } }),
    },
    {
      figure: `${what}: the first ${course.part.toLocaleString("en")} of them`,
      unit: "blocks/s",
      ours: rounds.map((round) => inPart(round.ours.partSeconds)),
      peer: { name: "Ponder", values: rounds.map((round) => inPart(round.ponder.seconds)) },
    },
    {
      figure: `${what}: the same beside moving the bytes alone`,
      unit: "blocks/s",
      ours,
      peer: { name: "bytes unread", values: rounds.map((round) => perSecond(round.unread.seconds)) },
    },
    {
      figure: `${what}: our processor time a block`,
      unit: "ms",
      ours: rounds.map((round) => milliseconds(round.ours.cpuSeconds)),
      peer: { name: "bare fetch loop", values: rounds.map((round) => milliseconds(round.parsed.cpuSeconds)) },
    },
  ];
  const [first] = rounds;
  const [went, found, failed] = [first?.ours.successes.length ?? 0, first?.ours.went ?? 0, first?.ours.failures ?? 0];
  const version = first?.ponder.version ?? "";
  return {
    rows,
    notes: [
      `chain, ${what}: both found the same ${went} operations that went through in the first ${course.part.toLocaleString("en")} blocks; ours all ${found} of ${course.blocks.toLocaleString("en")}, and ${failed} that failed. Ponder ${version} with PostgreSQL.`,
    ],
  };
}

/** Small blocks, many of them: what stays in memory must not grow with the chain. */
async function memoryOf({ folder, say, signal }: BenchContext, blocks: number): Promise<Result> {
  say(`${blocks.toLocaleString("en")} small blocks`);
  const plan = { blocks, transactionsPerBlock: 2, watchedShare: 0.2, routed: false, seed: 2 };
  const node = await startRecordedNode({ plan, traces: true }, signal);
  try {
    const order = { url: node.url, blocks, ledger: join(folder, "long.db"), traces: true };
    const { rssMiB, rssOverTime } = await runPart<ScanOrder, ScanAnswer>(SCAN, { order, signal });
    const growth = (rssOverTime.at(-1) ?? 0) - (rssOverTime[1] ?? 0);
    return {
      rows: [
        { figure: `${blocks.toLocaleString("en")} blocks: memory of the process`, unit: "MiB", ours: [rssMiB], target: { atMost: 150 } },
        {
          figure: `${blocks.toLocaleString("en")} blocks: its growth after the first fifth`,
          unit: "MiB",
          ours: [growth],
          target: { atMost: 15 },
        },
      ],
    };
  } finally {
    await node.stop();
  }
}

function nameOf({ traces }: Pick<Course, "traces">): string {
  return traces ? "traces" : "receipts";
}
