import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** How a peer or the chain behaves. */
export type Behaviour = "well" | "slow" | "failing" | "refusing";

/** What the example node lives in: peers that keep knowledge collections and a chain that says how many there are. */
export interface World {
  readonly peers: readonly { readonly peerId: string; readonly url: string }[];
  readonly chainUrl: string;
  /** Knowledge collections that the chain knows of. */
  readonly mint: (count: number) => void;
  readonly behave: (behaviour: { readonly peers?: Behaviour; readonly chain?: Behaviour }) => void;
  readonly close: () => Promise<void>;
}

/** How long a slow one takes; longer than the node waits. */
export const SLOW_MS = 700;

/** Starts a world on loopback, on free ports. */
export async function startWorld({ peers = 3 }: { readonly peers?: number } = {}): Promise<World> {
  let minted = 0;
  const behaviour = { peers: "well" as Behaviour, chain: "well" as Behaviour };
  const chain = await serve(
    () => behaviour.chain,
    () => ({ jsonrpc: "2.0", id: 1, result: `0x${minted.toString(16)}` }),
  );
  const stores = await Promise.all(
    Array.from({ length: peers }, async (_, index) => ({
      peerId: `peer-${index + 1}`,
      server: await serve(
        () => behaviour.peers,
        (path) => (path.startsWith("/kc/") ? { triples: triplesOf(Number(path.slice(4))) } : { stored: true }),
      ),
    })),
  );
  return {
    peers: stores.map(({ peerId, server }) => ({ peerId, url: server.url })),
    chainUrl: chain.url,
    mint: (count) => {
      minted += count;
    },
    behave: (next) => void Object.assign(behaviour, next),
    close: async () => {
      await Promise.all([chain, ...stores.map(({ server }) => server)].map(({ close }) => close()));
    },
  };
}

/** The content of a knowledge collection as N-Triples. */
function triplesOf(index: number): string {
  const subject = `<did:dkg:base:8453/collection/${index}>`;
  return `${subject} <http://schema.org/name> "Collection ${index}" .\n${subject} <http://schema.org/position> "${index}" .\n`;
}

async function serve(behaviour: () => Behaviour, answer: (path: string) => object) {
  const respond = (path: string, response: ServerResponse): void => {
    const status = behaviour() === "failing" ? 500 : 200;
    response
      .writeHead(status, { "content-type": "application/json" })
      .end(JSON.stringify(status === 200 ? answer(path) : { error: "failing" }));
  };
  const server = createServer((request, response) => {
    request.resume();
    const path = request.url ?? "/";
    if (behaviour() === "refusing") request.socket.destroy();
    else if (behaviour() === "slow") setTimeout(() => respond(path, response), SLOW_MS).unref();
    else respond(path, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
