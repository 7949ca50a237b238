/** One JSON-RPC call. */
export interface Call {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** Sends the JSON of what `method` asks and gives the JSON of the answer. @throws whatever stands in the way of one */
export type Exchange = (asked: Asked, signal: AbortSignal) => Promise<unknown>;

/** A body and what it asks for, in words. */
export interface Asked {
  readonly body: string;
  readonly method: string;
}

/** Sends a call, and gives the whole response to it. @throws what `exchange` throws; the signal's reason when it aborts */
export type Send = (call: Call, signal: AbortSignal) => Promise<unknown>;

/** A way to send several calls at once. */
export interface Together {
  readonly send: Send;
  /** Notes that the endpoint was seen to answer so many at once. */
  readonly allow: (count: number) => void;
}

/** What sending together needs. */
export interface TogetherOptions {
  readonly exchange: Exchange;
  /** Says whether an error only means that so much may not be asked at once. */
  readonly isRefusal: (error: unknown) => boolean;
}

/** More is not sent at once, whatever is allowed: an answer that is lost is lost with all of these. */
const MOST = 8;

/** Sends a call by itself. */
export function alone(exchange: Exchange): Send {
  return (call, signal) => exchange({ body: textOf(call), method: call.method }, signal);
}

/**
 * Sends calls of one moment in one HTTP request, which costs both sides as much as a single one does, once the endpoint was seen to answer
 * several at once.
 *
 * One that answers otherwise than with one response for each call is not asked so again: what it left open is asked by itself, as is
 * everything afterwards.
 *
 * @see https://www.jsonrpc.org/specification#batch
 */
export function together({ exchange, isRefusal }: TogetherOptions): Together {
  const single = alone(exchange);
  let waiting: Waiting[] = [];
  let [most, isRefused] = [1, false];
  const leave = (): void => {
    const all = waiting.filter(({ signal }) => !signal.aborted);
    waiting = [];
    for (let from = 0; from < all.length; from += most) void send(all.slice(from, from + most));
  };
  const send = async (batch: readonly Waiting[]): Promise<void> => {
    const open = batch.length > 1 ? await answered(batch, { exchange, isRefusal }) : batch;
    if (batch.length > 1 && open.length > 0) [most, isRefused] = [1, true];
    for (const { call, signal, resolve } of open) resolve(single(call, signal));
  };
  return {
    send: (call, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        // What several answers of one moment lead to is still of one moment.
        if (waiting.length === 0) setImmediate(leave);
        waiting.push({ call, signal, resolve, reject });
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      }),
    allow: (count) => {
      if (!isRefused) most = Math.min(MOST, count);
    },
  };
}

interface Waiting {
  readonly call: Call;
  readonly signal: AbortSignal;
  readonly resolve: (response: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Asks for all of a batch, and gives those calls that were not answered. */
async function answered(batch: readonly Waiting[], { exchange, isRefusal }: TogetherOptions): Promise<readonly Waiting[]> {
  const wanted = whileWanted(batch);
  const body = bodyOf(batch.map(({ call }) => call));
  const method = [...new Set(batch.map(({ call }) => call.method))].join(", ");
  try {
    const responses = await exchange({ body, method }, wanted);
    const byId = new Map(Array.isArray(responses) ? responses.map((response: unknown) => [idOf(response), response]) : []);
    return batch.filter(({ call, resolve }) => {
      const response = byId.get(call.id);
      if (response !== undefined) resolve(response);
      return response === undefined;
    });
  } catch (error) {
    if (isRefusal(error)) return batch;
    for (const { reject } of batch) reject(error);
    return [];
  }
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
export function bodyOf(calls: readonly Call[]): string {
  return `[${calls.map(textOf).join(",")}]`;
}

function textOf({ id, method, params }: Call): string {
  return JSON.stringify({ jsonrpc: "2.0", id, method, params });
}

function idOf(response: unknown): unknown {
  return (response as { readonly id?: unknown } | null)?.id;
}
