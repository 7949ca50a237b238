import type { NodeDrill } from "../observability/drill/catalogue.ts";
import type { Act } from "./acts.ts";
import type { NodePlace } from "./node-place.ts";

/** The drills on a node. */
export const nodeActs: Readonly<Record<NodeDrill, Act>> = {
  "node-gateway-refuses": onNode({
    begin: ({ gateway }) => {
      gateway.refuses = () => true;
    },
    heal: ({ gateway }) => {
      gateway.refuses = () => false;
    },
  }),
  "peers-fail": onNode({
    begin: ({ world }) => world.behave({ peers: "failing" }),
    heal: ({ world }) => world.behave({ peers: "well" }),
  }),
  "peers-unreachable": onNode({
    begin: ({ world }) => world.behave({ peers: "refusing" }),
    heal: ({ world }) => world.behave({ peers: "well" }),
  }),
  "triple-store-slow": onNode({
    begin: ({ triples }) => triples("slow"),
    heal: ({ triples }) => triples("well"),
  }),
  "triple-store-full": onNode({
    begin: ({ world, triples }) => {
      triples("full");
      world.mint(BACKLOG);
    },
    heal: ({ triples }) => triples("well"),
  }),
  "node-killed": onNode({
    begin: ({ killNode }) => killNode(),
    heal: ({ startNode }) => startNode(),
  }),
};

/** More than the thousand from which on it counts as a backlog. */
const BACKLOG = 1_200;

type OnNode = Readonly<Record<"begin" | "heal", (node: NodePlace) => void | Promise<void>>>;

function onNode({ begin, heal }: OnNode): Act {
  return {
    prepare: async (site) => void (await site.node()),
    begin: async (site) => begin(await site.node()),
    heal: async (site) => heal(await site.node()),
  };
}
