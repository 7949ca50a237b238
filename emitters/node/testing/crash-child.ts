import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { systemClock } from "#core/clock.ts";
import type { LedgerLocation } from "#core/ledger/ledger.ts";
import { stderrLog } from "#core/log.ts";
import { createMeter } from "#core/meter.ts";
import { runStream } from "#core/run-stream.ts";
import { nodeEmitter } from "../main.ts";
import { loadMapping } from "../mapping.ts";

/** What the parent says as JSON on standard input. */
export interface CrashOrder {
  readonly location: LedgerLocation;
  readonly collector: string;
  readonly path: string;
}

const { location, collector, path } = JSON.parse(await text(process.stdin)) as CrashOrder;
const emitter = nodeEmitter(
  {
    serviceName: "node",
    inputs: [{ type: "file", path, pattern: undefined, format: "rust-tracing" }],
    mappings: new Map([["rust-tracing", loadMapping("rust-tracing")]]),
    names: {},
    signals: { traces: true, logs: false },
    from: "beginning",
    maxLineBytes: 1_000_000,
    spoolBytes: 1_000_000,
    openLimit: 10_000,
    pairWaitMs: 600_000,
    openAgeMs: 86_400_000,
  },
  { clock: systemClock, log: stderrLog, stdin: new PassThrough(), spoolFolder: "" },
);
const stop = new AbortController();
process.once("SIGTERM", () => stop.abort());
await runStream(
  {
    emitter,
    location,
    collector: { url: collector, headers: {}, timeoutMs: 5_000, intervalMs: 200 },
    http: { host: "127.0.0.1", port: 0 },
    resource: { "service.name": "node" },
    slot: "test-node",
    version: "0.0.0",
    meter: createMeter(),
    clock: systemClock,
    log: stderrLog,
  },
  stop.signal,
);
process.exit(0);
