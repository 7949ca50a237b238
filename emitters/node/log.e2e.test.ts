import { appendFileSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { queryLoki, queryPrometheus } from "#core/backends.ts";
import { systemClock } from "#core/clock.ts";
import { openLedger } from "#core/ledger/open.ts";
import { createLog } from "#core/log.ts";
import { createMeter } from "#core/meter.ts";
import { NO_RECORDS, runStream } from "#core/run-stream.ts";
import { reconcileStream } from "#core/stream-reconcile.ts";
import { type Stack, startStack } from "../../stack/start.ts";
import { EXAMPLE_NAMES, startExampleNode } from "./example/example-node.ts";
import { scenes } from "./example/story.ts";
import { createTracingLog } from "./example/tracing-log.ts";
import { startWorld, type World } from "./example/world.ts";
import { nodeEmitter } from "./main.ts";
import { loadMapping } from "./mapping.ts";

let stack: Stack;
let world: World;
let folder: string;
let path: string;
let written = 0;
const stop = new AbortController();
let running: Promise<void>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "offing-node-log-"));
  path = join(folder, "node.log");
  [stack, world] = await Promise.all([startStack({ directory: join(folder, "stack"), ports: "free" }), startWorld()]);
});
afterAll(async () => {
  stop.abort();
  await running;
  await world?.close();
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const emitterOf = () =>
  nodeEmitter(
    {
      serviceName: "example-node",
      inputs: [{ type: "file", path, pattern: undefined, format: "auto" }],
      mappings: new Map([["rust-tracing", loadMapping("rust-tracing")]]),
      names: EXAMPLE_NAMES as Readonly<Record<string, readonly string[]>>,
      signals: { traces: true, logs: true },
      from: "beginning",
      maxLineBytes: 1_000_000,
      spoolBytes: 1_000_000,
      openLimit: 10_000,
      pairWaitMs: 10_000,
      openAgeMs: 86_400_000,
    },
    { clock: systemClock, log: quiet, stdin: new PassThrough(), spoolFolder: folder },
  );
const quiet = createLog({ level: "error", write: () => {} });

test("a node that only writes a log is seen in Prometheus and Loki, and every total reconciles", async () => {
  const location = { sqlite: join(folder, "node.db") };
  const emitter = emitterOf();
  running = runStream(
    {
      emitter,
      location,
      collector: { url: stack.endpoints.collector, headers: {}, timeoutMs: 5_000, intervalMs: 1_000 },
      http: { host: "127.0.0.1", port: 0 },
      resource: { "service.name": "example-node" },
      slot: "e2e-node",
      version: "0",
      meter: createMeter(),
      clock: systemClock,
      log: quiet,
    },
    stop.signal,
  );
  const telemetry = createTracingLog((line) => {
    written += 1;
    appendFileSync(path, line);
  });
  const node = await startExampleNode({ telemetry, world, database: ":memory:" });
  for (const [index, scene] of scenes(node, world).entries()) {
    await scene.play();
    if (index === 1) renameSync(path, `${path}.1`);
  }
  await node.close();
  const { prometheus, loki } = stack.endpoints;
  const sum = async (query: string) => (await queryPrometheus(prometheus, query))[0]?.value;
  await expect.poll(() => sum("sum(offing_node_log_lines_total)"), { timeout: 60_000, interval: 500 }).toBe(written);
  expect(await sum('node_command_total{command="publish",status="failed"}')).toBe(2);
  expect(await sum('node_sync_kc_processed_total{stage="insert",result="processed"}')).toBe(14);
  expect(await sum('node_network_requests_total{protocol="evm_rpc",outcome="timeout"}')).toBe(1);
  expect(await sum("node_sync_last_success_unix")).toBeGreaterThan(1_700_000_000);
  const ledger = await openLedger({ location, domain: "node", mode: "read", records: NO_RECORDS, nowMs: Date.now });
  const report = await reconcileStream({ ledger, metrics: emitter.metrics, prometheus, clock: systemClock, waitMs: 30_000 });
  expect(report.rows.filter(({ equal }) => !equal)).toEqual([]);
  expect(report).toMatchObject({ equal: true, faults: [] });
  const query = `{service_instance_id=${JSON.stringify(ledger.id)}}`;
  await ledger.close();
  const uids = async () => {
    const found = new Set<string>();
    const [fromUnixNano, toUnixNano] = [BigInt(Date.now() - 600_000) * 1_000_000n, BigInt(Date.now() + 60_000) * 1_000_000n];
    for await (const lines of queryLoki(loki, { query, fromUnixNano, toUnixNano })) {
      for (const { labels } of lines) found.add(labels["log_record_uid"] ?? "");
    }
    return found.size;
  };
  await expect.poll(uids, { timeout: 60_000, interval: 1_000 }).toBe(written);
});
