import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type ProxiedCall, type RpcProxy, startRpcProxy } from "#core/testing/rpc-proxy.ts";
import { breakPsmOracle, mint, restorePsmOracle, swallowed } from "../../../demo/world/calls.ts";
import { play } from "../../../demo/world/traffic.ts";
import type { ChainFact, OperationFact } from "../facts.ts";
import { countsOf, followTo, type Standing, startStanding } from "../fixtures/standing.ts";

let standing: Standing;
let proxy: RpcProxy;
/** What stands when the node can do everything. */
let best: readonly OperationFact[];
beforeAll(async () => {
  standing = await startStanding();
  best = operationsOf((await followTo(standing.config(), standing.head)).facts);
});
afterAll(() => standing.anvil.stop());
beforeEach(async () => {
  proxy = await startRpcProxy(standing.anvil.url);
});
afterEach(() => proxy.close());

const BLOCK_FLAT = "trace_block";
const BLOCK_CALLS = "debug_traceBlockByHash";
const ONE_CALLS = "debug_traceTransaction";
const ONE_FLAT = "trace_transaction";
const TRACES = [BLOCK_FLAT, BLOCK_CALLS, ONE_CALLS, ONE_FLAT];

function operationsOf(facts: readonly ChainFact[]): readonly OperationFact[] {
  return facts.filter((fact) => fact.kind === "operation");
}

/** What is known when the node lacks these methods. */
async function without(methods: readonly string[]) {
  proxy.meddle = ({ method }: ProxiedCall) =>
    methods.includes(method) ? { type: "error", code: -32_601, message: "Method not found" } : { type: "pass" };
  const { facts, meter } = await followTo(standing.config([proxy.url]), standing.head);
  return { operations: operationsOf(facts), counts: countsOf(meter) };
}

/** A direct call that failed, as far as its root's bytes tell. */
function direct(operations: readonly OperationFact[]) {
  return operations
    .filter(({ framePath, success }) => framePath === "0" && !success)
    .map(({ txHash, outcome, reasonCode, revert }) => ({
      txHash,
      outcome,
      reasonCode,
      kind: revert?.kind,
      data: revert?.data,
      halt: revert?.halt,
    }));
}

