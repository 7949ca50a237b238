import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Meddling, type ProxiedCall, type RpcProxy, startRpcProxy } from "#core/testing/rpc-proxy.ts";
import type { ChainFact } from "../facts.ts";
import { countsOf, followTo, type Standing, startStanding } from "../fixtures/standing.ts";

const TRACES = "debug_traceBlockByHash";
/** Where a block has no traces these would do. */
const SINGLE = ["debug_traceTransaction", "trace_transaction"];
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

  it.each(["from", "to", "type"])("are asked for whole where the receipts leave out `%s`", async (field) => {
    const { facts, wholes } = await told(receipts((receipt) => ({ ...receipt, [field]: undefined })));
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

  it.each(["from", "to"])("are the block's where receipts lie about `%s`, and are traced all the same", async (field) => {
    const lying = receipts((receipt) => ({ ...receipt, [field]: `0x${"99".repeat(20)}` }));
    const { facts, counts } = await told((call) => (SINGLE.includes(call.method) ? MISSING : lying(call)));
    expect(counts["offing_source_faults_total trace_mismatch"]).toBeGreaterThanOrEqual(1);
    expect(facts).toStrictEqual(best);
  });

  it("are asked for whole where a trace keeps to itself what a transaction reverted with, whatever kind of trace it is", async () => {
    proxy.meddle = ({ method, params }) => {
      // A node that gives hashes whatever is asked, and flat traces that are silent; a call at the parent is all there is beside them.
      if (SINGLE.includes(method) || /simulate|ots_/.test(method)) return MISSING;
      const hashes = (block: unknown): unknown => {
        const { transactions = [], ...header } = (block ?? {}) as { readonly transactions?: readonly unknown[] };
        return { ...header, transactions: transactions.map((one) => (typeof one === "string" ? one : (one as Fields)["hash"])) };
      };
      if (method === "eth_getBlockByNumber" && params[1] === true) return { type: "change", to: hashes };
      const silenced = (entries: unknown): unknown =>
        (entries as readonly Fields[]).map((entry) => (entry["error"] === "Reverted" ? { ...entry, result: null } : entry));
      return method === "trace_block" ? { type: "change", to: silenced } : { type: "pass" };
    };
    const { facts } = await followTo(standing.config([proxy.url]), standing.head);
    const reasons = (all: readonly ChainFact[]) =>
      all.flatMap((fact) => (fact.kind === "operation" && fact.framePath === "0" && !fact.success ? [[fact.txHash, fact.reasonCode]] : []));
    expect(reasons(best).length).toBeGreaterThanOrEqual(4);
    expect(reasons(facts)).toEqual(reasons(best));
  });

  it.each<[string, RegExp, (result: unknown) => unknown]>([
    ["a block of another hash", /^eth_getBlockBy/, (result) => ({ ...(result as Fields), hash: `0x${"cd".repeat(32)}` })],
    ["no block", /^eth_getBlockBy/, () => null],
    ["one hash too few", /^eth_getBlockBy/, (result) => ({ ...(result as Fields), transactions: [] })],
    ["hashes that are none", /^eth_getBlockBy/, (result) => ({ ...(result as Fields), transactions: ["7"] })],
    ["one receipt too few", /^eth_getBlockReceipts$/, (result) => (result as readonly unknown[]).slice(1)],
    ["traces of something else", /^debug_traceBlockByHash$/, (result) => (result as readonly unknown[]).toReversed()],
  ])("are asked for again where a node gives %s", async (_, methods, to) => {
    let left = 2;
    const { facts } = await told(({ method, params }) => {
      const isOurs = methods.test(method) && typeof params[0] === "string" && /^0x[1-9a-f]/.test(params[0]);
      if (!isOurs || left === 0) return undefined;
      left -= 1;
      return { type: "change", to };
    });
    expect(left).toBe(0);
    expect(facts).toStrictEqual(best);
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
