import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Meddling, type ProxiedCall, type RpcProxy, startRpcProxy } from "#core/testing/rpc-proxy.ts";
import type { ChainFact } from "../facts.ts";
import { countsOf, followTo, type Standing, startStanding } from "../fixtures/standing.ts";

const TRACES = "debug_traceBlockByHash";
const MISSING: Meddling = { type: "error", code: -32_601, message: "Method not found" };

type Fields = Readonly<Record<string, unknown>>;

let standing: Standing;
let proxy: RpcProxy;
/** What is told where whole blocks come with flat traces. */
let best: readonly ChainFact[];
beforeAll(async () => {
  standing = await startStanding();
  best = (await followTo(standing.config(), standing.head)).facts;
});
afterAll(() => standing.anvil.stop());
beforeEach(async () => {
  proxy = await startRpcProxy(standing.anvil.url);
});
afterEach(() => proxy.close());

/** What is told by a node without flat traces that is meddled with so, and what was asked of it. */
async function told(meddle: (call: ProxiedCall) => Meddling | undefined) {
  proxy.meddle = (call) => (call.method === "trace_block" ? MISSING : (meddle(call) ?? { type: "pass" }));
  const { facts, meter } = await followTo(standing.config([proxy.url]), standing.head);
  const wholes = proxy.calls.filter(({ method, params }) => method.startsWith("eth_getBlockBy") && params[1] === true);
  return { facts, counts: countsOf(meter), wholes: wholes.map(({ method }) => method) };
}

/** Changes each receipt of a block. */
function receipts(change: (receipt: Fields) => Fields): (call: ProxiedCall) => Meddling | undefined {
  const to = (result: unknown): unknown => (Array.isArray(result) ? result.map(change) : result);
  return ({ method }) => (method === "eth_getBlockReceipts" ? { type: "change", to } : undefined);
}

describe("the transactions of a block", () => {
  it("are told by receipts and call traces, without the block being asked for whole", async () => {
    const { facts, wholes } = await told(() => undefined);
    expect(facts).toStrictEqual(best);
    expect(wholes).toEqual([]);
  });

  it("are asked for whole where the traces are not to be had", async () => {
    const { facts, wholes } = await told(({ method }) => (method === TRACES ? { type: "result", result: [{}] } : undefined));
    expect(facts).toStrictEqual((await told(({ method }) => (method === TRACES ? MISSING : undefined))).facts);
    expect(new Set(wholes)).toContain("eth_getBlockByHash");
  });

  it("are asked for whole where the receipts do not say who sent them", async () => {
    const { facts, wholes } = await told(receipts(({ from: _, ...receipt }) => receipt));
    expect(facts).toStrictEqual(best);
    expect(new Set(wholes)).toEqual(new Set(["eth_getBlockByHash"]));
    expect(proxy.calls.some(({ method }) => method === TRACES)).toBe(true);
  });

  it("have a sender that nobody can say anything of where a receipt is of a kind that nobody signs", async () => {
    const { facts } = await told(receipts((receipt) => ({ ...receipt, type: "0x7e" })));
    const direct = (fact: ChainFact): boolean => fact.kind === "operation" && fact.callerCategory === "eoa";
    expect(best.some(direct)).toBe(true);
    expect(facts).toStrictEqual(best.map((fact) => (direct(fact) ? { ...fact, callerCategory: "unknown" } : fact)));
  });

  it("are not believed where receipts and traces contradict each other about who sent them", async () => {
    const sender = `0x${"99".repeat(20)}`;
    const { facts, counts } = await told(receipts((receipt) => ({ ...receipt, from: sender })));
    expect(counts["offing_source_faults_total trace_mismatch"]).toBeGreaterThanOrEqual(1);
    expect(JSON.stringify(facts)).not.toContain(sender);
  });

  it("are asked for again where a whole block has others than its receipts", async () => {
    let left = 2;
    const { facts, counts } = await told((call) => {
      if (call.method === "eth_getBlockByHash" && call.params[1] === true && left > 0) {
        left -= 1;
        const to = (result: unknown): unknown => ({ ...(result as Fields), transactions: [] });
        return { type: "change", to };
      }
      return receipts(({ from: _, ...receipt }) => receipt)(call);
    });
    expect(facts).toStrictEqual(best);
    expect(left).toBe(0);
    expect(counts["offing_source_faults_total unknown"]).toBeGreaterThanOrEqual(2);
  });
});
