import { setTimeout as sleep } from "node:timers/promises";
import { EXAMPLE_NAMES, type ExampleNode, startExampleNode } from "../emitters/node/example/example-node.ts";
import type { World } from "../emitters/node/example/world.ts";
import { startNodeTelemetry } from "../emitters/node/library/start.ts";

/** What the process is told first: how to tell of itself, and whom it can reach. */
export interface NodeOrder {
  readonly telemetry: object;
  readonly world: Pick<World, "peers" | "chainUrl">;
}

/** What the process is told later: how its triple store behaves. */
export type TripleStore = "well" | "full" | "slow";

/** Longer than half a second, which is a drill's ten seconds. */
const SLOW_MS = 700;
const PAUSE_MS = 250;

/** The example node as a process of its own, which can be killed: commands come all the time, and its timers run. */
async function live({ telemetry, world }: NodeOrder): Promise<void> {
  const say = (message: string): void => void process.stderr.write(`${message}\n`);
  const told = await startNodeTelemetry({ telemetry, names: EXAMPLE_NAMES, log: { debug: () => {}, info: say, warn: say, error: say } });
  const node = await startExampleNode({ telemetry: told, world, database: ":memory:" });
  process.on("message", (behaviour: TripleStore) => {
    node.stores.failTriples(behaviour === "full");
    node.stores.slowTriples(behaviour === "slow" ? SLOW_MS : 0);
  });
  process.send?.("ready");
  await Promise.all([node.runTimers(new AbortController().signal), serveCommands(node)]);
}

async function serveCommands(node: ExampleNode): Promise<void> {
  for (let index = 0; ; index += 1) {
    await node.publish(`publish-${process.pid}-${index}`, 10_000 + index).catch(() => undefined);
    await node.get(`get-${process.pid}-${index}`, 10_000 + index);
    await sleep(PAUSE_MS);
  }
}

process.once("message", (order: NodeOrder) => {
  live(order).catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  });
});
// Whoever started it is gone.
process.once("disconnect", () => process.exit());
