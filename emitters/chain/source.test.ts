import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Meddling, type ProxiedCall, type RpcProxy, startRpcProxy } from "#core/testing/rpc-proxy.ts";
import { mint } from "../../demo/world/calls.ts";
import { reorg } from "../../demo/world/reorg.ts";
import { play } from "../../demo/world/traffic.ts";
import type { ChainFact } from "./facts.ts";
import { block } from "./fixtures/handmade.ts";
import { countsOf, type Following, follow, followTo, type Standing, startStanding } from "./fixtures/standing.ts";
import { READ_METHODS } from "./methods.ts";

let standing: Standing;
/** What a node that never errs gives. */
let clean: readonly ChainFact[];
let proxy: RpcProxy;

beforeAll(async () => {
  standing = await startStanding();
  clean = (await followTo(standing.config(), standing.head)).facts;
});
afterAll(() => standing.anvil.stop());
beforeEach(async () => {
  proxy = await startRpcProxy(standing.anvil.url);
});
afterEach(() => proxy.close());

const PASS: Meddling = { type: "pass" };

/** Meddles with the first `times` calls that match. */
function spoil(times: number, matches: (call: ProxiedCall) => boolean, meddling: Meddling): void {
  let left = times;
  proxy.meddle = (call) => {
    if (left === 0 || !matches(call)) return PASS;
    left -= 1;
    return meddling;
  };
}

const of = (method: string) => (call: ProxiedCall) => call.method === method;
const blockByNumber = (call: ProxiedCall): boolean => call.method === "eth_getBlockByNumber" && call.params[1] === true;
const headPoll = (call: ProxiedCall): boolean => call.method === "eth_getBlockByNumber" && call.params[0] === "latest";

/** The trace of the first transaction that failed. */
function failedTrace({ method, params }: ProxiedCall): boolean {
  const failed = clean.find((fact) => fact.kind === "operation" && fact.outcome === "reverted");
  return method === "debug_traceTransaction" && failed?.kind === "operation" && params[0] === failed.txHash;
}

/** Everything above the receipt's status that can prove a revert, except traces. */
function isLowerRung({ method }: ProxiedCall): boolean {
  return method === "eth_simulateV1" || method === "ots_getTransactionError" || method === "eth_call";
}

/** The node does not have these methods. */
function refuse(matches: (call: ProxiedCall) => boolean): void {
  spoil(Number.POSITIVE_INFINITY, matches, { type: "error", code: -32_601, message: "Method not found" });
}

/** The traces of a block that is read: how long the newest one takes is only a probe's question. */
const blockTraces = ({ method, params }: ProxiedCall): boolean => method === "trace_block" && params[0] !== "latest";

/** The traces of a block in which something failed. */
function blockWithFailures({ method, params }: ProxiedCall): boolean {
  return (
    method === "trace_block" && clean.some((fact) => fact.kind === "operation" && !fact.success && Number(params[0]) === fact.blockNumber)
  );
}

const isTrace = ({ method }: ProxiedCall): boolean => method.startsWith("debug_trace") || method.startsWith("trace_");
const singly = { trace: "transaction" };

/** Changes a field of a result. */
function altered(change: (result: Record<string, unknown>) => Record<string, unknown>): Meddling {
  return { type: "change", to: (result) => change(result as Record<string, unknown>) };
}

/** A probe for a method asks for a block that nobody has: that answer stays. */
function alteredReceipts(change: (receipts: Record<string, unknown>[]) => unknown): Meddling {
  return { type: "change", to: (result) => (Array.isArray(result) ? change(result as Record<string, unknown>[]) : result) };
}

