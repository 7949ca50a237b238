import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { rpcFailovers, sourceFaults } from "#contract/generated/shared.ts";
import type { Clock } from "#core/clock.ts";
import { Secret } from "#core/config/secret.ts";
import { createLog } from "#core/log.ts";
import { createMeter, type Meter } from "#core/meter.ts";
import { type Meddling, type RpcProxy, startRpcProxy } from "#core/testing/rpc-proxy.ts";
import type { MethodTable } from "./methods.ts";
import { createPool, type Pool } from "./pool.ts";

type Method = "chain" | "head" | "logs" | "extra" | "code" | "trace";

const METHODS: MethodTable<Method> = {
  allowed: ["chain", "head", "logs", "extra", "code", "trace"],
  together: ["logs"],
  optional: { extra: [] },
  identity: { method: "chain", params: [], served: (result) => (typeof result === "string" ? result : undefined) },
  head: { method: "head", params: [], number: (result) => (typeof result === "number" ? result : undefined) },
  archive: (block) => ({ method: "code", params: [block] }),
  tracing: { methods: ["trace"], probe: { method: "trace", params: ["latest"] } },
};
const never = new AbortController().signal;

/** What an endpoint of a test does; a node behind it is not needed. */
class Endpoint {
  head = 100;
  chain = "main";
  oldest = 0;
  spoil: Meddling | undefined;
  batch = 1_000;
  tooMany: Meddling = { type: "body", status: 429, body: "", retryAfter: "30" };
  readonly batches: number[] = [];
  trace: () => Meddling = () => ({ type: "result", result: [] });
  readonly proxy: RpcProxy;

  constructor(proxy: RpcProxy) {
    this.proxy = proxy;
    proxy.meddle = ({ method, params, batch = 1 }) => {
      if (batch > 1) this.batches.push(batch);
      return this.spoil ?? (batch > this.batch ? this.tooMany : this.answer(method, params));
    };
  }

  answer(method: string, [block]: readonly unknown[]): Meddling {
    const of = (result: unknown): Meddling => ({ type: "result", result });
    if (method === "chain") return of(this.chain);
    if (method === "head") return of(this.head);
    if (method === "logs") return of([]);
    if (method === "trace") return this.trace();
    if (method === "code" && Number(block) < this.oldest) return { type: "error", code: -32_000, message: "missing trie node" };
    return method === "code" ? of("0x") : { type: "error", code: -32_601, message: "method not found" };
  }

  asked(method: Method): number {
    return this.proxy.calls.filter((call) => call.method === method).length;
  }
}

let endpoints: readonly [Endpoint, Endpoint];
let meter: Meter;
let pool: Pool<Method>;
let nowMs: number;

beforeEach(async () => {
  endpoints = [new Endpoint(await startRpcProxy("http://127.0.0.1:1")), new Endpoint(await startRpcProxy("http://127.0.0.1:1"))];
  meter = createMeter();
  nowMs = 1_000_000;
  const clock: Clock = { nowMs: () => nowMs, sleep: async () => {} };
  const rpc = { urls: endpoints.map(({ proxy }) => new Secret(proxy.url)), timeoutMs: 1_000, concurrency: 8, maxLagBlocks: 8 };
  pool = createPool({ methods: METHODS, chainId: "main", rpc, clock, log: createLog({ level: "error", write: () => {} }), meter });
});
afterEach(async () => {
  for (const { proxy } of endpoints) await proxy.close();
});

const ask = async (atBlock?: number): Promise<string> =>
  (await pool.ask({ method: "logs", params: [], ...(atBlock !== undefined && { atBlock }) }, never)).provider;

function faults(): Readonly<Record<string, number>> {
  const counted = meter.collect().filter(({ metric, value }) => metric.name === sourceFaults.name && value > 0);
  return Object.fromEntries(counted.map(({ labels, value }) => [String(labels["fault"]), value]));
}

async function survey(): Promise<void> {
  const before = endpoints.map((endpoint) => endpoint.asked("head"));
  const asked = () => {
    // It does not look while the probes of its last look are on their way.
    pool.survey(never);
    return endpoints.map((endpoint) => endpoint.asked("head"));
  };
  await expect.poll(asked).toEqual(before.map((count) => count + 1));
}

function gauge(name: string, provider: string, more: Readonly<Record<string, string>> = {}): number | undefined {
  return meter.collect().find(({ metric, labels }) => {
    return (
      metric.prometheus === name && labels["provider"] === provider && Object.entries(more).every(([key, value]) => labels[key] === value)
    );
  })?.value;
}

