import { PassThrough, type Readable } from "node:stream";
import { type Clock, systemClock } from "#core/clock.ts";
import type { LedgerLocation } from "#core/ledger/ledger.ts";
import { openLedger } from "#core/ledger/open.ts";
import { createLog } from "#core/log.ts";
import { createMeter } from "#core/meter.ts";
import type { Redaction } from "#core/redact.ts";
import { NO_RECORDS, runStream } from "#core/run-stream.ts";
import type { InputConfig, NodeConfig } from "../config.ts";
import { nodeEmitter } from "../main.ts";
import { loadMapping } from "../mapping.ts";

/** What one run of the whole emitter is made from. */
export interface WholeRunOptions {
  readonly location: LedgerLocation;
  readonly collector: string;
  readonly inputs: readonly InputConfig[];
  readonly config?: Partial<NodeConfig>;
  readonly redaction?: Redaction;
  readonly stdin?: Readable;
  readonly spoolFolder?: string;
  /** The system's own when left out. */
  readonly clock?: Clock;
}

/** The emitter at work, from its inputs to the Collector. */
export interface WholeRun {
  /** It has come to its own end, or was stopped. */
  readonly ended: Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Starts the whole emitter in this process; only Rust's mapping is there, and a test's own. */
export function wholeRun({
  location,
  collector,
  inputs,
  config,
  redaction,
  stdin,
  spoolFolder,
  clock = systemClock,
}: WholeRunOptions): WholeRun {
  const log = createLog({ level: "error", write: () => {} });
  const whole: NodeConfig = {
    serviceName: "node",
    inputs,
    mappings: new Map([["rust-tracing", loadMapping("rust-tracing")]]),
    names: {},
    signals: { traces: true, logs: true },
    from: "beginning",
    maxLineBytes: 1_000_000,
    spoolBytes: 10_000_000,
    openLimit: 1_000,
    pairWaitMs: 600_000,
    openAgeMs: 86_400_000,
    ...config,
  };
  const emitter = nodeEmitter(whole, { clock, log, stdin: stdin ?? new PassThrough(), spoolFolder: spoolFolder ?? "" });
  const stop = new AbortController();
  const ended = runStream(
    {
      emitter,
      location,
      collector: { url: collector, headers: {}, timeoutMs: 5_000, intervalMs: 200, ...(redaction && { redaction }) },
      http: { host: "127.0.0.1", port: 0 },
      resource: { "service.name": "node" },
      slot: "test-node",
      version: "0.0.0",
      meter: createMeter(),
      clock,
      log,
    },
    stop.signal,
  );
  return {
    ended,
    stop: async () => {
      stop.abort();
      await ended;
    },
  };
}

/** What a ledger has counted: `name{labels}` with the values that are not 0, a histogram's as its count. */
export async function countsIn(location: LedgerLocation): Promise<Readonly<Record<string, number>>> {
  const ledger = await openLedger({ location, domain: "node", mode: "read", records: NO_RECORDS, nowMs: Date.now });
  try {
    const counts = (await ledger.stream.totals()).map(({ metric, labels, value, buckets }) => {
      return [`${metric}${labels}`, buckets === null ? value : buckets.reduce((sum, n) => sum + n, 0)] as const;
    });
    return Object.fromEntries(counts.filter(([, value]) => value !== 0));
  } finally {
    await ledger.close();
  }
}
