import { type Fault, rpcRequests, sourceFaults } from "#contract/generated/shared.ts";
import type { Clock } from "#core/clock.ts";
import type { Secret } from "#core/config/secret.ts";
import { OffingError } from "#core/errors.ts";
import type { Log } from "#core/log.ts";
import type { Meter } from "#core/meter.ts";
import { type Board, createBoard } from "./board.ts";
import { noteTrace } from "./capabilities.ts";
import { answerFault, createEndpoint, faultOf, isAway, isMethodMissing, methodLabel } from "./endpoint.ts";
import { createGate, type Gate } from "./gate.ts";
import { afterAnswer, afterFault, FENCE_MS, fenceOf } from "./health.ts";
import { type Identity, learn, type Member, mayPass, probe, untried, verify } from "./member.ts";
import type { MethodTable, RpcRequest } from "./methods.ts";
import { orderOf } from "./ranking.ts";
import { createSurvey } from "./survey.ts";

/** A request to whichever endpoint answers. */
export interface PoolRequest<M extends string> extends RpcRequest<M> {
  /** Asks this endpoint and no other. */
  readonly provider?: string;
  /** What is asked about a past block, or beside the main way; it waits behind what moves the head. */
  readonly aside?: boolean;
  /** The block the answer speaks of: an endpoint that stands below it is not believed, whatever it says. */
  readonly atBlock?: number;
}

/** What was read in an answer, or its result as it came, and who gave it. */
export interface Answer<T> {
  readonly result: T;
  readonly provider: string;
}

/** What an endpoint tells of its own position. */
export interface Told {
  readonly head?: number;
  readonly finalized?: number;
}

/** A request that says what is made of its result. */
export interface Reading<M extends string, T> extends PoolRequest<M> {
  readonly read: (result: unknown) => T;
}

/** Gives what a request reads in its result, or the result as it came. */
export interface AskPool<M extends string> {
  <T>(request: Reading<M, T>, signal: AbortSignal): Promise<Answer<T>>;
  (request: PoolRequest<M>, signal: AbortSignal): Promise<Answer<unknown>>;
}

/** The configured endpoints as one: the first one that is well is asked as long as it stays so. */
export interface Pool<M extends string> {
  /**
   * Asks until one endpoint answers; each fault is counted. Endpoints that rest are not asked.
   *
   * @throws the last endpoint's fault when none does; SOURCE_CHAIN_MISMATCH when all that were ever asked serve another chain
   */
  readonly ask: AskPool<M>;
  /** Says whether an endpoint has a method that not every node has. */
  readonly supports: (method: M, signal: AbortSignal) => Promise<boolean>;
  /** Counts the fault of an answer that came and asks another endpoint first from now on; the error is the caller's to throw. */
  readonly reject: (fault: Fault, message: string, provider?: string) => OffingError;
  /** Notes where an endpoint says it stands; one whose finality goes backwards is fenced. */
  readonly heard: (provider: string, told: Told) => void;
  /** Looks at every endpoint's head now and then, in the background. */
  readonly survey: (signal: AbortSignal) => void;
}

/** Where the endpoints are and how they are asked. */
export interface PoolRpc {
  readonly urls: readonly Secret[];
  /** Of one request, the body included. */
  readonly timeoutMs: number;
  /** How many requests run at once. */
  readonly concurrency: number;
  /** How many blocks an endpoint may be below the best one before another is asked first. */
  readonly maxLagBlocks: number;
}

/** What a pool needs. */
export interface PoolOptions<M extends string> {
  readonly methods: MethodTable<M>;
  /** What `methods.identity` must give. */
  readonly chainId: string | number;
  /** What `methods.genesis` must give; where left out, all endpoints must tell the same. */
  readonly genesis?: string | undefined;
  readonly rpc: PoolRpc;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
}

/** Everything the parts of a pool share. */
interface Works<M extends string> extends PoolOptions<M> {
  readonly members: readonly Member<M>[];
  readonly identity: Identity;
  readonly board: Board;
  readonly gate: Gate;
  /** Faults that stand in the counter already. */
  readonly counted: WeakSet<object>;
}

const SHOWN_EVERY_MS = 1_000;

