/** One operation, as the reports read it, in the order of the chain. */
export interface OperationRow {
  readonly atMs: number;
  readonly blockNumber: number;
  readonly contract: string;
  readonly actionType: string;
  readonly caller: string;
  readonly callerCategory: string;
  readonly success: boolean;
  readonly reasonCode: string | null;
  readonly blocked: boolean;
}

/** One change of configuration that stands. */
export interface ChangeRow {
  readonly atMs: number;
  readonly blockNumber: number;
  readonly module: string;
  readonly changedBy: string;
  readonly summary: string;
}

/** Operations of one contract that an oracle blocked, with no success between them. */
export interface Episode {
  readonly contract: string;
  readonly firstAtMs: number;
  readonly firstBlock: number;
  readonly lastAtMs: number;
  /** The block time of the success that ended it; null while nothing has. */
  readonly endedAtMs: number | null;
  readonly count: number;
  readonly byReason: Readonly<Record<string, number>>;
  readonly byAction: Readonly<Record<string, number>>;
  readonly byCaller: Readonly<Record<string, number>>;
  /** How many different callers were turned away. */
  readonly callers: number;
  /** Changes of configuration in the window before the first block of it, the nearest first. */
  readonly before: readonly ChangeRow[];
  /** Changes while it lasted, in order: often the mend. */
  readonly during: readonly ChangeRow[];
}

/**
 * Groups blocked operations into episodes, in the order in which they began. Silence does not end an episode, a success of the same
 * contract does, which is what the run-length gauge says too.
 *
 * @param operations - of all contracts, ascending by block and place; @param windowMs - how long before an episode a change may explain it
 */
export function episodesOf(
  operations: readonly OperationRow[],
  changes: readonly ChangeRow[],
  { windowMs }: { readonly windowMs: number },
): readonly Episode[] {
  const open = new Map<string, OperationRow[]>();
  const episodes: Episode[] = [];
  for (const operation of operations) {
    const run = open.get(operation.contract);
    if (operation.blocked) {
      if (run === undefined) open.set(operation.contract, [operation]);
      else run.push(operation);
    } else if (operation.success && run !== undefined) {
      open.delete(operation.contract);
      episodes.push(episodeOf(run, { changes, windowMs, endedAtMs: operation.atMs }));
    }
  }
  for (const run of open.values()) episodes.push(episodeOf(run, { changes, windowMs, endedAtMs: null }));
  return episodes.sort((a, b) => a.firstAtMs - b.firstAtMs || (a.contract < b.contract ? -1 : 1));
}

interface Surroundings {
  readonly changes: readonly ChangeRow[];
  readonly windowMs: number;
  readonly endedAtMs: number | null;
}

function episodeOf(run: readonly OperationRow[], { changes, windowMs, endedAtMs }: Surroundings): Episode {
  const [first] = run;
  const last = run.at(-1);
  if (first === undefined || last === undefined) throw new TypeError("an episode has at least one operation");
  return {
    contract: first.contract,
    firstAtMs: first.atMs,
    firstBlock: first.blockNumber,
    lastAtMs: last.atMs,
    endedAtMs,
    count: run.length,
    byReason: tally(run.map(({ reasonCode }) => reasonCode ?? "none")),
    byAction: tally(run.map(({ actionType }) => actionType)),
    byCaller: tally(run.map(({ callerCategory }) => callerCategory)),
    callers: new Set(run.map(({ caller }) => caller)).size,
    before: changes.filter(({ atMs }) => atMs <= first.atMs && atMs >= first.atMs - windowMs).reverse(),
    during: changes.filter(({ atMs }) => atMs > first.atMs && atMs <= (endedAtMs ?? Number.POSITIVE_INFINITY)),
  };
}

/** How often each word is there, the most frequent first. */
function tally(words: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)));
}
