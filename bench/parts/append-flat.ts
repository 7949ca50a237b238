import type { Commit, Ledger, LedgerLocation } from "#core/ledger/ledger.ts";
import { openLedger } from "#core/ledger/open.ts";
import { commitsOf, FACTS_PER_COMMIT, recordsOf } from "../commits.ts";
import { servePart } from "../part.ts";
import { median } from "../statistics.ts";
import { peakRssMiB } from "../usage.ts";

/** The sizes at which appending is measured, the largest first. */
export interface FlatOrder {
  readonly sizes: readonly FlatSize[];
  /** Commits measured at each size. */
  readonly commits: number;
}

/** Ledgers of one size; small ones need several, so that they do not grow far beyond it while they are measured. */
export interface FlatSize {
  readonly facts: number;
  readonly locations: readonly LedgerLocation[];
}

/** What was found, in the order of the sizes. */
export interface FlatAnswer {
  /** The median cost of a fact at each size. */
  readonly microsecondsPerFact: readonly number[];
  /** Filling the first ledger: its speed and the most memory by then. */
  readonly factsPerSecond: number;
  readonly rssMiB: number;
}

await servePart<FlatOrder, FlatAnswer>(async ({ sizes, commits }) => {
  const fields: { readonly ledgers: readonly Growing[]; readonly perLedger: number; readonly ms: number[] }[] = [];
  let first: Pick<FlatAnswer, "factsPerSecond" | "rssMiB"> | undefined;
  for (const { facts, locations } of sizes) {
    const perLedger = commits / locations.length;
    const ledgers: Growing[] = [];
    // Half of what is measured lies below the size, half above.
    const before = facts / FACTS_PER_COMMIT - Math.floor(perLedger / 2);
    for (const location of locations) {
      const growing = await grown(location, before);
      ledgers.push(growing);
      first ??= { factsPerSecond: (before * FACTS_PER_COMMIT * 1000) / growing.filledMs, rssMiB: peakRssMiB() };
    }
    fields.push({ ledgers, perLedger, ms: [] });
  }
  // One commit at each size in turn: whatever else the machine does, it does to all sizes alike.
  for (let commit = 0; commit < commits; commit += 1) {
    for (const { ledgers, perLedger, ms } of fields) {
      const growing = ledgers[Math.floor(commit / perLedger)];
      if (growing !== undefined) ms.push(await appendOnce(growing));
    }
  }
  for (const { ledgers } of fields) for (const { ledger } of ledgers) await ledger.close();
  const microsecondsPerFact = fields.map(({ ms }) => (median(ms) * 1000) / FACTS_PER_COMMIT);
  return { microsecondsPerFact, ...(first ?? { factsPerSecond: Number.NaN, rssMiB: Number.NaN }) };
});

interface Growing {
  readonly ledger: Ledger;
  readonly commits: Generator<Commit>;
  filledMs: number;
}

async function grown(location: LedgerLocation, commits: number): Promise<Growing> {
  const ledger = await openLedger({ location, domain: "bench", mode: "write", records: recordsOf("plain"), nowMs: Date.now });
  const growing = { ledger, commits: commitsOf("plain"), filledMs: 0 };
  for (let commit = 0; commit < commits; commit += 1) growing.filledMs += await appendOnce(growing);
  return growing;
}

async function appendOnce({ ledger, commits }: Growing): Promise<number> {
  const { value } = commits.next();
  const beganMs = performance.now();
  await ledger.append(value);
  return performance.now() - beganMs;
}