/** Opens the endpoints of a configuration; nothing is sent yet. */
export function createPool<M extends string>(options: PoolOptions<M>): Pool<M> {
  const { methods, rpc, clock, meter, log } = options;
  const members = rpc.urls.map((url, index): Member<M> => {
    const place = { url: url.reveal(), provider: `rpc-${index + 1}` };
    return untried(createEndpoint({ ...place, ...methods, timeoutMs: rpc.timeoutMs, meter, clock }));
  });
  for (const { endpoint } of members) zero(meter, endpoint.provider, methods.allowed);
  const identity: Identity = { chainId: options.chainId, genesis: options.genesis };
  const board = createBoard({ members, maxLagBlocks: rpc.maxLagBlocks, clock, log, meter });
  const works: Works<M> = { ...options, members, identity, board, gate: createGate(rpc.concurrency), counted: new WeakSet() };
  const asking = createAsking(works);
  const probing = createProbing(works, asking);
  const survey = createSurvey({ methods, members, board, ask: probing, clock, meter });
  const askPool = (request: PoolRequest<M>, signal: AbortSignal) =>
    askInOrder(works, { request, ask: asking, refresh: survey.refresh }, signal);
  return {
    // What a request reads in its result is what comes.
    ask: askPool as AskPool<M>,
    supports: async (method, signal) => {
      for (const member of members) {
        const fence = fenceOf(member.health, { nowMs: clock.nowMs(), isBehind: false });
        // One that rests may have it, and is not asked; one on another chain has nothing for us.
        if (fence === "resting" && (member.has.get(method) ?? true)) return true;
        if (fence === "resting" || fence === "wrong_chain") continue;
        if (await probe(member, method, { methods, ask: probing, meter, signal })) return true;
      }
      return false;
    },
    reject: (fault, message, provider = board.first()) => {
      meter.count(sourceFaults.add({ fault }));
      board.demote(provider);
      return answerFault(fault, message);
    },
    heard: (provider, told) => hear(works, provider, told),
    survey: survey.look,
  };
}

type Ask<M extends string> = (member: Member<M>, request: PoolRequest<M>, signal: AbortSignal) => Promise<unknown>;

/** Asks one member when its turn comes, and keeps how it fared. */
function createAsking<M extends string>({ methods, identity, gate, board, clock, meter }: Works<M>): Ask<M> {
  let shownAtMs = 0;
  // Requests that wait for the same question for the chain fail with the same error.
  const blamed = new WeakSet<object>();
  const isTrace = (method: M): boolean => methods.tracing?.methods.includes(method) === true;
  return (member, request, signal) =>
    gate.pass(async () => {
      signal.throwIfAborted();
      const startedMs = clock.nowMs();
      try {
        await verify(member, { methods, identity }, signal);
        const result = await member.endpoint.ask(request, signal);
        const nowMs = clock.nowMs();
        if (isTrace(request.method)) noteTrace(member, { elapsedMs: nowMs - startedMs, error: undefined, meter });
        member.health = afterAnswer(member.health, { latencyMs: nowMs - startedMs, nowMs });
        if (nowMs - shownAtMs >= SHOWN_EVERY_MS) {
          shownAtMs = nowMs;
          board.settle();
        }
        return result;
      } catch (error) {
        if (!signal.aborted && error instanceof OffingError && !blamed.has(error)) {
          blamed.add(error);
          if (isTrace(request.method)) noteTrace(member, { elapsedMs: clock.nowMs() - startedMs, error, meter });
          blame(member, error, { clock, meter, request, methods });
        }
        board.settle();
        throw error;
      }
    }, request.aside !== true);
}

/** The same for what nobody waits for: an answer that was refused says what was asked, and every other fault is counted. */
function createProbing<M extends string>({ counted, meter }: Works<M>, ask: Ask<M>): Ask<M> {
  return async (member, request, signal) => {
    try {
      return await ask(member, request, signal);
    } catch (error) {
      if (!signal.aborted && faultOf(error) !== "rpc_error" && !isMethodMissing(error)) countOnce(error, { counted, meter });
      throw error;
    }
  };
}

/** A fault that a question and its probe share is one fault. */
function countOnce(error: unknown, { counted, meter }: { readonly counted: WeakSet<object>; readonly meter: Meter }): void {
  if (typeof error !== "object" || error === null || counted.has(error)) return;
  counted.add(error);
  meter.count(sourceFaults.add({ fault: faultOf(error) }));
}

