import type { Clock } from "#core/clock.ts";
import { createCosts } from "./costs.ts";
import { createShare, type End } from "./share.ts";

/** What is sent of a JSON-RPC call. */
export interface Sent {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** A call, and what is made of the whole response to it at the moment that it is parsed. */
export interface Call extends Sent {
  readonly read: (response: unknown) => Outcome;
}

/** What came of a call: something, or what is wrong with the response to it. */
export type Outcome = { readonly value: unknown } | { readonly error: unknown };

/** Sends the JSON of what `method` asks and gives what is read in the answer. @throws whatever stands in the way of one */
export type Exchange = <T>(asked: Asked<T>, signal: AbortSignal) => Promise<Exchanged<T>>;

/** What was read in an answer, and how long it was. */
export interface Exchanged<T> {
  readonly value: T;
  readonly bytes: number;
}

/** A body, how often it asks for what, once where that is left out, and what is made of the answer's JSON. */
export interface Asked<T> {
  readonly body: string;
  readonly method: string;
  readonly calls?: number;
  readonly read: (json: unknown) => T;
}

/** Sends a call, and gives what was read in the response to it. @throws what `exchange` throws; the signal's reason when it aborts */
export type Send = (call: Call, signal: AbortSignal) => Promise<Outcome>;

/** A way to send several calls at once. */
export interface Together {
  readonly send: Send;
  /** Sends a call by itself; it tells how long any answer is on its way. */
  readonly alone: Send;
  /** Notes that the endpoint was seen to answer so many at once. */
  readonly allow: (count: number) => void;
}

/** What sending together needs. */
export interface TogetherOptions {
  readonly exchange: Exchange;
  /** Says whether an error only means that so much may not be asked at once. */
  readonly isRefusal: (error: unknown) => boolean;
  readonly clock: Pick<Clock, "nowMs">;
}

/** Sends a call by itself. */
function alone(exchange: Exchange): Send {
  return async (call, signal) => (await exchange({ body: textOf(call), method: call.method, read: call.read }, signal)).value;
}

/**
 * Sends calls of one moment in one HTTP request, which costs both sides as much as a single one does, once the endpoint was seen to answer
 * several at once. Only calls of one method share a request, and no more than their last answers promise to be had quickly and in few bytes:
 * an endpoint answers what came at once one after the other.
 *
 * One that answers otherwise than with one response for each call is not asked so again: what it left open is asked by itself, as is
 * everything afterwards. After a request that came to nothing, or of which a part was refused, half as many share the next one: what is too
 * slow or too much together may be had apart. What was refused is asked by itself at once, and that answer counts.
 *
 * @see https://www.jsonrpc.org/specification#batch
 */
export function together({ exchange, isRefusal, clock }: TogetherOptions): Together {
  const costs = createCosts();
  const timed: Exchange = async (asked, signal) => {
    const { method, calls = 1 } = asked;
    const startedMs = clock.nowMs();
    const took = () => ({ ms: clock.nowMs() - startedMs, calls });
    let whole = false;
    const read = (json: unknown) => {
      whole = [json].flat().every(hasResult);
      return asked.read(json);
    };
    try {
      const exchanged = await exchange({ ...asked, read }, signal);
      costs.note(method, { ...took(), bytes: exchanged.bytes, whole });
      return exchanged;
    } catch (error) {
      costs.note(method, { ...took(), bytes: 0, whole: false });
      throw error;
    }
  };
  const single = alone(timed);
  const share = createShare();
  let waiting: Waiting[] = [];
  const leave = (): void => {
    const all = waiting.filter(({ signal }) => !signal.aborted);
    waiting = [];
    const most = share.most();
    for (const [method, calls] of Map.groupBy(all, ({ call }) => call.method)) {
      const size = Math.min(most, costs.room(method));
      for (let from = 0; from < calls.length; from += size) void send(calls.slice(from, from + size), size);
    }
  };
  const send = async (batch: readonly Waiting[], size: number): Promise<void> => {
    const [one] = batch;
    if (one === undefined || batch.length > 1) return await sendAll(batch, size);
    const answer = single(one.call, one.signal);
    one.resolve(answer);
    await answer.then(
      () => share.note("answered", size),
      () => {},
    );
  };
  const sendAll = async (batch: readonly Waiting[], size: number): Promise<void> => {
    const { end, open } = await answered(batch, { exchange: timed, isRefusal });
    share.note(end, size);
    // Who no longer waits would not take a second answer's fault either.
    for (const { call, signal, resolve } of open) if (!signal.aborted) resolve(single(call, signal));
  };
  return {
    send: (call, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        // What several answers of one moment lead to is still of one moment.
        if (waiting.length === 0) setImmediate(leave);
        const one: Waiting = { call, signal, resolve, reject, request: {} };
        waiting.push(one);
        signal.addEventListener("abort", () => reject(reasonOf(one)), { once: true });
      }),
    alone: single,
    allow: share.allow,
  };
}

