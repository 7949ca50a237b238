import type { LedgerLocation } from "#core/ledger/ledger.ts";
import type { BenchContext, Result, Row } from "./bench.ts";
import type { Feed } from "./commits.ts";
import { runPart } from "./part.ts";
import type { AppendAnswer, AppendOrder } from "./parts/append-facts.ts";
import type { FlatAnswer, FlatOrder } from "./parts/append-flat.ts";

/** What differs between the two databases. */
export interface LedgerKind {
  /** A place for a new ledger; `name` is unique within the bench. */
  readonly place: (name: string) => LedgerLocation;
  readonly peerName: string;
  /** Inserts the same facts without a ledger and gives back the seconds. */
  readonly peer: (work: PeerWork) => Promise<number>;
  readonly targetFactsPerSecond: number;
  readonly rounds: number;
}

/** What a peer inserts. */
export interface PeerWork {
  readonly name: string;
  readonly feed: Feed;
  readonly facts: number;
}

const APPEND = new URL("./parts/append-facts.ts", import.meta.url);
const FLAT = new URL("./parts/append-flat.ts", import.meta.url);
const FLAT_COMMITS = 60;
const MOST_RSS_MIB = 150;
const MOST_GROWTH = 1.3;

/** Measures a ledger: its speed against the peer's, its memory, and whether a fact costs the same however many there are. */
export async function ledgerFigures(kind: LedgerKind, context: BenchContext): Promise<Result> {
  const facts = context.quick ? 50_000 : 100_000;
  const plain = await appendInTurn(kind, { ...context, feed: "plain", facts });
  const chain = await appendInTurn(kind, { ...context, feed: "chain", facts });
  const sizes = context.quick ? [100_000, 10_000] : [1_000_000, 100_000, 10_000];
  const flat = await appendAtSizes(kind, { ...context, sizes });
  const perSecond = (seconds: readonly number[]): number[] => seconds.map((value) => facts / value);
  const [largest = Number.NaN] = flat.microsecondsPerFact;
  return {
    rows: [
      {
        figure: "plain facts appended",
        unit: "facts/s",
        ours: perSecond(plain.ours.map(({ seconds }) => seconds)),
        peer: { name: kind.peerName, values: perSecond(plain.peer) },
        target: { atLeast: kind.targetFactsPerSecond },
      },
      {
        figure: "our processor time for 100,000 of them",
        unit: "s",
        ours: plain.ours.map(({ cpuSeconds }) => (cpuSeconds / facts) * 100_000),
      },
      {
        figure: "chain operations appended with their rows",
        unit: "facts/s",
        ours: perSecond(chain.ours.map(({ seconds }) => seconds)),
        peer: { name: kind.peerName, values: perSecond(chain.peer) },
      },
      { figure: `plain facts up to ${english(sizes[0])}`, unit: "facts/s", ours: [flat.factsPerSecond] },
      ...sizes
        .map(
          (size, index): Row => ({
            figure: `a fact at ${english(size)}`,
            unit: "us",
            ours: [flat.microsecondsPerFact[index] ?? Number.NaN],
          }),
        )
        .reverse(),
      {
        figure: `cost at ${english(sizes[0])} over cost at ${english(sizes.at(-1))}`,
        unit: "x",
        ours: [largest / (flat.microsecondsPerFact.at(-1) ?? Number.NaN)],
        target: { atMost: MOST_GROWTH },
      },
      {
        figure: `memory at ${english(facts)}`,
        unit: "MiB",
        ours: plain.ours.map(({ rssMiB }) => rssMiB),
        target: { atMost: MOST_RSS_MIB },
      },
      { figure: `memory at ${english(sizes[0])}`, unit: "MiB", ours: [flat.rssMiB], target: { atMost: MOST_RSS_MIB } },
    ],
  };
}

type AppendRounds = Pick<BenchContext, "quick" | "say" | "signal"> & { readonly feed: Feed; readonly facts: number };

/** Ours, the peer, ours, the peer: neighbours in time are compared. */
async function appendInTurn(kind: LedgerKind, rounds: AppendRounds): Promise<{ ours: readonly AppendAnswer[]; peer: readonly number[] }> {
  const { feed, facts, signal, quick, say } = rounds;
  const found = { ours: [] as AppendAnswer[], peer: [] as number[] };
  const count = quick ? 2 : kind.rounds;
  for (let round = 1; round <= count; round += 1) {
    say(`${english(facts)} ${feed} facts, round ${round} of ${count}`);
    const order: AppendOrder = { location: kind.place(`${feed}_${round}`), feed, facts };
    found.ours.push(await runPart<AppendOrder, AppendAnswer>(APPEND, { order, signal }));
    found.peer.push(await kind.peer({ name: `${feed}_peer_${round}`, feed, facts }));
  }
  return found;
}

type AppendSizes = Pick<BenchContext, "say" | "signal"> & { readonly sizes: readonly number[] };

async function appendAtSizes(kind: LedgerKind, { sizes, say, signal }: AppendSizes): Promise<FlatAnswer> {
  say(`the cost of a fact at ${sizes.map(english).join(", ")}`);
  const places = (size: number): LedgerLocation[] => {
    const ledgers = Math.max(1, Math.round((FLAT_COMMITS * 1_000) / size));
    return Array.from({ length: ledgers }, (_, index) => kind.place(`flat_${size}_${index}`));
  };
  const order: FlatOrder = { commits: FLAT_COMMITS, sizes: sizes.map((facts) => ({ facts, locations: places(facts) })) };
  return await runPart<FlatOrder, FlatAnswer>(FLAT, { order, signal });
}

function english(count: number | undefined): string {
  return count?.toLocaleString("en") ?? "?";
}
