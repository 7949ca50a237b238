import { type Fault, METHODS, type Method, type RpcOutcome, rpcDuration, rpcRequests } from "#contract/generated/shared.ts";
import { clean } from "#core/clean.ts";
import type { Clock } from "#core/clock.ts";
import { OffingError } from "#core/errors.ts";
import type { Meter } from "#core/meter.ts";
import { parseRetryAfter } from "./health.ts";
import type { RpcRequest } from "./methods.ts";
import { createPost, type Posted } from "./post.ts";
import { bodyOf, type Exchange, type Outcome, type Sent, together } from "./together.ts";

/** The answer to a request that may revert, when it did. */
export class Reverted {
  /** The revert bytes, all of them; `0x` when there were none. */
  readonly data: string;

  constructor(data: string) {
    this.data = data;
  }
}

/** One node, as the configuration lists it. */
export interface Endpoint<M extends string = string> {
  /** Its position in the configuration, such as `rpc-1`; its URL may hold a secret. */
  readonly provider: string;
  /**
   * Asks once, without a retry.
   *
   * @throws SOURCE_UNREACHABLE, SOURCE_RESPONSE_INVALID, with the fault in the context; SOURCE_METHOD_REFUSED; the signal's reason when it aborts
   */
  readonly ask: (request: RpcRequest<M>, signal: AbortSignal) => Promise<unknown>;
  /**
   * Asks the same so many times in one JSON-RPC batch.
   *
   * @returns how many answers came with a result
   * @throws what `ask` throws
   */
  readonly askBatch: (request: RpcRequest<M>, size: number, signal: AbortSignal) => Promise<number>;
}

/** How an endpoint is asked. */
export interface EndpointOptions<M extends string = string> {
  /** The only methods that are sent. */
  readonly allowed: readonly M[];
  /** Those of them that may share an HTTP request. */
  readonly together?: readonly M[];
  readonly url: string;
  readonly provider: string;
  readonly timeoutMs: number;
  readonly meter: Meter;
  readonly clock: Clock;
}

/** A longer answer is not read: a block with all its receipts is far smaller. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;
const MESSAGE_LENGTH = 200;

/** Opens an endpoint; nothing is sent yet. Each request is counted and timed, by how it ended. */
export function createEndpoint<M extends string>(options: EndpointOptions<M>): Endpoint<M> {
  const { allowed, url, provider, timeoutMs, meter, clock } = options;
  const place = { provider, url };
  const exchange = createExchange({ ...place, clock });
  const shared = together({ exchange, isRefusal, clock });
  // One connection that is lost is one fault, however many answers were to come by it.
  const faults = new WeakMap<Error, OffingError>();
  let asked = 0;
  const record = ({ method, outcome, startedMs }: Ended): void => {
    const labels = { provider, method: methodLabel(method), "rpc.outcome": outcome } as const;
    meter.count(rpcRequests.add(labels));
    meter.record(rpcDuration.record(labels, Math.max(0, clock.nowMs() - startedMs) / 1000));
  };
  const timed = async ({ method, send }: Timed, signal: AbortSignal): Promise<unknown> => {
    assertAllowed(method, allowed);
    const startedMs = clock.nowMs();
    const limit = limited(signal, timeoutMs);
    let outcome: Outcome;
    try {
      outcome = await send(limit.signal);
    } catch (error) {
      if (signal.aborted) throw error;
      record({ method, outcome: "error", startedMs });
      if (error instanceof OffingError) throw error;
      const fault = (error instanceof Error ? faults.get(error) : undefined) ?? transportFault(error, { ...place, method });
      if (error instanceof Error) faults.set(error, fault);
      throw fault;
    } finally {
      limit.release();
    }
    record({ method, outcome: "error" in outcome ? "error" : "ok", startedMs });
    if ("error" in outcome) throw outcome.error;
    return outcome.value;
  };
  const sentOf = ({ method, params }: RpcRequest<M>): Sent => {
    asked += 1;
    return { id: asked, method, params };
  };
  return {
    provider,
    ask: (request, signal) => {
      const { method } = request;
      const how = options.together?.includes(method) === true ? shared.send : shared.alone;
      const read = (response: unknown): Outcome => outcomeOf(response, { ...place, request });
      return timed({ method, send: (limit) => how({ ...sentOf(request), read }, limit) }, signal);
    },
    askBatch: async (request, size, signal) => {
      const body = bodyOf(Array.from({ length: size }, () => sentOf(request)));
      const { method } = request;
      let answered = 0;
      const send = async (limit: AbortSignal): Promise<Outcome> => {
        answered = (await exchange({ body, method, read: resultsIn }, limit)).value;
        return { value: answered };
      };
      await timed({ method, send }, signal);
      if (answered === size) shared.allow(size);
      return answered;
    },
  };
}

