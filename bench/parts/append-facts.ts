import type { LedgerLocation } from "#core/ledger/ledger.ts";
import { openLedger } from "#core/ledger/open.ts";
import { commitsOf, FACTS_PER_COMMIT, type Feed, recordsOf } from "../commits.ts";
import { servePart } from "../part.ts";
import { ownCpuSeconds, peakRssMiB } from "../usage.ts";

/** Where to append how many facts. */
export interface AppendOrder {
  readonly location: LedgerLocation;
  readonly feed: Feed;
  readonly facts: number;
}

/** What it took. Making the facts is not in it. */
export interface AppendAnswer {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly rssMiB: number;
}

await servePart<AppendOrder, AppendAnswer>(async ({ location, feed, facts }) => {
  const records = recordsOf(feed);
  const ledger = await openLedger({ location, domain: "bench", mode: "write", records, nowMs: Date.now });
  let [ms, cpuSeconds, left] = [0, 0, facts / FACTS_PER_COMMIT];
  for (const commit of commitsOf(feed)) {
    if (left-- === 0) break;
    const cpu = process.cpuUsage();
    const beganMs = performance.now();
    await ledger.append(commit);
    ms += performance.now() - beganMs;
    cpuSeconds += ownCpuSeconds(cpu);
  }
  await ledger.close();
  return { seconds: ms / 1000, cpuSeconds, rssMiB: peakRssMiB() };
});