interface Blame<M extends string> extends Pick<PoolOptions<M>, "clock" | "meter" | "methods"> {
  readonly request: RpcRequest<M>;
}

function blame<M extends string>(member: Member<M>, error: OffingError, { clock, meter, request, methods }: Blame<M>): void {
  const nowMs = clock.nowMs();
  const isOptional = request.method in methods.optional;
  // That a node lacks a method, or refuses what it was asked, says nothing of its health.
  if (faultOf(error) === "rpc_error" || (isOptional && isMethodMissing(error))) {
    if (isOptional && isMethodMissing(error)) learn(member, request.method, { has: false, meter });
    return;
  }
  const asked = error.context["retry_after_ms"];
  const retryAfterMs = typeof asked === "number" ? asked : undefined;
  member.health = afterFault(member.health, { nowMs, isAway: isAway(error), retryAfterMs });
  if (faultOf(error) === "unreachable") member.verified = false;
  if (faultOf(error) === "wrong_chain") {
    member.health = { ...member.health, hardFence: { fence: "wrong_chain", untilMs: nowMs + FENCE_MS } };
  }
}

interface Asked<M extends string> {
  readonly request: PoolRequest<M>;
  readonly ask: Ask<M>;
  readonly refresh: (member: Member<M>, signal: AbortSignal) => Promise<void>;
}

async function askInOrder<M extends string>(
  works: Works<M>,
  { request, ask, refresh }: Asked<M>,
  signal: AbortSignal,
): Promise<Answer<unknown>> {
  const { members, board } = works;
  const { method, atBlock } = request;
  let last: unknown;
  for (const provider of orderOf(board.candidates(), board.first())) {
    const member = members.find(({ endpoint }) => endpoint.provider === provider);
    if (member === undefined || member.has.get(method) === false || (request.provider ?? provider) !== provider) continue;
    try {
      if (isBelow(member, atBlock)) await refresh(member, signal);
      if (isBelow(member, atBlock)) throw answerFault("behind", "the endpoint stands below the block it is asked about");
      return { result: await ask(member, request, signal), provider };
    } catch (error) {
      const isForeign = faultOf(error) === "wrong_chain";
      if (signal.aborted || !(mayPass(error) || isForeign)) throw error;
      countOnce(error, works);
      last = error;
    }
  }
  throw last === undefined || faultOf(last) === "wrong_chain" ? noneLeft(works, request, last) : last;
}

function isBelow<M extends string>({ health }: Member<M>, atBlock: number | undefined): boolean {
  return atBlock !== undefined && health.head !== undefined && health.head < atBlock;
}

/** An endpoint on another chain ends the process only when none was ever right: that is a mistake in the configuration. */
function noneLeft<M extends string>({ members }: Works<M>, { method }: PoolRequest<M>, last: unknown): unknown {
  const foreign = members.every(({ everVerified, health }) => !everVerified && health.hardFence?.fence === "wrong_chain");
  if (foreign && last !== undefined) return last;
  if (members.some(({ has }) => has.get(method) !== false)) {
    const message = "no endpoint can be asked at the moment: they rest after faults, or serve another chain";
    return new OffingError("SOURCE_UNREACHABLE", { message, context: { fault: "unreachable", method } });
  }
  return answerFault("unknown", `no endpoint has ${method}`);
}

function hear<M extends string>({ members, board, clock, meter }: Works<M>, provider: string, { head, finalized }: Told): void {
  const member = members.find(({ endpoint }) => endpoint.provider === provider);
  if (member === undefined) return;
  const { health } = member;
  const fell = finalized !== undefined && health.finalized !== undefined && finalized < health.finalized;
  const fence = { fence: "finalized_backwards", untilMs: clock.nowMs() + FENCE_MS } as const;
  member.health = {
    ...health,
    head: head ?? health.head,
    finalized: fell ? health.finalized : (finalized ?? health.finalized),
    hardFence: fell ? fence : health.hardFence,
  };
  if (!fell) return;
  meter.count(sourceFaults.add({ fault: "finalized_backwards" }));
  board.settle();
}

function zero(meter: Meter, provider: string, methods: readonly string[]): void {
  for (const method of new Set(methods.map(methodLabel))) {
    for (const outcome of ["ok", "error"] as const) meter.count(rpcRequests.add({ provider, method, "rpc.outcome": outcome }, 0));
  }
}
