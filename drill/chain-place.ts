import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import { type RpcProxy, startRpcProxy } from "#core/testing/rpc-proxy.ts";
import { type EmitterProcess, startEmitter, untilIndexed } from "../demo/emitter-process.ts";
import { startAnvil } from "../demo/world/anvil.ts";
import { buyback, type Call, mint, redeem } from "../demo/world/calls.ts";
import { chainSection } from "../demo/world/chain-section.ts";
import { deploy, type World } from "../demo/world/deploy.ts";
import { headOf, play } from "../demo/world/traffic.ts";
import type { Stack } from "../stack/start.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import { untilSeen } from "./until-seen.ts";

/** A chain that lives: a block each second, in which users mint, redeem and buy back, and the emitter that watches it. */
export interface ChainPlace {
  readonly world: World;
  /** Between the emitter and the node: faults of an endpoint are acted here. */
  readonly endpoint: RpcProxy;
  /** Between the emitter and the Collector. */
  readonly gateway: Gateway;
  /** What is sent for each block. */
  traffic: () => readonly Call[];
  /** False while nobody mines. */
  mining: boolean;
  /** Sends calls in a block of their own, after the block that is being mined. */
  readonly send: (calls: readonly Call[]) => Promise<void>;
  /** Runs alone: no block is mined meanwhile. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>;
  readonly emitter: () => EmitterProcess;
  readonly stopEmitter: (signal: NodeJS.Signals) => Promise<void>;
  readonly startEmitter: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** What users do while all is well. */
export const ORDINARY: readonly Call[] = [mint(), redeem({ user: 1 }), buyback({ user: 2 })];

const INDEXED_MS = 60_000;

/** How a chain place is made. */
export interface ChainPlaceOptions {
  readonly directory: string;
  readonly stack: Stack;
  /** How often the emitter tells of itself. */
  readonly reportMs: number;
}

/** Starts a chain and its emitter, and waits until the emitter is level with it. */
export async function startChainPlace({ directory, stack, reportMs }: ChainPlaceOptions): Promise<ChainPlace> {
  mkdirSync(directory, { recursive: true });
  await using starting = new AsyncDisposableStack();
  const anvil = await startAnvil({ folder: join(directory, "anvil") });
  starting.defer(() => anvil.stop());
  const world = await deploy({ url: anvil.url, rpc: anvil.rpc });
  const endpoint = await startRpcProxy(anvil.url);
  starting.defer(() => endpoint.close());
  const gateway = await startGateway(stack.endpoints.collector);
  starting.defer(() => gateway.close());
  const config = join(directory, "offing.yaml");
  writeFileSync(config, `# Written by ./offing drill.\n${stringify(configOf(world, { endpoint, gateway, stack, reportMs }))}`);
  const begin = (): Promise<EmitterProcess> => startEmitter({ domain: "chain", config, logFile: join(directory, "chain.log") });
  const alone = serially();
  const miner = new AbortController();
  let emitter: EmitterProcess | undefined;
  const place: ChainPlace = {
    world,
    endpoint,
    gateway,
    traffic: () => ORDINARY,
    mining: true,
    alone,
    send: (calls) => alone(() => mineNow(world, calls)),
    emitter: () => {
      if (emitter === undefined) throw new TypeError("the chain emitter does not run");
      return emitter;
    },
    stopEmitter: async (signal) => {
      await emitter?.stop(signal);
      emitter = undefined;
    },
    startEmitter: async () => {
      emitter ??= await begin();
    },
    stop: () => closing.disposeAsync(),
  };
  const mining = keepMining(place, miner.signal);
  starting.defer(async () => {
    miner.abort();
    await mining;
  });
  starting.defer(() => place.stopEmitter("SIGTERM"));
  await place.send(ORDINARY);
  await place.startEmitter();
  await untilIndexed(place.emitter(), { blockNumber: Number((await headOf(world)).number), timeoutMs: INDEXED_MS });
  await untilSeen(stack.endpoints.prometheus, 'offing_heartbeat_timestamp_seconds{job="offing-chain"}');
  const closing = starting.move();
  return place;
}

/** The thresholds that an operator chooses are a drill's to choose; the canary's pace is the quickest allowed. */
function configOf(
  world: World,
  { endpoint, gateway, stack, reportMs }: Pick<ChainPlaceOptions, "stack" | "reportMs"> & Pick<ChainPlace, "endpoint" | "gateway">,
): object {
  const { prometheus, loki, tempo } = stack.endpoints;
  return {
    environment: "drill",
    ledger: { sqlite: "ledger.db" },
    collector: { url: gateway.url, interval: `${reportMs}ms`, timeout: "2s" },
    http: { listen: "127.0.0.1:0" },
    backends: { prometheus, loki, ...(tempo !== null && { tempo }) },
    chain: {
      ...chainSection(world),
      rpc: { urls: [endpoint.url], poll_interval: "200ms", timeout: "2s" },
      backfill_above: 3,
      alerts: { buyback_blocked: "10s", psm_missing_count: 5, burst_window: "20s" },
      canary: {
        interval: "10s",
        calls: ["PSM_MINT", "PSM_REDEEM", "BUYBACK_EXECUTE"].map((action) => ({ action, args: [String(10n ** 18n)] })),
      },
    },
  };
}

async function keepMining(place: ChainPlace, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    if (place.mining) await place.alone(() => mineNow(place.world, place.traffic()));
    await sleep(1_000, undefined, { signal }).catch(() => undefined);
  }
}

/** Block times are whole seconds and must rise, so two blocks within one second put the second one ahead. */
async function mineNow(world: World, calls: readonly Call[]): Promise<void> {
  const headSeconds = Number((await headOf(world)).timestamp);
  await play(world, calls, { atSeconds: Math.max(headSeconds + 1, Math.floor(Date.now() / 1000)) });
}

/** One after the other, whoever asks. */
function serially(): ChainPlace["alone"] {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
}