describe("a source in front of a node that errs for a while", () => {
  const html: Meddling = { type: "body", status: 200, body: "<html>busy</html>", contentType: "text/html" };
  it.each<[string, number, (call: ProxiedCall) => boolean, Meddling, string]>([
    ["answers with HTML", 3, () => true, html, "not_json"],
    ["answers with broken JSON", 3, blockByNumber, { type: "body", status: 200, body: '{"jsonrpc":"2.0","id":1,"resu' }, "not_json"],
    ["answers with status 500", 3, () => true, { type: "body", status: 500, body: "no" }, "http_status"],
    ["answers with status 429", 3, blockByNumber, { type: "body", status: 429, body: "slow down" }, "rate_limited"],
    ["answers with an error", 3, of("eth_getBlockReceipts"), { type: "error", code: -32_000, message: "header not found" }, "rpc_error"],
    ["answers with JSON that is no response", 2, blockByNumber, { type: "body", status: 200, body: "null" }, "unknown"],
    ["asks to be left alone", 2, blockByNumber, { type: "body", status: 429, body: "", retryAfter: "1" }, "rate_limited"],
    ["answers with 200 MB", 2, of("eth_getBlockReceipts"), { type: "flood", bytes: 200_000_000 }, "too_large"],
    ["cuts the connection", 3, () => true, { type: "cut" }, "unreachable"],
    ["has no head", 2, headPoll, { type: "result", result: null }, "null_block"],
    ["does not have a block yet", 2, blockByNumber, { type: "result", result: null }, "null_block"],
    ["answers with another height", 2, blockByNumber, altered((block) => ({ ...block, number: "0x1234" })), "unknown"],
    ["answers with half a block", 2, blockByNumber, altered(({ transactions: _, ...block }) => block), "unknown"],
    [
      "hides the transactions of a block",
      2,
      blockByNumber,
      altered((block) => ({ ...block, transactions: [], gasUsed: "0x1" })),
      "receipt_mismatch",
    ],
    ["leaves a receipt out", 2, of("eth_getBlockReceipts"), alteredReceipts((all) => all.slice(0, -1)), "receipt_mismatch"],
    ["leaves out all receipts", 2, of("eth_getBlockReceipts"), { type: "result", result: null }, "receipt_mismatch"],
    ["mixes receipts up", 2, of("eth_getBlockReceipts"), alteredReceipts((all) => all.toReversed()), "receipt_mismatch"],
    [
      "gives receipts of another block",
      2,
      of("eth_getBlockReceipts"),
      alteredReceipts((all) => all.map((receipt) => ({ ...receipt, blockHash: `0x${"1".repeat(64)}` }))),
      "receipt_mismatch",
    ],
    [
      "gives receipts with another sum of gas",
      2,
      of("eth_getBlockReceipts"),
      alteredReceipts((all) => all.map((receipt) => ({ ...receipt, cumulativeGasUsed: "0x7" }))),
      "receipt_mismatch",
    ],
    [
      "gives a receipt without a status",
      2,
      of("eth_getBlockReceipts"),
      alteredReceipts((all) => all.map(({ status: _, ...rest }) => rest)),
      "receipt_mismatch",
    ],
    ["gives {} for the traces of a block", 2, blockTraces, { type: "result", result: {} }, "trace_mismatch"],
    ["leaves a trace of a block out", 2, blockTraces, alteredReceipts((all) => all.slice(1)), "trace_mismatch"],
    [
      "gives the traces of another block",
      2,
      blockTraces,
      alteredReceipts((all) => all.map((entry) => ({ ...entry, blockHash: `0x${"1".repeat(64)}` }))),
      "trace_mismatch",
    ],
    [
      "loses the errors of a block's traces",
      1,
      blockWithFailures,
      alteredReceipts((all) => all.map(({ error: _, ...entry }) => entry)),
      "trace_mismatch",
    ],
  ])("that %s, makes no wrong fact and counts the fault", async (_, times, matches, meddling, fault) => {
    spoil(times, matches, meddling);
    const { facts, meter, lines } = await followTo(standing.config([proxy.url]), standing.head);
    expect(facts).toStrictEqual(clean);
    expect(countsOf(meter)[`offing_source_faults_total ${fault}`]).toBeGreaterThanOrEqual(1);
    expect(Object.keys(countsOf(meter)).filter((name) => name.startsWith("offing_source_faults_total"))).toEqual([
      `offing_source_faults_total ${fault}`,
    ]);
    const told = lines.filter((line) => line.includes("chain source"));
    // Of each fault itself and that nobody can be asked until its end, and that all is well.
    expect(told.length, told.join("")).toBeLessThanOrEqual(2 * times + 1);
  });

  it.each<[string, number, (call: ProxiedCall) => boolean, Meddling]>([
    ["loses the error of a trace", 2, failedTrace, altered(({ error: _, ...frame }) => frame)],
    ["invents an error in a trace", 2, of("debug_traceTransaction"), altered((frame) => ({ ...frame, error: "out of gas", to: "0x" }))],
    ["gives a trace with another transaction's gas", 2, of("debug_traceTransaction"), altered((frame) => ({ ...frame, gasUsed: "0x7" }))],
    ["gives another tracer's answer", 2, of("debug_traceTransaction"), { type: "result", result: { structLogs: [] } }],
    ["gives {} for a trace", 2, of("debug_traceTransaction"), { type: "result", result: {} }],
  ])("that %s, asks for it again and counts the fault", async (_, times, matches, meddling) => {
    spoil(times, matches, meddling);
    const { facts, meter } = await followTo(standing.config([proxy.url], singly), standing.head);
    expect(facts).toStrictEqual(clean);
    expect(Object.keys(countsOf(meter)).filter((name) => name.startsWith("offing_source_faults_total"))).toEqual([
      "offing_source_faults_total trace_mismatch",
    ]);
  });

  it("that is slow, gives up on the answer and asks again", async () => {
    spoil(2, blockByNumber, { type: "delay", delayMs: 1_500 });
    const { facts, meter } = await followTo(standing.config([proxy.url], { timeout: "300ms" }), standing.head);
    expect(facts).toStrictEqual(clean);
    expect(countsOf(meter)["offing_source_faults_total unreachable"]).toBeGreaterThanOrEqual(1);
  });
});

