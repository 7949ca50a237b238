import type { ExampleNode } from "./example-node.ts";
import type { World } from "./world.ts";

/** One scene: what happens in the world, and what the node is asked meanwhile. */
export interface Scene {
  readonly name: string;
  readonly play: () => Promise<void>;
}

/** The same things in the same order, whichever way the node tells of them: ordinary work, each fault once, and well again. */
export function scenes(node: ExampleNode, world: World): readonly Scene[] {
  const publish = (id: string, index: number): Promise<void> => node.publish(id, index).catch(() => {});
  return [
    {
      name: "collections are minted, synced and read",
      play: async () => {
        world.mint(12);
        await node.runTask("sync");
        for (let index = 0; index < 6; index += 1) await node.get(`get-${index}`, index);
        await node.runTask("housekeeping");
      },
    },
    {
      name: "assets are published to every peer",
      play: async () => {
        for (let index = 0; index < 4; index += 1) await publish(`publish-${index}`, 1_000 + index);
      },
    },
    {
      name: "peers answer with errors",
      play: async () => {
        world.behave({ peers: "failing" });
        world.mint(2);
        await node.runTask("sync");
        await publish("publish-failing", 2_000);
        world.behave({ peers: "well" });
      },
    },
    {
      name: "the chain is slower than the node waits",
      play: async () => {
        world.behave({ chain: "slow" });
        await node.runTask("sync");
        world.behave({ chain: "well" });
      },
    },
    {
      name: "the triple store is full",
      play: async () => {
        node.stores.failTriples(true);
        await node.runTask("sync");
        await publish("publish-full", 3_000);
        node.stores.failTriples(false);
      },
    },
    { name: "all is well again", play: () => node.runTask("sync") },
  ];
}
