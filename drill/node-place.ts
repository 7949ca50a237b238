import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { OffingError } from "#core/errors.ts";
import { startWorld, type World } from "../emitters/node/example/world.ts";
import type { Stack } from "../stack/start.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import type { NodeOrder, TripleStore } from "./node-child.ts";
import { untilSeen } from "./until-seen.ts";

/** A node on the library, its peers, and its way to the Collector. */
export interface NodePlace {
  /** Its peers and the chain that it asks; they live on when it dies. */
  readonly world: World;
  /** Between the node's spans and log records and the Collector; its metrics go straight. */
  readonly gateway: Gateway;
  readonly triples: (behaviour: TripleStore) => void;
  readonly killNode: () => Promise<void>;
  readonly startNode: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** The `service.name` of the node. */
export const NODE_JOB = "example-node";

/** How a node place is made. */
export interface NodePlaceOptions {
  readonly directory: string;
  readonly stack: Stack;
  /** How often the node tells of itself. */
  readonly reportMs: number;
}

/** Starts the peers and the node. */
export async function startNodePlace({ directory, stack, reportMs }: NodePlaceOptions): Promise<NodePlace> {
  mkdirSync(directory, { recursive: true });
  await using starting = new AsyncDisposableStack();
  const world = await startWorld();
  starting.defer(() => world.close());
  const gateway = await startGateway(stack.endpoints.collector);
  starting.defer(() => gateway.close());
  const order: NodeOrder = {
    world: { peers: world.peers, chainUrl: world.chainUrl },
    telemetry: {
      traces: { enabled: true, otlp_endpoint: gateway.url, service_name: NODE_JOB },
      logs: { enabled: true, otlp_endpoint: gateway.url },
      metrics: { enabled: true, otlp_endpoint: `http://${stack.endpoints.collectorGrpc}`, interval: `${reportMs}ms` },
    },
  };
  let child: ChildProcess | undefined;
  const killNode = async (): Promise<void> => {
    if (child === undefined) return;
    const gone = child.exitCode === null && child.signalCode === null ? once(child, "exit") : undefined;
    child.kill("SIGKILL");
    await gone;
    child = undefined;
  };
  starting.defer(killNode);
  const place: NodePlace = {
    world,
    gateway,
    triples: (behaviour) => void child?.send(behaviour),
    killNode,
    startNode: async () => {
      child ??= await startChild(order, join(directory, "node.log"));
    },
    stop: () => closing.disposeAsync(),
  };
  await place.startNode();
  await untilSeen(stack.endpoints.prometheus, `offing_node_start_timestamp_seconds{job="${NODE_JOB}"}`);
  const closing = starting.move();
  return place;
}

async function startChild(order: NodeOrder, logFile: string): Promise<ChildProcess> {
  const log = openSync(logFile, "a");
  const child = fork(join(import.meta.dirname, "node-child.ts"), { stdio: ["ignore", log, log, "ipc"], detached: true });
  const ready = await new Promise<boolean>((resolve) => {
    child.once("message", () => resolve(true));
    child.once("exit", () => resolve(false));
    child.send(order);
  });
  if (!ready) throw new OffingError("DEMO_FAILED", { message: "the example node did not start", context: { log: logFile } });
  return child;
}
