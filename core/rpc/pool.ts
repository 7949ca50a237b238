import { type Fault, rpcRequests, sourceFaults } from "#contract/generated/shared.ts";
import type { Clock } from "#core/clock.ts";
import type { Secret } from "#core/config/secret.ts";
import { OffingError } from "#core/errors.ts";
import { type Log, onChange } from "#core/log.ts";
import type { Meter } from "#core/meter.ts";
import { answerFault, createEndpoint, type Endpoint, faultOf, isMethodMissing, methodLabel } from "./endpoint.ts";
import type { MethodTable, RpcRequest } from "./methods.ts";

/** A request to whichever endpoint answers. */
export interface PoolRequest<M extends string> extends RpcRequest<M> {
  /** Asks this endpoint and no other. */
  readonly provider?: string;
  /** An answer from another endpoint does not make that one the first to be asked. */
  readonly aside?: boolean;
}

/** An answer and who gave it. */
export interface Answer {
  readonly result: unknown;
  readonly provider: string;
}

/** The configured endpoints as one: asked in their order, from the one that answered last. */
export interface Pool<M extends string> {
  /**
   * Asks until one endpoint answers; each fault is counted.
   *
   * @throws the last endpoint's fault when none does; SOURCE_CHAIN_MISMATCH when one serves another chain
   */
  readonly ask: (request: PoolRequest<M>, signal: AbortSignal) => Promise<Answer>;
  /** Says whether an endpoint has a method that not every node has. */
  readonly supports: (method: M, signal: AbortSignal) => Promise<boolean>;
  /** Counts the fault of an answer that came and asks the next endpoint first from now on; the error is the caller's to throw. */
  readonly reject: (fault: Fault, message: string) => OffingError;
}

/** Where the endpoints are and how they are asked. */
export interface PoolRpc {
  readonly urls: readonly Secret[];
  /** Of one request, the body included. */
  readonly timeoutMs: number;
  /** How many requests run at once. */
  readonly concurrency: number;
}

/** What a pool needs. */
export interface PoolOptions<M extends string> {
  readonly methods: MethodTable<M>;
  /** What `methods.identity` must give. */
  readonly chainId: string | number;
  readonly rpc: PoolRpc;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
}

/** An endpoint with what was learnt of it. */
interface Member<M extends string> {
  readonly endpoint: Endpoint<M>;
  /** It answered with the right chain id since it was last out of reach. */
  verified: boolean;
  readonly has: Map<M, boolean>;
}

/** Opens the endpoints of a configuration; nothing is sent yet. */
export function createPool<M extends string>({ methods, chainId, rpc, clock, log, meter }: PoolOptions<M>): Pool<M> {
  const { timeoutMs } = rpc;
  const { allowed, identity } = methods;
  const members = rpc.urls.map((url, index): Member<M> => {
    const endpoint = createEndpoint({ allowed, url: url.reveal(), provider: `rpc-${index + 1}`, timeoutMs, meter, clock });
    return { endpoint, verified: false, has: new Map() };
  });
  for (const { endpoint } of members) zero(meter, endpoint.provider, allowed);
  const gate = createGate(rpc.concurrency);
  const say = onChange(log, "failover");
  let current = 0;
  const countFault = (fault: Fault): void => meter.count(sourceFaults.add({ fault }));
  const askOne = (member: Member<M>, request: RpcRequest<M>, signal: AbortSignal): Promise<unknown> =>
    gate(async () => {
      signal.throwIfAborted();
      await verify(member, { chainId, identity }, signal);
      return await member.endpoint.ask(request, signal);
    });
  const ask = async (request: PoolRequest<M>, signal: AbortSignal): Promise<Answer> => {
    const { method } = request;
    let last: unknown = answerFault("unknown", `no endpoint has ${method}`);
    for (const member of ranked(members, current)) {
      const { provider } = member.endpoint;
      if (member.has.get(method) === false || (request.provider ?? provider) !== provider) continue;
      try {
        const result = await askOne(member, request, signal);
        if (request.aside !== true) current = members.indexOf(member);
        say(current === 0 ? undefined : `asking ${members[current]?.endpoint.provider}`);
        return { result, provider };
      } catch (error) {
        if (signal.aborted || !mayPass(error)) throw error;
        countFault(faultOf(error));
        if (method in methods.optional && isMethodMissing(error)) member.has.set(method, false);
        if (faultOf(error) === "unreachable") member.verified = false;
        last = error;
      }
    }
    throw last;
  };
  return {
    ask,
    supports: async (method, signal) => {
      for (const member of members) if (await probe(member, method, { methods, askOne, signal })) return true;
      return false;
    },
    reject: (fault, message) => {
      countFault(fault);
      current = (current + 1) % members.length;
      return answerFault(fault, message);
    },
  };
}

interface ProbeOptions<M extends string> {
  readonly methods: MethodTable<M>;
  readonly askOne: (member: Member<M>, request: RpcRequest<M>, signal: AbortSignal) => Promise<unknown>;
  readonly signal: AbortSignal;
}

/** Asks an endpoint once whether it has a method. One that is out of reach is asked again another time, and may have it until then. */
async function probe<M extends string>(member: Member<M>, method: M, { methods, askOne, signal }: ProbeOptions<M>): Promise<boolean> {
  const known = member.has.get(method);
  if (known !== undefined) return known;
  try {
    // A question that every node answers: what fails here says nothing of the method.
    await askOne(member, methods.identity, signal);
  } catch (error) {
    if (signal.aborted || !mayPass(error)) throw error;
    return true;
  }
  try {
    await askOne(member, { method, params: methods.optional[method] ?? [] }, signal);
  } catch (error) {
    if (signal.aborted || !mayPass(error)) throw error;
    if (isMethodMissing(error)) {
      member.has.set(method, false);
      return false;
    }
    if (faultOf(error) !== "rpc_error") return true;
  }
  member.has.set(method, true);
  return true;
}

interface Wanted<M extends string> {
  readonly chainId: string | number;
  readonly identity: MethodTable<M>["identity"];
}

async function verify<M extends string>(member: Member<M>, { chainId, identity }: Wanted<M>, signal: AbortSignal): Promise<void> {
  if (member.verified) return;
  const { endpoint } = member;
  const served = identity.served(await endpoint.ask({ method: identity.method, params: identity.params }, signal));
  if (served === undefined) throw answerFault("unknown", "the node does not say its chain id");
  if (served !== chainId) {
    const context = { provider: endpoint.provider, configured: chainId, served };
    throw new OffingError("SOURCE_CHAIN_MISMATCH", { message: "an endpoint serves another chain than the configured one", context });
  }
  member.verified = true;
}

function ranked<T>(members: readonly T[], first: number): readonly T[] {
  return [...members.slice(first), ...members.slice(0, first)];
}

function mayPass(error: unknown): boolean {
  return error instanceof OffingError && error.retry === "later";
}

function zero(meter: Meter, provider: string, methods: readonly string[]): void {
  for (const method of new Set(methods.map(methodLabel))) {
    for (const outcome of ["ok", "error"] as const) meter.count(rpcRequests.add({ provider, method, "rpc.outcome": outcome }, 0));
  }
}

/** Lets at most `limit` pieces of work run at once; the rest waits in its order. */
function createGate(limit: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