interface Waiting {
  readonly call: Call;
  readonly signal: AbortSignal;
  readonly resolve: (outcome: Outcome | Promise<Outcome>) => void;
  readonly reject: (error: unknown) => void;
  /** What it shares with all that were sent with it. */
  request: { timeout?: unknown };
}

/** What came of a batch, and those of its calls that have no answer yet. */
interface Answered {
  readonly end: End;
  readonly open: readonly Waiting[];
}

async function answered(batch: readonly Waiting[], { exchange, isRefusal }: Omit<TogetherOptions, "clock">): Promise<Answered> {
  const request = {};
  for (const one of batch) one.request = request;
  const wanted = whileWanted(batch);
  const body = bodyOf(batch.map(({ call }) => call));
  const method = batch[0]?.call.method ?? "";
  try {
    const read = (json: unknown): Answered => handedOut(batch, Array.isArray(json) ? json : []);
    return (await exchange({ body, method, calls: batch.length, read }, wanted)).value;
  } catch (error) {
    if (isRefusal(error)) return { end: "refused", open: batch };
    for (const { reject } of batch) reject(error);
    return { end: wanted.aborted && !isTimeout(wanted.reason) ? "left" : "lost", open: [] };
  }
}

/** Gives each call its own answer. Of two answers to one call nobody knows which is right. */
function handedOut(batch: readonly Waiting[], responses: readonly unknown[]): Answered {
  const byId = new Map(responses.map((response) => [idOf(response), response]));
  const isOneEach = responses.length === batch.length && batch.every(({ call }) => byId.has(call.id));
  if (responses.length > byId.size) return { end: "refused", open: batch };
  // An error may only mean that all of it was too much: what it means for the one that it is given to shows when that is asked alone.
  const isOpen = ({ call }: Waiting): boolean => !byId.has(call.id) || isError(byId.get(call.id));
  for (const one of batch) if (!isOpen(one)) one.resolve(one.call.read(byId.get(one.call.id)));
  const open = batch.filter(isOpen);
  if (!isOneEach) return { end: "refused", open };
  return { end: open.length > 0 ? "lost" : "answered", open };
}

/** Why a call ends unanswered: what was sent together and took too long is one fault, not as many as there are calls. */
function reasonOf({ signal, request }: Waiting): unknown {
  if (!isTimeout(signal.reason)) return signal.reason;
  request.timeout ??= signal.reason;
  return request.timeout;
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof Error && reason.name === "TimeoutError";
}

/** A signal that aborts once nobody waits for any of them. */
function whileWanted(batch: readonly Waiting[]): AbortSignal {
  const controller = new AbortController();
  let left = batch.length;
  for (const { signal } of batch) {
    const leave = (): void => {
      left -= 1;
      if (left === 0) controller.abort(signal.reason);
    };
    signal.addEventListener("abort", leave, { once: true });
  }
  return controller.signal;
}

/** The JSON of several calls at once. */
export function bodyOf(calls: readonly Sent[]): string {
  return `[${calls.map(textOf).join(",")}]`;
}

function textOf({ id, method, params }: Sent): string {
  return JSON.stringify({ jsonrpc: "2.0", id, method, params });
}

function hasResult(response: unknown): boolean {
  return (response as { readonly result?: unknown } | null)?.result != null;
}

function isError(response: unknown): boolean {
  return (response as { readonly error?: unknown } | null)?.error != null;
}

function idOf(response: unknown): unknown {
  return (response as { readonly id?: unknown } | null)?.id;
}
