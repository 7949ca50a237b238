import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type RpcProxy, startRpcProxy } from "#core/testing/rpc-proxy.ts";
import { mint } from "../../demo/world/calls.ts";
import { play } from "../../demo/world/traffic.ts";
import { follow, type Standing, startStanding } from "./fixtures/standing.ts";
import { createGauges } from "./gauges.ts";

let standing: Standing;
let proxy: RpcProxy;
beforeAll(async () => {
  standing = await startStanding();
});
afterAll(() => standing.anvil.stop());
beforeEach(async () => {
  proxy = await startRpcProxy(standing.anvil.url);
});
afterEach(() => proxy.close());

// Found by a drill: the lag vanished after each failed turn, so ChainIndexLagging stayed silent, and ChainHeadStalled spoke in its place.
test("an endpoint that tells its head and not its blocks leaves the lag standing, and the log says little", async () => {
  const config = { ...standing.config([proxy.url]), backfillAboveBlocks: 2 };
  const { reaches, seen, lines, state, stop } = follow(config);
  const lag = (): number | undefined => createGauges(config)(state).find(({ metric }) => metric.prometheus === "offing_chain_lag")?.value;
  try {
    await reaches(standing.head);
    proxy.meddle = ({ method }) =>
      method === "eth_getBlockReceipts" ? { type: "error", code: -32_603, message: "not available" } : { type: "pass" };
    for (let block = 0; block < 4; block += 1) await play(standing.world, [mint({ user: 1 })]);
    while (!lines.some((line) => line.includes("chain source: SOURCE_RESPONSE_INVALID"))) await sleep(10);
    const failed = seen.length;
    while (seen.length < failed + 3) await sleep(10);
    const ticks = seen.slice(failed).filter(({ type }) => type === "tick");
    expect(ticks.length).toBeGreaterThan(2);
    expect(ticks.filter((tick) => tick.type === "tick" && tick.head === null)).toEqual([]);
    expect(lag()).toBe(4);
    const jumps = (): number => lines.filter((line) => line.includes("at the head")).length;
    // One to begin with.
    expect(jumps()).toBe(1);
    proxy.meddle = () => ({ type: "pass" });
    const grown = await play(standing.world, [mint({ user: 1 })]);
    await reaches(grown.hash);
    expect(lag()).toBe(0);
    expect(jumps()).toBe(2);
  } finally {
    await stop();
  }
});
