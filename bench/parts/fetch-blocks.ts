import { servePart } from "../part.ts";
import { ownCpuSeconds } from "../usage.ts";

/** Which blocks to fetch, and what of them. */
export interface FetchOrder {
  readonly url: string;
  readonly blocks: number;
  readonly traces: boolean;
}

/** What fetching and parsing alone took. */
export interface FetchAnswer {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** As many requests at once as the emitter has. */
const LANES = 16;

await servePart<FetchOrder, FetchAnswer>(async ({ url, blocks, traces }) => {
  const ask = async (method: string, params: readonly unknown[]): Promise<unknown> => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
    return ((await response.json()) as { readonly result: unknown }).result;
  };
  let next = 1;
  const lane = async (): Promise<void> => {
    for (let number = next++; number <= blocks; number = next++) {
      const { hash } = (await ask("eth_getBlockByNumber", [`0x${number.toString(16)}`, true])) as { readonly hash: string };
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
