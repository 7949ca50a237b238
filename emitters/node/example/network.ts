import type { NodeTelemetry } from "../library/start.ts";
import type { World } from "./world.ts";

/** How long the node waits for an answer. */
const PATIENCE_MS = 400;
const BLOCKCHAIN = "base:8453";

/** What the node asks of others. */
export interface Network {
  readonly collectionsOnChain: () => Promise<number>;
  readonly fetchCollection: (index: number) => Promise<string>;
  /** Asks every peer to store; resolves to how many did. */
  readonly replicate: (operationId: string, ual: string) => Promise<number>;
}

/** Talks to the world over HTTP. */
export function createNetwork({ network }: NodeTelemetry, { peers, chainUrl }: Pick<World, "peers" | "chainUrl">): Network {
  const connected = new Set(peers.map(({ peerId }) => peerId));
  network.peers(connected.size);
  const found = (peerId: string, isThere: boolean): void => {
    const before = connected.size;
    if (isThere) connected.add(peerId);
    else connected.delete(peerId);
    if (connected.size !== before) network.peers(connected.size);
  };
  /** A peer that answers is connected, however badly or late it answers; one that breaks the connection is not. */
  const askPeer = async (peerId: string, url: string, body?: string): Promise<unknown> => {
    try {
      const answer = await ask(url, body);
      found(peerId, true);
      return answer;
    } catch (error) {
      found(peerId, !(error instanceof TypeError));
      throw error;
    }
  };
  return {
    collectionsOnChain: () =>
      network("evm_rpc", { blockchain: BLOCKCHAIN }, async () => {
        const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_call", params: [] });
        return Number(((await ask(chainUrl, body)) as { readonly result: string }).result);
      }),
    fetchCollection: (index) => {
      const { peerId, url } = peers[index % peers.length] ?? { peerId: "none", url: "http://127.0.0.1:1" };
      return network(
        "get",
        { peer_id: peerId },
        async () => ((await askPeer(peerId, `${url}/kc/${index}`)) as { readonly triples: string }).triples,
      );
    },
    replicate: async (operationId, ual) => {
      const fields = { operation_id: operationId, ual };
      const stored = await Promise.allSettled(
        peers.map(({ peerId, url }) => network("store", { ...fields, peer_id: peerId }, () => askPeer(peerId, `${url}/store`, ual))),
      );
      return stored.filter(({ status }) => status === "fulfilled").length;
    },
  };
}

/** @throws TimeoutError, or what the connection or the answer was wrong with */
async function ask(url: string, body?: string): Promise<unknown> {
  const response = await fetch(url, { ...(body !== undefined && { method: "POST", body }), signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!response.ok) throw new Error(`the answer is ${response.status}`);
  return response.json();
}
