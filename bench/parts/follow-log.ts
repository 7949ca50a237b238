import { existsSync, rmSync, statSync } from "node:fs";
import { PassThrough } from "node:stream";
import { systemClock } from "#core/clock.ts";
import { openLedger } from "#core/ledger/open.ts";
import { createLog } from "#core/log.ts";
import { createMeter } from "#core/meter.ts";
import { NO_RECORDS, runStream } from "#core/run-stream.ts";
import { nodeEmitter } from "../../emitters/node/main.ts";
import { loadMapping } from "../../emitters/node/mapping.ts";
import { POSITIONS } from "../../emitters/node/observation.ts";
import { servePart } from "../part.ts";
import { ownCpuSeconds, peakRssMiB } from "../usage.ts";

/** What is followed, and where its signals go. */
export interface FollowOrder {
  readonly file: string;
  readonly sqlite: string;
  /** A receiver that acknowledges everything. */
  readonly url: string;
  readonly traces: boolean;
  readonly logs: boolean;
}

/** What it took. */
export interface FollowAnswer {
  /** Lines the ledger's totals say, so that nothing is measured that was not done. */
  readonly lines: number;
  readonly commands: number;
  readonly cpuSeconds: number;
  /** Lines per second of processor time once a quarter of the file was read, when everything is compiled. */
  readonly steadyLinesPerCpuSecond: number;
  readonly peakRssMiB: number;
}

await servePart<FollowOrder, FollowAnswer>(async ({ file, sqlite, url, traces, logs }) => {
  if (existsSync(sqlite)) rmSync(sqlite);
  const stop = new AbortController();
  const { size } = statSync(file);
  const config = {
    serviceName: "node",
    inputs: [{ type: "file" as const, path: file, pattern: undefined, format: "rust-tracing" }],
    mappings: new Map([["rust-tracing", loadMapping("rust-tracing")]]),
    names: {},
    signals: { traces, logs },
    from: "beginning" as const,
    maxLineBytes: 16_777_216,
    spoolBytes: 1_000_000,
    openLimit: 10_000,
    pairWaitMs: 10_000,
    openAgeMs: 86_400_000,
  };
  const log = createLog({ level: "error", write: (line) => process.stderr.write(line) });
  const emitter = nodeEmitter(config, { clock: systemClock, log, stdin: new PassThrough(), spoolFolder: "" });
  const before = process.cpuUsage();
  let warm: { readonly offset: number; readonly usage: NodeJS.CpuUsage } | undefined;
  let steadyCpuSeconds = Number.NaN;
  const watched = {
    ...emitter,
    onCommitted: (changes: Parameters<NonNullable<typeof emitter.onCommitted>>[0]) => {
      const position = changes.find(({ collection }) => collection === POSITIONS)?.value as { offset?: number } | undefined;
      const offset = position?.offset ?? 0;
      if (offset >= size / 4) warm ??= { offset, usage: process.cpuUsage() };
      if (offset !== size || warm === undefined) return;
      steadyCpuSeconds = ownCpuSeconds(warm.usage);
      stop.abort();
    },
  };
  await runStream(
    {
      emitter: watched,
      location: { sqlite },
      collector: { url, headers: {}, timeoutMs: 10_000, intervalMs: 1_000 },
      http: { host: "127.0.0.1", port: 0 },
      resource: { "service.name": "node" },
      slot: "bench",
      version: "0",
      meter: createMeter(),
      clock: systemClock,
      log,
    },
    stop.signal,
  );
  const cpuSeconds = ownCpuSeconds(before);
  const ledger = await openLedger({ location: { sqlite }, domain: "node", mode: "read", records: NO_RECORDS, nowMs: Date.now });
  const totals = await ledger.stream.totals();
  await ledger.close();
  const sum = (metric: string) => totals.filter((total) => total.metric === metric).reduce((all, { value }) => all + value, 0);
  const lines = sum("offing.node.log.lines");
  // Lines are of much the same length.
  const steadyLines = (lines * (size - (warm?.offset ?? 0))) / size;
  const steadyLinesPerCpuSecond = steadyLines / steadyCpuSeconds;
  return { lines, commands: sum("node.command"), cpuSeconds, steadyLinesPerCpuSecond, peakRssMiB: peakRssMiB() };
});
