import type { Fact } from "#core/fact.ts";
import type { ProjectorOptions } from "#core/projector.ts";
import { countingEmitter } from "#core/testing/counting-emitter.ts";
import { METRICS, PROJECTION, signals, zerosOf } from "../emitters/chain/signals.ts";
import { chainConfig } from "./chain-world.ts";
import type { Feed } from "./commits.ts";

/** What a feed's facts become: the chain's own signals, or a span and a record with one attribute each and one count. */
export function projectionOf(feed: Feed): Pick<ProjectorOptions<Fact>, "projection" | "metrics" | "zeros" | "signals"> {
  // A feed's ledger holds the feed's facts and no others.
  if (feed === "chain") return { projection: PROJECTION, metrics: METRICS, zeros: zerosOf(chainConfig()), signals: signals as never };
  const { projection, metrics, zeros, signals: plain } = countingEmitter({ count: 0, batchSize: 1 });
  return { projection, metrics, zeros, signals: plain as never };
}
