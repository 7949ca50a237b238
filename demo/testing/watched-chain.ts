import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { reconcileChain } from "../../commands/reconcile.ts";
import { type Stack, type StartStackOptions, startStack } from "../../stack/start.ts";
import { type EmitterProcess, startEmitter } from "../emitter-process.ts";
import { startAnvil } from "../world/anvil.ts";
import { chainSection } from "../world/chain-section.ts";
import { deploy, type World } from "../world/deploy.ts";
import type { load } from "../world/load.ts";

/** A stack, a chain with the small world on it, and the configuration of an emitter between the two. */
export interface WatchedChain {
  /** Removed when it stops. */
  readonly folder: string;
  readonly stack: Stack;
  readonly world: World;
  /** Path of the configuration. */
  readonly config: string;
  /** Starts the chain emitter. */
  readonly startEmitter: () => Promise<EmitterProcess>;
  readonly stop: () => Promise<void>;
}

/** Starts all of it but the emitter. @param stackOptions - takes the folder that everything is in */
export async function startWatchedChain(
  stackOptions: (folder: string) => Omit<StartStackOptions, "directory" | "ports"> = () => ({}),
): Promise<WatchedChain> {
  const folder = mkdtempSync(join(tmpdir(), "offing-watched-"));
  const [stack, anvil] = await Promise.all([
    startStack({ directory: join(folder, "stack"), ports: "free", ...stackOptions(folder) }),
    startAnvil({ folder: join(folder, "anvil") }),
  ]);
  const world = await deploy({ url: anvil.url, rpc: anvil.rpc });
  const { collector, prometheus, loki, tempo } = stack.endpoints;
  const config = join(folder, "offing.yaml");
  const sections = {
    ledger: { sqlite: "ledger.db" },
    collector: { url: collector, interval: "500ms", timeout: "2s" },
    http: { listen: "127.0.0.1:0" },
    backends: { prometheus, loki, ...(tempo !== null && { tempo }) },
    chain: { ...chainSection(world), rpc: { urls: [world.url], poll_interval: "100ms" } },
  };
  writeFileSync(config, stringify(sections));
  return {
    folder,
    stack,
    world,
    config,
    startEmitter: () => startEmitter({ domain: "chain", config, logFile: join(folder, "chain.log") }),
    stop: async () => {
      await stack.stop();
      await anvil.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What is not equal between the chain's own truth, the ledger, Prometheus and Loki; nothing when all is well. */
export async function unequal(
  config: string,
  { byReason }: Pick<Awaited<ReturnType<typeof load>>, "byReason">,
  waitMs: number,
): Promise<readonly string[]> {
  const { rows, missingLogCount, faults, equal } = await reconcileChain({ config, set: [] }, waitMs);
  const ofReason = (code: string): number =>
    rows
      .filter(({ metric, labels }) => metric === "oracle.required.failures" && labels["reason_code"] === code)
      .reduce((sum, { ledger }) => sum + ledger, 0);
  return [
    ...rows.filter((row) => !row.equal).map((row) => JSON.stringify(row)),
    ...(missingLogCount === 0 ? [] : [`${missingLogCount} lines are missing`]),
    ...faults.map(String),
    ...(equal ? [] : ["not equal"]),
    ...Object.entries(byReason).flatMap(([code, { current }]) =>
      ofReason(code) === current ? [] : [`${code}: ${ofReason(code)} in the ledger, ${current} on the chain`],
    ),
  ];
}
