import type { NodeTelemetry, Ticket } from "../library/start.ts";
import type { Network } from "./network.ts";
import type { Stores } from "./stores.ts";

/** What waits to be fetched, and the span that queued it. */
interface Queued {
  readonly index: number;
  readonly ticket: Ticket | undefined;
}

/** The pipeline that keeps the node level with the chain. */
export interface SyncPipeline {
  /** Queues what the chain has and the node has not. */
  readonly look: () => Promise<void>;
  /** Works the queue off, one batch at a time; what fails stays for the next run. */
  readonly work: () => Promise<void>;
}

const BATCH = 10;

/** Makes a pipeline of a queue and the stages filter, fetch and insert. */
export function createSyncPipeline(parts: {
  readonly telemetry: NodeTelemetry;
  readonly stores: Stores;
  readonly network: Network;
}): SyncPipeline {
  const { telemetry, stores, network } = parts;
  const { syncStage } = telemetry;
  const queue: Queued[] = [];
  const queued = (): void => syncStage.queueDepth("fetch", queue.length);
  const batch = async (): Promise<boolean> => {
    const items = queue.slice(0, BATCH);
    const links = items.map(({ ticket }) => ticket).filter((ticket) => ticket !== undefined);
    const fetched = await syncStage("fetch", { links }, async (stage) => {
      const results = await Promise.allSettled(items.map(({ index }) => network.fetchCollection(index)));
      const good = results.flatMap((result, at) =>
        result.status === "fulfilled" ? [{ index: items[at]?.index ?? 0, triples: result.value }] : [],
      );
      syncStage.processed("fetch", "processed", good.length);
      syncStage.processed("fetch", "retried", items.length - good.length);
      if (good.length < items.length) stage.endsAs("failed");
      return good;
    });
    await syncStage("insert", {}, async () => {
      for (const { index, triples } of fetched) {
        await stores.insertTriples(ualOf(index), triples);
        await stores.saveCollection(index, ualOf(index));
        queue.splice(
          queue.findIndex((item) => item.index === index),
          1,
        );
        syncStage.processed("insert", "processed");
      }
    });
    queued();
    return fetched.length === items.length;
  };
  return {
    look: () =>
      syncStage("filter", {}, async () => {
        const [minted, known] = [await network.collectionsOnChain(), await stores.knownCollections()];
        const waiting = new Set(queue.map(({ index }) => index));
        const missing = Array.from({ length: minted - known }, (_, offset) => known + offset).filter((index) => !waiting.has(index));
        for (const index of missing) queue.push({ index, ticket: telemetry.ticket() });
        syncStage.processed("filter", "processed", missing.length);
        syncStage.processed("filter", "skipped", known);
        queued();
      }),
    work: async () => {
      while (queue.length > 0) if (!(await batch())) throw new Error("some collections could not be fetched");
      syncStage.succeeded();
    },
  };
}

/** The locator of a collection. */
export function ualOf(index: number): string {
  return `did:dkg:base:8453/collection/${index}`;
}