describe("a source in front of a rollup's node", () => {
  it.each([
    ["0x7e", "unknown"],
    ["0x4", "eoa"],
  ])("says of who sends a transaction of type %s: %s", async (type, callerCategory) => {
    const typed = (one: unknown) => (typeof one === "object" ? { ...one, type } : one);
    const toType: Meddling = {
      type: "change",
      to: (result) => {
        const block = result as { readonly transactions: readonly unknown[] } | null;
        return block === null ? null : { ...block, transactions: block.transactions.map(typed) };
      },
    };
    proxy.meddle = ({ method }) => (method.startsWith("eth_getBlockBy") ? toType : PASS);
    const { facts } = await followTo(standing.config([proxy.url]), standing.head);
    const direct = (fact: ChainFact): boolean => fact.kind === "operation" && fact.callerCategory === "eoa";
    expect(clean.some(direct)).toBe(true);
    expect(facts).toStrictEqual(clean.map((fact) => (direct(fact) ? { ...fact, callerCategory } : fact)));
  });
});

describe("a source in front of a node that errs for good", () => {
  const withoutReason = (facts: readonly ChainFact[]) => facts.filter((fact) => fact.kind === "operation" && fact.evidence === "status");

  it("goes on without traces where no endpoint has them, and says so once", async () => {
    refuse((call) => isTrace(call) || isLowerRung(call));
    const { facts, lines, meter } = await followTo(standing.config([proxy.url]), standing.head);
    expect(withoutReason(facts)).toHaveLength(5);
    expect(facts.filter((fact) => fact.kind === "operation" && fact.reasonCode !== null)).toEqual([]);
    expect(lines.filter((line) => line.includes("call traces"))).toHaveLength(1);
    for (const method of ["debug_traceTransaction", "trace_block"]) expect(proxy.calls.filter(of(method)), method).toHaveLength(1);
    expect(countsOf(meter)).not.toHaveProperty(["offing_source_faults_total trace_mismatch"]);
  });

  it("keeps what the receipt proves when no proof is ever right", async () => {
    proxy.meddle = (call) => {
      if (isTrace(call)) return { type: "result", result: [{}] };
      return isLowerRung(call) ? { type: "error", code: -32_000, message: "missing trie node" } : PASS;
    };
    const { facts, meter } = await followTo(standing.config([proxy.url]), standing.head);
    expect(withoutReason(facts)).toHaveLength(5);
    expect(countsOf(meter)["offing_source_faults_total trace_mismatch"]).toBeGreaterThanOrEqual(15);
  });

  it("reads receipts one by one where they cannot be had by the block", async () => {
    spoil(Number.POSITIVE_INFINITY, of("eth_getBlockReceipts"), { type: "error", code: -32_601, message: "Method not found" });
    const { facts } = await followTo(standing.config([proxy.url]), standing.head);
    expect(facts).toStrictEqual(clean);
    expect(proxy.calls.some(of("eth_getTransactionReceipt"))).toBe(true);
  });

  it("leaves positions out that the node does not know, and asks once", async () => {
    const tagged = ({ params: [tag] }: ProxiedCall): boolean => tag === "safe" || tag === "finalized";
    spoil(Number.POSITIVE_INFINITY, tagged, { type: "error", code: -32_602, message: "unknown block tag" });
    const { seen } = await followTo(standing.config([proxy.url]), standing.head);
    const ticks = seen.filter((observation) => observation.type === "tick");
    expect(ticks.at(-1)).toMatchObject({ head: expect.any(Number), safe: null, finalized: null });
    expect(proxy.calls.filter(tagged)).toHaveLength(2);
  });
});

