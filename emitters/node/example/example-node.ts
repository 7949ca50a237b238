import { setTimeout as sleep } from "node:timers/promises";
import type { NodeNames, NodeTelemetry } from "../library/start.ts";
import { createNetwork } from "./network.ts";
import { openStores, type Stores } from "./stores.ts";
import { createSyncPipeline, ualOf } from "./sync-pipeline.ts";
import type { World } from "./world.ts";

/** The names this node declares. */
export const EXAMPLE_NAMES: NodeNames = {
  command: ["publish", "get"],
  kind: ["publish", "get"],
  task: ["sync", "housekeeping"],
  stage: ["filter", "fetch", "insert"],
  protocol: ["evm_rpc", "get", "store"],
  query: ["upsert_operation", "count_collections", "insert_collection"],
  type: ["insert", "describe"],
  phase: ["start", "shutdown"],
};

/** A small node: commands from outside, tasks on timers, a sync pipeline, two stores, and peers. */
export interface ExampleNode {
  readonly publish: (operationId: string, index: number) => Promise<void>;
  readonly get: (operationId: string, index: number) => Promise<number>;
  /** One run of a task; a failure is recorded and not passed on, as a timer would do. */
  readonly runTask: (task: "sync" | "housekeeping") => Promise<void>;
  /** Runs the tasks on their timers until aborted. */
  readonly runTimers: (abort: AbortSignal) => Promise<void>;
  readonly stores: Stores;
  readonly close: () => Promise<void>;
}

const EVERY_SECONDS = { sync: 1, housekeeping: 5 } as const;
/** Fewer copies than this and a publish has failed. */
const MIN_REPLICAS = 2;

/** Starts the node in `world`, with `telemetry` of either kind. */
export async function startExampleNode(options: {
  readonly telemetry: NodeTelemetry;
  readonly world: Pick<World, "peers" | "chainUrl">;
  readonly database: string;
}): Promise<ExampleNode> {
  const { telemetry, world, database } = options;
  const { stores, pipeline, network } = await telemetry.runtime("start", {}, async () => {
    const opened = openStores(database, telemetry);
    const reached = createNetwork(telemetry, world);
    return { stores: opened, network: reached, pipeline: createSyncPipeline({ telemetry, stores: opened, network: reached }) };
  });
  const tasks = {
    sync: async () => {
      await pipeline.look();
      await pipeline.work();
    },
    housekeeping: async () => void (await stores.knownCollections()),
  };
  const runTask: ExampleNode["runTask"] = async (task) => {
    await telemetry
      .task(task, {}, tasks[task])
      .catch((error: Error) => telemetry.log("warn", `${task} failed: ${error.message}`, { task }));
    telemetry.task.nextDelay(task, EVERY_SECONDS[task]);
  };
  const operate = createOperate(telemetry, stores);
  return {
    stores,
    publish: (operationId, index) =>
      operate({ kind: "publish", operationId, ual: ualOf(index) }, async () => {
        await stores.insertTriples(ualOf(index), `<${ualOf(index)}> <http://schema.org/name> "Draft ${index}" .`);
        telemetry.operation.progress("publish", operationId, { ual: ualOf(index) });
        const copies = await network.replicate(operationId, ualOf(index));
        if (copies < MIN_REPLICAS) throw new Error(`only ${copies} copies`);
      }),
    get: (operationId, index) => operate({ kind: "get", operationId, ual: ualOf(index) }, () => stores.describe(ualOf(index))),
    runTask,
    runTimers: async (abort) => {
      const timer = async (task: "sync" | "housekeeping"): Promise<void> => {
        while (!abort.aborted) {
          await runTask(task);
          await sleep(EVERY_SECONDS[task] * 1_000, undefined, { signal: abort }).catch(() => {});
        }
      };
      await Promise.all([timer("sync"), timer("housekeeping")]);
    },
    close: () => telemetry.runtime("shutdown", {}, async () => stores.close()),
  };
}

interface Operation {
  readonly kind: "publish" | "get";
  readonly operationId: string;
  readonly ual: string;
}

/** A command from outside is an operation with an id, and its first step is a command. */
function createOperate({ command, operation, log }: NodeTelemetry, stores: Stores) {
  return async <T>({ kind, operationId, ual }: Operation, work: () => Promise<T>): Promise<T> => {
    operation.start(kind, operationId, { ual });
    try {
      const result = await command(kind, { operation_id: operationId, ual }, async () => {
        await stores.saveOperation(operationId, "in_progress");
        const done = await work();
        await stores.saveOperation(operationId, "completed");
        log("info", `${kind} done`, { operation_id: operationId });
        return done;
      });
      operation.end(kind, operationId, { status: "completed", ual });
      return result;
    } catch (error) {
      operation.end(kind, operationId, { status: "failed", ual, error });
      throw error;
    }
  };
}