describe("the ladder of evidence, on a real node", () => {
  it.each([
    ["flat traces of a block", []],
    ["call traces of a block", [BLOCK_FLAT]],
    ["a call trace of each transaction", [BLOCK_FLAT, BLOCK_CALLS]],
    ["a flat trace of each transaction", [BLOCK_FLAT, BLOCK_CALLS, ONE_CALLS]],
  ])("gives the same facts by %s", async (_, missing) => {
    expect((await without(missing)).operations).toStrictEqual(best);
  });

  it.each([
    ["simulation", "likely", []],
    ["node", "likely", ["eth_simulateV1"]],
    ["call", "approximate", ["eth_simulateV1", "ots_getTransactionError"]],
  ] as const)("gives a failed direct call its bytes and reason by %s", async (evidence, confidence, missing) => {
    const { operations } = await without([...TRACES, ...missing]);
    // A call that runs out of gas says nothing at the parent block; the others say it all.
    const told = (all: readonly OperationFact[]) => direct(all).filter(({ data }) => data !== null || evidence !== "call");
    expect(told(operations)).toStrictEqual(told(best));
    const failed = operations.filter(({ success, evidence: proof }) => !success && proof !== "status");
    expect(failed.length).toBeGreaterThanOrEqual(4);
    for (const fact of failed) expect(fact).toMatchObject({ evidence, confidence, framePath: "0", revert: { origin: null } });
    // Whoever called through another contract is not seen without traces.
    expect(operations.every(({ framePath }) => framePath === "0")).toBe(true);
  });

  it("believes the reason in a receipt, where a node keeps it there", async () => {
    const reasons = new Map(direct(best).map(({ txHash, data }) => [txHash, data]));
    const withReasons = (result: unknown) =>
      (result as readonly { readonly transactionHash: string }[]).map((receipt) => {
        const data = reasons.get(receipt.transactionHash.toLowerCase());
        return data == null ? receipt : { ...receipt, revertReason: data };
      });
    const lacks = [...TRACES, "eth_simulateV1", "ots_getTransactionError", "eth_call"];
    proxy.meddle = ({ method }: ProxiedCall) => {
      if (lacks.includes(method)) return { type: "error", code: -32_601, message: "Method not found" };
      const change = { type: "change", to: (result: unknown) => (Array.isArray(result) ? withReasons(result) : result) } as const;
      return method === "eth_getBlockReceipts" ? change : { type: "pass" };
    };
    const { facts } = await followTo(standing.config([proxy.url]), standing.head);
    const told = operationsOf(facts).filter(({ revert }) => revert?.data != null);
    expect(told.length).toBeGreaterThanOrEqual(4);
    expect(direct(told)).toStrictEqual(direct(best).filter(({ data }) => data !== null));
    for (const fact of told) expect(fact).toMatchObject({ evidence: "node", confidence: "likely" });
  });

  it("knows nothing but the status where nothing else is to be had", async () => {
    const { operations } = await without([...TRACES, "eth_simulateV1", "ots_getTransactionError", "eth_call"]);
    for (const fact of operations.filter(({ success }) => !success)) {
      expect(fact).toMatchObject({ outcome: "reverted", evidence: "status", confidence: "none", reasonCode: null, unresolved: true });
    }
  });

  it("believes no replay that ends otherwise than the receipts say", async () => {
    proxy.meddle = ({ method }: ProxiedCall) => {
      if (TRACES.includes(method)) return { type: "error", code: -32_601, message: "Method not found" };
      if (method !== "eth_simulateV1") return { type: "pass" };
      return {
        type: "change",
        to: (result) => JSON.parse(JSON.stringify(result).replace(/"gasUsed":"0x[0-9a-f]+","status"/g, '"gasUsed":"0x1","status"')),
      };
    };
    const { facts, meter } = await followTo(standing.config([proxy.url]), standing.head);
    expect(direct(operationsOf(facts))).toStrictEqual(direct(best));
    expect(operationsOf(facts).some(({ evidence }) => evidence === "simulation")).toBe(false);
    expect(countsOf(meter)["offing_source_faults_total replay_mismatch"]).toBeGreaterThanOrEqual(1);
  });

  it("asks for a transaction's own trace where a block's keeps revert bytes to itself", async () => {
    proxy.meddle = ({ method }: ProxiedCall) => {
      if (method !== BLOCK_FLAT) return { type: "pass" };
      const silenced = (entries: unknown) =>
        (entries as { error?: string }[]).map((entry) => (entry.error === "Reverted" ? { ...entry, result: null } : entry));
      return { type: "change", to: silenced };
    };
    const { facts } = await followTo(standing.config([proxy.url]), standing.head);
    expect(operationsOf(facts)).toStrictEqual(best);
  });
});

describe("an oracle that goes and comes back inside one block", () => {
  let flapping: Standing;
  let head: string;
  beforeAll(async () => {
    flapping = await startStanding();
    await play(flapping.world, [restorePsmOracle]);
    const calls = [breakPsmOracle, mint({ user: 1 }), swallowed("mint", { user: 2 }), restorePsmOracle, mint({ user: 3 })];
    head = (await play(flapping.world, calls)).hash;
  });
  afterAll(() => flapping.anvil.stop());

  /** What is told of the block when the node lacks these methods: the frame, the outcome, the reason and its proof. */
  async function told(missing: readonly string[]) {
    const node = await startRpcProxy(flapping.anvil.url);
    node.meddle = ({ method }: ProxiedCall) =>
      missing.includes(method) ? { type: "error", code: -32_601, message: "Method not found" } : { type: "pass" };
    try {
      const { facts } = await followTo(flapping.config([node.url]), head);
      const own = operationsOf(facts).filter(({ blockHash }) => blockHash === head);
      return own.map(({ framePath, outcome, reasonCode, evidence }) => [framePath, outcome, reasonCode, evidence]);
    } finally {
      await node.close();
    }
  }

  const missing = "PSM_ORACLE_MISSING";
  it("is seen by a trace, in a direct call and in one that was swallowed", async () => {
    expect(await told([])).toEqual([
      ["0", "blocked", missing, "trace"],
      ["0.0", "caught", missing, "trace"],
      ["0", "success", null, "receipt"],
    ]);
  });

  it("is seen by a replay of the block, because state moves there as it did", async () => {
    expect(await told(TRACES)).toEqual([
      ["0", "blocked", missing, "simulation"],
      ["0", "success", null, "receipt"],
    ]);
  });

  it("is not taken for anything by a call at the parent block, which goes through", async () => {
    expect(await told([...TRACES, "eth_simulateV1", "ots_getTransactionError"])).toEqual([
      ["0", "reverted", null, "status"],
      ["0", "success", null, "receipt"],
    ]);
  });
});