describe("a source with two endpoints", () => {
  it("asks the next one when the first is away, and says so", async () => {
    spoil(Number.POSITIVE_INFINITY, () => true, { type: "cut" });
    const { facts, lines, meter } = await followTo(standing.config([proxy.url, standing.anvil.url]), standing.head);
    expect(facts).toStrictEqual(clean);
    expect(lines.filter((line) => line.includes("failover: asking rpc-2"))).toHaveLength(1);
    expect(countsOf(meter)["offing_rpc_requests_total rpc-2 eth_getBlockByNumber ok"]).toBeGreaterThan(0);
  });

  it("asks the next one when the first one's receipts are not those of the block", async () => {
    spoil(Number.POSITIVE_INFINITY, of("eth_getBlockReceipts"), { type: "result", result: [] });
    expect((await followTo(standing.config([proxy.url, standing.anvil.url]), standing.head)).facts).toStrictEqual(clean);
  });

  it("takes a trace from the one that has them and everything else from the first", async () => {
    spoil(Number.POSITIVE_INFINITY, isTrace, { type: "body", status: 403, body: "not in your plan" });
    const { facts, meter } = await followTo(standing.config([proxy.url, standing.anvil.url]), standing.head);
    expect(facts).toStrictEqual(clean);
    const counts = countsOf(meter);
    expect(counts["offing_rpc_requests_total rpc-2 trace_block ok"]).toBeGreaterThan(0);
    expect(counts["offing_rpc_requests_total rpc-2 eth_getBlockReceipts ok"]).toBeUndefined();
  });

  it("asks nothing more of one that serves another chain, and ends for good when all do", async () => {
    spoil(Number.POSITIVE_INFINITY, of("eth_chainId"), { type: "result", result: "0x1" });
    const { facts, meter } = await followTo(standing.config([proxy.url, standing.anvil.url]), standing.head);
    expect(facts).toStrictEqual(clean);
    expect(countsOf(meter)["offing_source_faults_total wrong_chain"]).toBeGreaterThanOrEqual(1);
    expect(new Set(proxy.calls.map(({ method }) => method))).toEqual(new Set(["eth_chainId"]));
    const ended = followTo(standing.config([proxy.url, proxy.url]), standing.head);
    await expect(ended).rejects.toMatchObject({
      code: "SOURCE_CHAIN_MISMATCH",
      context: { configured: 31_337, served: 1 },
    });
  });
});

