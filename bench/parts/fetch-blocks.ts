import { createPost } from "#core/rpc/post.ts";
import { servePart } from "../part.ts";
import { ownCpuSeconds } from "../usage.ts";

/** Which blocks to fetch, and what of them. */
export interface FetchOrder {
  readonly url: string;
  readonly blocks: number;
  readonly traces: boolean;
  /** Read each answer with `fetch` and parse it, as anybody would; or with the emitter's own transport, and look at no byte. */
  readonly how: "parsed" | "unread";
}

/** What fetching alone took. */
export interface FetchAnswer {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** As many requests at once as the emitter has. */
const LANES = 8;
const MAX_BYTES = 64 * 1024 * 1024;

type Ask = (method: string, params: readonly unknown[]) => Promise<unknown>;

await servePart<FetchOrder, FetchAnswer>(async ({ url, blocks, traces, how }) => {
  const ask = how === "parsed" ? parsing(url) : unread(url);
  let next = 1;
  const lane = async (): Promise<void> => {
    for (let number = next++; number <= blocks; number = next++) {
      // Traces tell what the transactions are: the emitter asks for no more either.
      const hash = hashIn(await ask("eth_getBlockByNumber", [`0x${number.toString(16)}`, !traces]));
      const rest = [ask("eth_getBlockReceipts", [hash])];
      if (traces) rest.push(ask("debug_traceBlockByHash", [hash, { tracer: "callTracer" }]));
      await Promise.all(rest);
    }
  };
  const cpu = process.cpuUsage();
  const beganMs = performance.now();
  await Promise.all(Array.from({ length: LANES }, lane));
  return { seconds: (performance.now() - beganMs) / 1000, cpuSeconds: ownCpuSeconds(cpu) };
});

function parsing(url: string): Ask {
  return async (method, params) => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
    return ((await response.json()) as { readonly result: unknown }).result;
  };
}

function unread(url: string): Ask {
  const post = createPost(new URL(url));
  const { signal } = new AbortController();
  return async (method, params) => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    return await post({ body, maxBytes: MAX_BYTES, signal, read: (posted) => posted.body });
  };
}

/** The block's hash: the one thing that the next questions need. */
function hashIn(answer: unknown): string {
  if (!Buffer.isBuffer(answer)) return (answer as { readonly hash: string }).hash;
  const at = answer.indexOf('"hash":"') + '"hash":"'.length;
  return answer.toString("latin1", at, at + 66);
}