interface Timed {
  readonly method: string;
  readonly send: (limit: AbortSignal) => Promise<Outcome>;
}

/** How many answers of a batch hold a result; one object instead of a list refuses it as a whole. */
function resultsIn(answer: unknown): number {
  const answers: readonly unknown[] = Array.isArray(answer) ? answer : [];
  return answers.filter((one) => (one as { readonly result?: unknown } | null)?.result != null).length;
}

/** What went wrong with an answer, as the contract's label names it. */
export function faultOf(error: unknown): Fault {
  return error instanceof OffingError ? ((error.context["fault"] as Fault | undefined) ?? "unknown") : "unknown";
}

/** Says whether a node does not have the method, or does not let us use it. */
export function isMethodMissing(error: unknown): boolean {
  if (!(error instanceof OffingError)) return false;
  const { fault, rpc_code: code, status, detail } = error.context;
  if (fault === "http_status") return typeof status === "number" && status >= 400 && status < 500 && status !== 408 && status !== 429;
  if (fault !== "rpc_error") return false;
  return (
    code === -32601 || code === -32004 || /method.*(not|n't|disabled|unknown)|(unsupported|unknown|disabled).*method/i.test(String(detail))
  );
}

/** Says whether an endpoint, or what stands before it, is out of reach or overloaded: it is a matter of time, not of what was asked. */
export function isAway(error: unknown): boolean {
  const fault = faultOf(error);
  return fault === "unreachable" || fault === "http_status" || fault === "rate_limited" || fault === "not_json";
}

/** An error for an answer that came and cannot be used. */
export function answerFault(fault: Fault, message: string): OffingError {
  return new OffingError("SOURCE_RESPONSE_INVALID", { message, context: { fault } });
}

/** A method as the contract's label names it. */
export function methodLabel(method: string): Method {
  return METHODS.find((known) => known === method) ?? "other";
}

interface Ended {
  readonly method: string;
  readonly outcome: RpcOutcome;
  readonly startedMs: number;
}

interface Place {
  readonly provider: string;
  readonly url: string;
  readonly method: string;
}

function assertAllowed(method: string, allowed: readonly string[]): void {
  if (allowed.includes(method)) return;
  throw new OffingError("SOURCE_METHOD_REFUSED", { message: "only reading methods may be sent to a node", context: { method } });
}

/** The caller's signal and the time limit in one; it holds for the body too, which the transport's own limit does not. */
function limited(signal: AbortSignal, timeoutMs: number): { readonly signal: AbortSignal; readonly release: () => void } {
  const controller = new AbortController();
  const abort = (): void => controller.abort(signal.reason);
  const timer = setTimeout(() => controller.abort(new DOMException("no answer in time", "TimeoutError")), timeoutMs);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  const release = (): void => {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  };
  return { signal: controller.signal, release };
}

/** Nodes agree neither on the code nor on the words of a revert; bytes in `data`, or the word itself, are what they have in common. */
function revertIn(answer: unknown): Reverted | undefined {
  const { error } = (answer ?? {}) as { readonly error?: { readonly code?: unknown; readonly message?: unknown; readonly data?: unknown } };
  if (typeof error !== "object" || error === null) return undefined;
  const said = error.code === 3 || /revert/i.test(String(error.message));
  const data = typeof error.data === "string" ? /0x[0-9a-f]*$/i.exec(error.data)?.[0].toLowerCase() : undefined;
  return said ? new Reverted(data ?? "0x") : undefined;
}

interface Answered extends Omit<Place, "method"> {
  readonly request: RpcRequest<string>;
}

/** What is wanted of a response, or what is wrong with it. */
function outcomeOf(response: unknown, { request, ...place }: Answered): Outcome {
  const { method, mayRevert, read = (result: unknown) => result } = request;
  try {
    return { value: read((mayRevert === true ? revertIn(response) : undefined) ?? resultOf(response, { ...place, method })) };
  } catch (error) {
    return { error };
  }
}

function resultOf(answer: unknown, place: Place): unknown {
  const { error, result } = (answer ?? {}) as { readonly error?: unknown; readonly result?: unknown };
  const { provider, method } = place;
  if (error !== undefined && error !== null) {
    const { code, message } = (typeof error === "object" ? error : {}) as { readonly code?: unknown; readonly message?: unknown };
    const detail = redacted(typeof message === "string" ? message : "", place.url);
    const context = { fault: "rpc_error", provider, method, rpc_code: typeof code === "number" ? code : null, detail };
    throw new OffingError("SOURCE_RESPONSE_INVALID", { message: "the node answered with an error", context });
  }
  if (result !== undefined) return result;
  const context = { fault: "unknown", provider, method };
  throw new OffingError("SOURCE_RESPONSE_INVALID", { message: "the node's answer is no JSON-RPC response", context });
}

/** What is sent to the endpoint and what is made of its answer, whatever was asked. */
function createExchange({ provider, url, clock }: Omit<Place, "method"> & Pick<EndpointOptions, "clock">): Exchange {
  const post = createPost(new URL(url));
  return ({ body, method, read }, signal) =>
    post({
      body,
      maxBytes: MAX_BODY_BYTES,
      signal,
      read: (posted) => ({ value: read(jsonIn(posted, { provider, method, nowMs: clock.nowMs() })), bytes: posted.body?.length ?? 0 }),
    });
}

/** Says whether an endpoint, asked for much at once, would not answer, or not all of it: by itself each may still be had. */
function isRefusal(error: unknown): boolean {
  return faultOf(error) === "too_large" || isMethodMissing(error);
}

/** The JSON of an answer. @throws the fault of one that is none */
function jsonIn(
  { status, retryAfter, body }: Posted,
  { provider, method, nowMs }: Omit<Place, "url"> & { readonly nowMs: number },
): unknown {
  const context = { provider, method };
  if (status < 200 || status > 299) {
    const fault = status === 429 ? "rate_limited" : "http_status";
    const restMs = parseRetryAfter(retryAfter, nowMs);
    const told = restMs === undefined ? {} : { retry_after_ms: restMs };
    const message = "the node answered with an HTTP error";
    throw new OffingError("SOURCE_UNREACHABLE", { message, context: { fault, ...context, status, ...told } });
  }
  if (body === undefined) {
    const message = "the node's answer is longer than any that can be right";
    throw new OffingError("SOURCE_RESPONSE_INVALID", { message, context: { fault: "too_large", ...context, cap_bytes: MAX_BODY_BYTES } });
  }
  try {
    return JSON.parse(body.toString());
  } catch {
    // A syntax error's text holds part of the body.
    const message = "the node's answer is no JSON";
    throw new OffingError("SOURCE_RESPONSE_INVALID", { message, context: { fault: "not_json", ...context } });
  }
}

/** The connection's own errors are not handed on: their texts hold the address. */
function transportFault(error: unknown, { provider, method }: Place): OffingError {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  const detail = isAbort(error) ? "no answer in time" : (code ?? "no connection");
  const context = { fault: "unreachable", provider, method, detail };
  return new OffingError("SOURCE_UNREACHABLE", { message: "the node does not answer", context });
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === "AbortError" || error.name === "TimeoutError");
}

/** A node's message without what the URL keeps secret. */
function redacted(message: string, url: string): string {
  const { username, password, pathname, search } = new URL(url);
  const secrets = [username, password, ...pathname.split("/"), ...search.split(/[?&=]/)].filter((part) => part.length >= 6);
  return clean(
    secrets.reduce((text, secret) => text.replaceAll(secret, "***"), message),
    MESSAGE_LENGTH,
  );
}