describe("a source over a chain that moves", () => {
  let mine: Standing;
  let following: Following;
  beforeEach(async () => {
    mine = await startStanding();
    following = follow(mine.config());
    await following.reaches(mine.head);
  });
  afterEach(async () => {
    await following.stop();
    await mine.anvil.stop();
  });

  it("follows new blocks, a reorg of the same height and one of a lower height", async () => {
    const { world } = mine;
    const grown = await play(world, [mint({ user: 4 })]);
    await following.reaches(grown.hash);
    const same = await reorg(world, { depth: 1, secondsPerBlock: 12, blocks: [[mint({ user: 5 })]] });
    await following.reaches(same.mined.at(-1)?.hash ?? "");
    const deep = await reorg(world, { depth: 3, secondsPerBlock: 12, blocks: [[], [mint({ user: 6 })], []] });
    const next = await play(world, [mint({ user: 7 })]);
    await following.reaches(next.hash);
    const reorgs = following.facts.filter((fact) => fact.kind === "reorg");
    expect(reorgs.map((fact) => fact.depth)).toEqual([1, 3]);
    const fresh = await followTo(mine.config(), next.hash);
    expect(standingIds(following.facts)).toEqual(standingIds(fresh.facts));
    expect(deep.orphaned).toHaveLength(3);
  });

  it("follows a reorg of 64 blocks, and tells its depth", async () => {
    const { world } = mine;
    for (let number = 0; number < 66; number += 1) await play(world, []);
    const grown = await play(world, [mint({ user: 4 })]);
    await following.reaches(grown.hash);
    const { mined } = await reorg(world, { depth: 64, secondsPerBlock: 12, blocks: [[mint({ user: 5 })], [], [mint({ user: 6 })]] });
    await following.reaches(mined.at(-1)?.hash ?? "");
    const next = await play(world, [mint({ user: 7 })]);
    await following.reaches(next.hash);
    const depths = following.facts.flatMap((fact) => (fact.kind === "reorg" ? [fact.depth] : []));
    expect(depths.reduce((sum, depth) => sum + depth, 0)).toBe(64);
    expect(standingIds(following.facts)).toEqual(standingIds((await followTo(mine.config(), next.hash)).facts));
  });

  it("takes a head that is behind for a node that lags: counted, and nothing taken back", async () => {
    const lagging = await startRpcProxy(mine.anvil.url);
    const through = follow(mine.config([lagging.url]));
    try {
      await through.reaches(mine.head);
      const before = [...through.facts];
      const old = await mine.anvil.rpc("eth_getBlockByNumber", "0x3", true);
      lagging.meddle = (call) => (headPoll(call) ? { type: "result", result: old } : PASS);
      await untilCounted(through, "offing_source_faults_total stale_head", 2);
      expect(through.facts).toEqual(before);
      lagging.meddle = () => PASS;
      await through.reaches((await play(mine.world, [mint({ user: 4 })])).hash);
      expect(through.facts.filter((fact) => fact.kind === "reorg")).toEqual([]);
    } finally {
      await through.stop();
      await lagging.close();
    }
  });

  it("does not follow a chain that shares no block with the last ones of the ledger, and says so once", async () => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "anvil_mine", params: ["0x258"] });
    await fetch(mine.anvil.url, { method: "POST", headers: { "content-type": "application/json" }, body });
    const lost = follow(
      mine.config(),
      Array.from({ length: 560 }, (_, number) => block({ number })),
    );
    try {
      await untilCounted(lost, "offing_source_faults_total unknown", 2);
      expect(lost.facts).toEqual([]);
      expect(lost.lines.filter((line) => line.includes("shares no block"))).toHaveLength(1);
    } finally {
      await lost.stop();
    }
  });

  it("does not believe a trace when the chain moved while it was read", async () => {
    const shaky = await startRpcProxy(mine.anvil.url);
    let moved = 0;
    // The node's chain holds another block at the height whenever that is asked after a trace.
    shaky.meddle = (call) => {
      const asked = call.method === "eth_getBlockByNumber" && call.params[1] === false && /^0x[1-9a-f]/.test(String(call.params[0]));
      if (!asked || moved >= 3) return PASS;
      moved += 1;
      return altered((block) => ({ ...block, hash: `0x${"2".repeat(64)}` }));
    };
    try {
      const { facts } = await followTo(mine.config([shaky.url], singly), mine.head);
      expect(facts).toEqual((await followTo(mine.config(), mine.head)).facts);
      expect(moved).toBe(3);
    } finally {
      await shaky.close();
    }
  });
});

describe("the methods a node is asked", () => {
  it("are on the read-only list, whatever happens", async () => {
    spoil(6, () => true, { type: "error", code: -32_601, message: "Method not found" });
    await followTo(standing.config([proxy.url]), standing.head);
    const asked = new Set(proxy.calls.map(({ method }) => method));
    expect([...asked].filter((method) => !READ_METHODS.some((allowed) => allowed === method))).toEqual([]);
    expect(asked.size).toBeGreaterThanOrEqual(5);
    const reading = /^(eth_(get\w+|chainId|call|simulateV1)|(debug_)?trace_?\w+|ots_getTransactionError)$/;
    expect(READ_METHODS.filter((method) => !reading.test(method))).toEqual([]);
  });
});

async function untilCounted(following: Following, name: string, count: number): Promise<void> {
  while ((countsOf(following.meter)[name] ?? 0) < count) await sleep(10);
}

/** The ids of what stands, without how often its block was applied. */
function standingIds(facts: readonly ChainFact[]): readonly string[] {
  const taken = new Set(facts.map(({ retracts }) => retracts));
  const standing = facts.filter(({ id, kind, retracts }) => kind !== "reorg" && retracts === undefined && !taken.has(id));
  return standing.map(({ id }) => id.replace(/:\d+$/, "")).sort();
}
