import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { PSM, VAULT } from "./recording.ts";

const FOLDER = fileURLToPath(new URL("./ponder/", import.meta.url));
const POLL_MS = 20;

/** What Ponder is to index. */
export interface PonderOrder {
  readonly url: string;
  readonly blocks: number;
  readonly traces: boolean;
  /** An empty database. */
  readonly postgresUrl: string;
}

/** What it found, as `hash action` in the order of the blocks, and how long it took from its first block request on. */
export interface PonderAnswer {
  readonly version: string;
  readonly successes: readonly string[];
  readonly seconds: number;
}

/**
 * Installs Ponder from its own lockfile when it is not there; nothing else of Offing needs it.
 *
 * @throws Error when npm fails
 */
export async function installPonder(say: (text: string) => void, signal: AbortSignal): Promise<void> {
  if (existsSync(`${FOLDER}node_modules/ponder`)) return;
  say("installing Ponder, about two minutes");
  const [code] = (await once(
    spawn("npm", ["ci", "--no-fund", "--no-audit", "--loglevel=error"], { cwd: FOLDER, stdio: ["ignore", "ignore", "inherit"], signal }),
    "close",
  )) as [number];
  if (code !== 0) throw new Error("npm could not install Ponder");
}

/**
 * Lets Ponder index the history of a recorded node into PostgreSQL, until it says that it is ready.
 *
 * The clock starts with its first request for data, not with its start: it compiles its project first.
 *
 * @throws Error when it ends before it is ready
 */
export async function runPonder({ url, blocks, traces, postgresUrl }: PonderOrder, signal: AbortSignal): Promise<PonderAnswer> {
  const port = await freePort();
  const env = {
    ...process.env,
    BENCH_RPC_URL: url,
    BENCH_POSTGRES_URL: postgresUrl,
    BENCH_PSM: PSM,
    BENCH_VAULT: VAULT,
    BENCH_BLOCKS: String(blocks),
    BENCH_TRACES: traces ? "1" : "0",
    PONDER_TELEMETRY_DISABLED: "true",
  };
  const args = [
    "node_modules/ponder/dist/esm/bin/ponder.js",
    "start",
    "--schema",
    "bench",
    "--port",
    String(port),
    "--hostname",
    "127.0.0.1",
    "--log-level",
    "error",
  ];
  const child = spawn(process.execPath, args, { cwd: FOLDER, env, stdio: ["ignore", process.stderr.fd, "inherit"], signal });
  const ended = once(child, "close").catch(() => []);
  try {
    const asked = await requestCount(url);
    const startedMs = await until(async () => (await requestCount(url)) > asked, ended);
    const readyMs = await until(async () => await isReady(port), ended);
    return { version: "0.16.10", successes: await rows(postgresUrl), seconds: (readyMs - startedMs) / 1000 };
  } finally {
    child.kill();
    await ended;
  }
}

/** When a condition first held. @throws Error when Ponder ends before */
async function until(condition: () => Promise<boolean>, ended: Promise<unknown>): Promise<number> {
  let over = false;
  void ended.then(() => {
    over = true;
  });
  while (!over) {
    if (await condition()) return performance.now();
    await sleep(POLL_MS);
  }
  throw new Error("Ponder ended before it was ready");
}

/** How often the node was asked for logs, blocks or traces. */
async function requestCount(url: string): Promise<number> {
  const counts = (await (await fetch(url)).json()) as Record<string, number>;
  return ["eth_getLogs", "debug_traceBlockByNumber", "debug_traceBlockByHash"].reduce((sum, method) => sum + (counts[method] ?? 0), 0);
}

async function isReady(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/ready`)).status === 200;
  } catch {
    return false;
  }
}

async function rows(connectionString: string): Promise<readonly string[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const { rows: found } = await client.query<{ id: string }>("SELECT id FROM bench.operation");
    return found.map(({ id }) => id);
  } finally {
    await client.end();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new TypeError("a port was expected");
  return address.port;
}
