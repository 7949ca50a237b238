import { setImmediate as turn } from "node:timers/promises";
import type { Fact, StoredFact } from "#core/fact.ts";
import { OtlpCollection, type OtlpPiece } from "#core/otlp-proto.ts";
import type { Signal } from "#core/signal.ts";
import { Tally } from "#core/tally.ts";

/** What a row of facts becomes, ready to be sent and counted. The facts themselves are no longer in it. */
export interface EncodedBatch {
  /** How many facts. */
  readonly facts: number;
  /** The position of the last; undefined when there is none. */
  readonly toSeq: number | undefined;
  /** When the first was written, Unix milliseconds; undefined when there is none. */
  readonly oldestMs: number | undefined;
  readonly spans: OtlpPiece;
  readonly logs: OtlpPiece;
  readonly tally: Tally;
  /** It was cut off by a limit, so the ledger may have more. */
  readonly more: boolean;
}

/** Where facts come from, and what becomes of them. */
export interface BatchSource<F extends Fact> {
  readonly read: (afterSeq: number, limit: number) => Promise<readonly StoredFact<F>[]>;
  readonly signals: (stored: StoredFact<F>) => readonly Signal[];
  readonly onUnknownLabel: () => void;
}

/** Reads facts and encodes them, one batch at a time. */
export interface BatchReader {
  /** What comes after a position, up to one of the limits or the ledger's head. */
  readonly next: (afterSeq: number, limit: number) => Promise<EncodedBatch>;
  /** Everything after one position up to and with another, whatever its size: what another process had begun to send. */
  readonly exactly: (afterSeq: number, toSeq: number) => Promise<EncodedBatch>;
}

/** So many facts take about a millisecond: what is on its way to the Collector meanwhile must not wait for longer. */
const FACTS_PER_TURN = 50;
/** Rows are held as text, as facts and as bytes at once, so they are read a few at a time. */
const FACTS_PER_READ = 250;
/** A batch is closed once it holds so much: large facts make small batches, so that memory is bounded by bytes and not by their number. */
const BATCH_BYTES = 1_000_000;

/**
 * Makes a reader of batches. What it gives is a function of the facts alone, so a batch may be read before those ahead of it are
 * acknowledged. It gives way to the event loop again and again, and uses the same memory for every batch.
 */
export function createBatchReader<F extends Fact>(source: BatchSource<F>): BatchReader {
  const collected: Collected = { spans: new OtlpCollection(), logs: new OtlpCollection() };
  return {
    next: async (afterSeq, limit) => {
      const batch = begin(collected, true);
      while (batch.more && batch.facts < limit && collected.spans.bytes + collected.logs.bytes < BATCH_BYTES) {
        const wanted = Math.min(FACTS_PER_READ, limit - batch.facts);
        const rows = await source.read(batch.toSeq ?? afterSeq, wanted);
        await add(rows, { source, collected, batch });
        batch.more = rows.length === wanted;
      }
      return end(collected, batch);
    },
    exactly: async (afterSeq, toSeq) => {
      const batch = begin(collected, false);
      for (let at = afterSeq; at < toSeq; ) {
        const rows = await source.read(at, FACTS_PER_READ);
        await add(
          rows.filter(({ seq }) => seq <= toSeq),
          { source, collected, batch },
        );
        at = rows.length < FACTS_PER_READ ? toSeq : (rows.at(-1)?.seq ?? toSeq);
      }
      return end(collected, batch);
    },
  };
}

interface Collected {
  readonly spans: OtlpCollection;
  readonly logs: OtlpCollection;
}

interface GrowingBatch {
  facts: number;
  toSeq: number | undefined;
  oldestMs: number | undefined;
  more: boolean;
  readonly tally: Tally;
}

function begin({ spans, logs }: Collected, more: boolean): GrowingBatch {
  // A reading that failed half way left something behind.
  spans.take();
  logs.take();
  return { facts: 0, toSeq: undefined, oldestMs: undefined, more, tally: new Tally() };
}

function end({ spans, logs }: Collected, batch: GrowingBatch): EncodedBatch {
  return { ...batch, spans: spans.take(), logs: logs.take() };
}

interface Work<F extends Fact> {
  readonly source: BatchSource<F>;
  readonly collected: Collected;
  readonly batch: GrowingBatch;
}

async function add<F extends Fact>(rows: readonly StoredFact<F>[], { source, collected, batch }: Work<F>): Promise<void> {
  for (const [index, stored] of rows.entries()) {
    if (index > 0 && index % FACTS_PER_TURN === 0) await turn();
    const signals = source.signals(stored);
    for (const signal of signals) {
      if (signal.type === "span") collected.spans.span(signal);
      if (signal.type === "log") collected.logs.log(signal, stored);
    }
    batch.tally.count(signals, stored.fact, source.onUnknownLabel);
    batch.facts += 1;
    batch.toSeq = stored.seq;
    batch.oldestMs ??= stored.writtenAtMs;
  }
}
