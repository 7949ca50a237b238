import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { startPostgres } from "#core/testing/postgres.ts";
import { reconcileChain } from "../commands/reconcile.ts";
import { type Stack, startStack } from "../stack/start.ts";
import { type EmitterProcess, startEmitter, untilIndexed } from "./emitter-process.ts";
import { type Anvil, startAnvil } from "./world/anvil.ts";
import { chainSection } from "./world/chain-section.ts";
import { deploy, type World } from "./world/deploy.ts";
import { load } from "./world/load.ts";
import { headOf } from "./world/traffic.ts";

let folder: string;
let stack: Stack;
let anvil: Anvil;
let world: World;
let config: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "offing-faults-"));
  [stack, anvil] = await Promise.all([
    startStack({ directory: join(folder, "stack"), ports: "free" }),
    startAnvil({ folder: join(folder, "anvil") }),
  ]);
  world = await deploy({ url: anvil.url, rpc: anvil.rpc });
  config = join(folder, "offing.yaml");
  const { collector, prometheus, loki } = stack.endpoints;
  const sections = {
    ledger: { sqlite: "ledger.db" },
    collector: { url: collector, interval: "500ms" },
    http: { listen: "127.0.0.1:0" },
    backends: { prometheus, loki },
    chain: { ...chainSection(world), rpc: { urls: [world.url], poll_interval: "100ms" } },
  };
  writeFileSync(config, stringify(sections));
});
afterAll(async () => {
  await stack?.stop();
  await anvil?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function start(): Promise<EmitterProcess> {
  return await startEmitter({ domain: "chain", config, logFile: join(folder, "chain.log") });
}

test("an emitter killed under load and a Collector killed beside it leave every number equal", async () => {
  const seed = Number(process.env["OFFING_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  process.stdout.write(`fault test seed ${seed}\n`);
  const loading = load(world, { blocks: 120, transactionsPerBlock: 12, seed, mined: () => sleep(50) });
  let emitter = await start();
  for (let kill = 0; kill < 5; kill += 1) {
    await sleep(200 + ((seed >>> kill) % 700));
    await emitter.stop("SIGKILL");
    if (kill === 2) await stack.parts.collector.kill("SIGKILL");
    emitter = await start();
    if (kill === 3) await stack.parts.collector.start();
  }
  const { byReason } = await loading;
  await untilIndexed(emitter, { blockNumber: Number((await headOf(world)).number), timeoutMs: 60_000 });
  const report = await reconcileChain({ config, set: [] }, 90_000);
  expect(report.rows.filter((row) => !row.equal)).toEqual([]);
  expect(report).toMatchObject({ equal: true, missingLogCount: 0, faults: [] });
  for (const [code, { current }] of Object.entries(byReason)) {
    const rows = report.rows.filter((row) => row.metric === "oracle.required.failures" && row.labels["reason_code"] === code);
    expect(
      rows.reduce((sum, row) => sum + row.ledger, 0),
      code,
    ).toBe(current);
  }
  await emitter.stop();
});

test("on PostgreSQL the numbers end equal too", async () => {
  const postgres = await startPostgres();
  try {
    const own = join(folder, "postgres.yaml");
    const { ledger: _, ...sections } = parse(readFileSync(config, "utf8")) as Record<string, unknown>;
    writeFileSync(join(folder, "postgres-url"), postgres.url);
    writeFileSync(own, stringify({ ...sections, ledger: { postgres: { url_file: "postgres-url" } } }));
    let emitter = await startEmitter({ domain: "chain", config: own, logFile: join(folder, "postgres.log") });
    const loading = load(world, { blocks: 20, transactionsPerBlock: 10, seed: 7, mined: () => sleep(50) });
    await sleep(500);
    await emitter.stop("SIGKILL");
    emitter = await startEmitter({ domain: "chain", config: own, logFile: join(folder, "postgres.log") });
    const { byReason } = await loading;
    await untilIndexed(emitter, { blockNumber: Number((await headOf(world)).number), timeoutMs: 60_000 });
    const report = await reconcileChain({ config: own, set: [] }, 90_000);
    expect(report).toMatchObject({ equal: true, missingLogCount: 0, faults: [] });
    for (const [code, { current }] of Object.entries(byReason)) {
      const rows = report.rows.filter((row) => row.metric === "oracle.required.failures" && row.labels["reason_code"] === code);
      expect(
        rows.reduce((sum, row) => sum + row.ledger, 0),
        code,
      ).toBe(current);
    }
    await emitter.stop();
  } finally {
    await postgres.stop();
  }
});

test("a second emitter on the same ledger ends at once with a clear error", async () => {
  const first = await start();
  await expect(start()).rejects.toMatchObject({ message: expect.stringContaining("LEDGER_LOCKED") });
  await first.stop();
  const { code } = await first.exited;
  expect(code).toBe(0);
});
