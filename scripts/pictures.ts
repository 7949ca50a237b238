import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import { systemClock } from "#core/clock.ts";
import { startEmitter } from "../demo/emitter-process.ts";
import { startAnvil } from "../demo/world/anvil.ts";
import { chainSection } from "../demo/world/chain-section.ts";
import { deploy, type World } from "../demo/world/deploy.ts";
import { type LoadOptions, load } from "../demo/world/load.ts";
import { preview } from "../observability/preview/preview.ts";
import { writePreview } from "../observability/preview/write.ts";
import { type Stack, startStack } from "../stack/start.ts";

/** The pictures of the README, and how many rows of each dashboard they show. */
const PICTURES = [
  { uid: "offing-home", rows: 2 },
  { uid: "offing-chain", rows: 2 },
];
const FOLDER = join(import.meta.dirname, "..", "docs", "pictures");
const MOST_BYTES = 200_000;
const SECONDS_PER_BLOCK = 2;

/** Six minutes of a chain's life: quiet, the vault's oracle unhealthy, mended, the PSM's oracle gone. One kind of trouble at a time changes little else. */
const ACTS: readonly { readonly blocks: number; readonly mix: NonNullable<LoadOptions["mix"]> }[] = [
  { blocks: 45, mix: { success: 9, reverted: 1 } },
  { blocks: 30, mix: { BUYBACK_ORACLE_UNHEALTHY: 1 } },
  { blocks: 45, mix: { success: 9, reverted: 1 } },
  { blocks: 45, mix: { PSM_ORACLE_MISSING: 1 } },
];

/** `npm run pictures`: lets a chain live for six minutes beside a real stack and takes the README's pictures of its dashboards. */
async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "offing-pictures-"));
  const stack = await startStack({ directory: join(folder, "stack"), ports: "free", alertHistory: true });
  const anvil = await startAnvil({ folder: join(folder, "anvil") });
  try {
    const world = await deploy({ url: anvil.url, rpc: anvil.rpc });
    const emitter = await startEmitter({
      domain: "chain",
      config: writeConfig(folder, { stack, world }),
      logFile: join(folder, "chain.log"),
    });
    try {
      for (const [index, act] of ACTS.entries()) {
        process.stderr.write(`act ${index + 1} of ${ACTS.length}\n`);
        await play(world, { ...act, seed: index + 1 });
      }
      await sleep(3_000);
      await takeAll(stack);
    } finally {
      await emitter.stop();
    }
  } finally {
    await anvil.stop();
    await stack.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Blocks at the pace of the clock, so that chain time and the time of the pictures are one. */
async function play(
  world: World,
  { blocks, mix, seed }: { readonly blocks: number; readonly mix: object; readonly seed: number },
): Promise<void> {
  const startSeconds = Math.ceil(systemClock.nowMs() / 1000);
  let mined = 0;
  const pace = async (): Promise<void> => {
    mined += 1;
    await sleep(Math.max(0, (startSeconds + mined * SECONDS_PER_BLOCK) * 1000 - systemClock.nowMs()));
  };
  await load(world, { blocks, transactionsPerBlock: 4, mix, seed, startSeconds, secondsPerBlock: SECONDS_PER_BLOCK, mined: pace });
}

function writeConfig(folder: string, { stack, world }: { readonly stack: Stack; readonly world: World }): string {
  const { collector, prometheus, loki } = stack.endpoints;
  const config = join(folder, "offing.yaml");
  const sections = {
    ledger: { sqlite: "ledger.db" },
    collector: { url: collector, interval: "2s" },
    http: { listen: "127.0.0.1:0" },
    backends: { prometheus, loki },
    chain: { ...chainSection(world), rpc: { urls: [world.url], poll_interval: "200ms" } },
  };
  writeFileSync(config, stringify(sections));
  return config;
}

async function takeAll({ endpoints }: Stack): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), "offing-picture-"));
  for (const { uid, rows } of PICTURES) {
    const drawn = await preview({ ...endpoints, from: "now-6m", to: "now", only: [uid], rows, nowMs: systemClock.nowMs() });
    if (drawn.faults.length > 0) throw new Error(drawn.faults.join("\n"));
    await writePreview(drawn, { folder, png: true });
    const file = join(FOLDER, `${uid}.png`);
    copyFileSync(join(folder, `${uid}.png`), file);
    const bytes = statSync(file).size;
    process.stdout.write(`${file}: ${Math.round(bytes / 1000)} kB\n`);
    if (bytes > MOST_BYTES) throw new Error(`${file} is larger than ${MOST_BYTES / 1000} kB: show fewer rows`);
  }
  rmSync(folder, { recursive: true });
}

await main();