describe("a pool", () => {
  it("stays with the first endpoint through a single fault", async () => {
    expect(await ask()).toBe("rpc-1");
    endpoints[0].spoil = { type: "cut" };
    expect(await ask()).toBe("rpc-2");
    endpoints[0].spoil = undefined;
    expect(await ask()).toBe("rpc-1");
    expect(meter.takeSpans()).toEqual([]);
  });

  it("stays with it when one connection is cut that many answers were to come by, which is one fault", async () => {
    await survey();
    // The last thing that a survey asks.
    await expect.poll(() => gauge("offing_rpc_endpoint_trace_time_seconds", "rpc-2", { trace_end: "answered" })).toBe(0);
    // Nothing shares a request before a first answer has told how long it takes.
    await ask();
    endpoints[0].spoil = { type: "cut" };
    endpoints[0].batches.length = 0;
    const many = Array.from({ length: 8 }, () => ask());
    expect(await Promise.all(many)).toEqual(many.map(() => "rpc-2"));
    endpoints[0].spoil = undefined;
    expect(endpoints[0].batches).toEqual([8]);
    expect(faults()).toEqual({ unreachable: 1 });
    expect(await ask()).toBe("rpc-1");
  });

  it("counts a fault of a probe, and not that a method is missing", async () => {
    expect(await pool.supports("extra", never)).toBe(false);
    expect(faults()).toEqual({});
    endpoints[0].spoil = { type: "body", status: 503, body: "" };
    endpoints[1].spoil = { type: "body", status: 503, body: "" };
    await survey();
    await expect.poll(faults).toEqual({ http_status: 2 });
  });

  it("lets an endpoint rest as long as it asks, and says why in a span with everything the choice was made from", async () => {
    await ask();
    endpoints[0].spoil = { type: "body", status: 429, body: "", retryAfter: "30" };
    expect(await ask()).toBe("rpc-2");
    const asked = endpoints[0].proxy.calls.length;
    nowMs += 29_000;
    endpoints[0].spoil = undefined;
    expect(await ask()).toBe("rpc-2");
    expect(endpoints[0].proxy.calls).toHaveLength(asked);
    const [span] = meter.takeSpans();
    expect(span).toMatchObject({
      name: "rpc.failover",
      attributes: { "offing.rpc.from": "rpc-1", "offing.rpc.to": "rpc-2", failover_reason: "resting" },
    });
    expect(JSON.parse(String(span?.attributes["offing.rpc.candidates"]))).toMatchObject([
      { provider: "rpc-1", fence: "resting", errorRatio: 0.2 },
      { provider: "rpc-2", fence: null },
    ]);
    expect(
      meter.collect().find(({ metric, labels }) => metric.name === rpcFailovers.name && labels["failover_reason"] === "resting")?.value,
    ).toBe(1);
    expect(gauge("offing_rpc_endpoint_primary", "rpc-2")).toBe(1);
  });

  it("says that nobody can be asked, and asks nobody, while all rest", async () => {
    for (const endpoint of endpoints) endpoint.spoil = { type: "body", status: 429, body: "", retryAfter: "30" };
    await expect(ask()).rejects.toMatchObject({ code: "SOURCE_UNREACHABLE" });
    const asked = endpoints.map(({ proxy }) => proxy.calls.length);
    await expect(ask()).rejects.toMatchObject({ message: expect.stringContaining("no endpoint can be asked") });
    expect(endpoints.map(({ proxy }) => proxy.calls.length)).toEqual(asked);
  });

  it("believes no empty list of an endpoint that stands below the block it is asked about", async () => {
    endpoints[0].head = 93;
    await survey();
    expect(await ask(95)).toBe("rpc-2");
    expect(endpoints[0].asked("logs")).toBe(0);
    endpoints[0].head = 95;
    nowMs += 2_000;
    expect(await ask(95)).toBe("rpc-1");
  });

  it("leaves an endpoint whose head is frozen, and shows how far it is behind", async () => {
    await survey();
    endpoints[1].head = 109;
    nowMs += 10_000;
    await survey();
    await expect.poll(() => gauge("offing_rpc_endpoint_lag", "rpc-1")).toBe(9);
    expect(await ask()).toBe("rpc-2");
    expect(gauge("offing_rpc_endpoint_fenced", "rpc-1", { fence: "behind" })).toBe(1);
  });

  it("fences an endpoint whose finalized block goes backwards", async () => {
    await ask();
    pool.heard("rpc-1", { finalized: 80 });
    pool.heard("rpc-1", { finalized: 79 });
    expect(await ask()).toBe("rpc-2");
    expect(gauge("offing_rpc_endpoint_fenced", "rpc-1", { fence: "finalized_backwards" })).toBe(1);
    expect(gauge("offing_rpc_endpoint_finalized", "rpc-1")).toBe(80);
    const [span] = meter.takeSpans();
    const candidates = JSON.parse(String(span?.attributes["offing.rpc.candidates"]));
    expect(candidates).toMatchObject([
      { fence: "finalized_backwards", finalized: 80 },
      { fence: null, finalized: null },
    ]);
    nowMs += 60_000;
    await ask();
    expect(gauge("offing_rpc_endpoint_fenced", "rpc-1", { fence: "finalized_backwards" })).toBe(0);
  });

  it("asks another one after an answer that contradicts another", async () => {
    await ask();
    expect(pool.reject("receipt_mismatch", "no", "rpc-1")).toMatchObject({ code: "SOURCE_RESPONSE_INVALID" });
    expect(await ask()).toBe("rpc-2");
  });

  it("finds out which methods an endpoint has and how deep its state goes", async () => {
    endpoints[0].head = 5_000;
    endpoints[0].oldest = 3_900;
    expect(await pool.supports("extra", never)).toBe(false);
    expect(endpoints.map((endpoint) => endpoint.asked("extra"))).toEqual([1, 1]);
    expect(await pool.supports("extra", never)).toBe(false);
    expect(endpoints.map((endpoint) => endpoint.asked("extra"))).toEqual([1, 1]);
    await survey();
    await expect.poll(() => gauge("offing_rpc_endpoint_archive", "rpc-1")).toBe(1_000);
    await expect.poll(() => gauge("offing_rpc_endpoint_archive", "rpc-2")).toBe(100);
  });

  it("finds out how many requests an endpoint answers at once, and takes a refusal for no fault", async () => {
    [endpoints[0].batch, endpoints[1].batch] = [20, 1];
    await survey();
    await expect.poll(() => [gauge("offing_rpc_endpoint_batch", "rpc-1"), gauge("offing_rpc_endpoint_batch", "rpc-2")]).toEqual([20, 1]);
    expect(endpoints.map(({ batches }) => batches)).toEqual([
      [100, 20],
      [100, 20, 5],
    ]);
    expect(faults()).toEqual({});
    expect(gauge("offing_rpc_endpoint_error_ratio", "rpc-2")).toBe(0);
  });

  it("says nothing of how many an endpoint answers at once that was away while it was asked", async () => {
    endpoints[0].batch = 1;
    endpoints[0].tooMany = { type: "body", status: 503, body: "" };
    await survey();
    await expect.poll(() => gauge("offing_rpc_endpoint_batch", "rpc-2")).toBe(100);
    expect(gauge("offing_rpc_endpoint_batch", "rpc-1")).toBeUndefined();
    expect(endpoints[0].batches).toEqual([100]);
  });

  it("learns from traces how long an endpoint lets one run", async () => {
    const took = (end: string) => gauge("offing_rpc_endpoint_trace_time_seconds", "rpc-1", { trace_end: end });
    const trace = async (ms: number, meddling: Meddling): Promise<void> => {
      endpoints[0].trace = () => {
        nowMs += ms;
        return meddling;
      };
      await pool.ask({ method: "trace", params: [], provider: "rpc-1" }, never).catch(() => undefined);
    };
    const [answered, gaveUp] = [
      { type: "result", result: [] } as const,
      { type: "error", code: -32_000, message: "execution timeout" } as const,
    ];
    await trace(3_000, answered);
    await trace(2_000, answered);
    await trace(1, { type: "error", code: -32_000, message: "missing trie node" });
    expect([took("answered"), took("given_up")]).toEqual([3, undefined]);
    await trace(9_000, { type: "body", status: 504, body: "" });
    await trace(5_000, gaveUp);
    await trace(6_000, gaveUp);
    expect([took("answered"), took("given_up")]).toEqual([3, 5]);
  });

  it("traces the newest block once to know how long that takes", async () => {
    await survey();
    await expect.poll(() => gauge("offing_rpc_endpoint_trace_time_seconds", "rpc-2", { trace_end: "answered" })).toBe(0);
    nowMs += 10_000;
    await survey();
    expect(endpoints.map((endpoint) => endpoint.asked("trace"))).toEqual([1, 1]);
  });

  it("shows since when an endpoint has been well, and nothing before it was asked", async () => {
    const well = () => gauge("offing_rpc_endpoint_well_seconds", "rpc-1");
    expect(well()).toBeUndefined();
    await ask();
    nowMs += 7_000;
    await ask();
    expect(well()).toBe(7);
    endpoints[0].spoil = { type: "body", status: 503, body: "" };
    await ask();
    expect(well()).toBe(0);
  });
});
