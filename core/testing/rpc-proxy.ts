import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A JSON-RPC request on its way to the node. */
export interface ProxiedCall {
  readonly method: string;
  readonly params: readonly unknown[];
  /** How many came at once, when it is the first of a batch. */
  readonly batch?: number;
}

/** What the proxy does with a call: hands it on, answers itself, waits first, or cuts the connection. */
export type Meddling =
  | { readonly type: "pass" }
  /** Asks the node and changes its result. */
  | { readonly type: "change"; readonly to: (result: unknown) => unknown }
  | { readonly type: "result"; readonly result: unknown }
  | { readonly type: "error"; readonly code: number; readonly message: string }
  | { readonly type: "body"; readonly status: number; readonly body: string; readonly contentType?: string; readonly retryAfter?: string }
  /** An answer that goes on for so many bytes, as long as anybody reads it. */
  | { readonly type: "flood"; readonly bytes: number }
  | { readonly type: "delay"; readonly delayMs: number }
  | { readonly type: "cut" };

/** A recording proxy in front of a node, whose faults a test chooses. */
export interface RpcProxy {
  readonly url: string;
  /** Every call that came, in order. */
  readonly calls: readonly ProxiedCall[];
  /** Decides what becomes of each call; `pass` by default. */
  meddle: (call: ProxiedCall) => Meddling;
  readonly close: () => Promise<void>;
}

const PASS: Meddling = { type: "pass" };

/** Starts a proxy on a free loopback port in front of the node at `target`. */
export async function startRpcProxy(target: string): Promise<RpcProxy> {
  const calls: ProxiedCall[] = [];
  const proxy: { meddle: RpcProxy["meddle"] } = { meddle: () => PASS };
  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const text = await bodyOf(incoming);
    const asked: Asked | readonly Asked[] = JSON.parse(text);
    const all = [asked].flat();
    if (all.length === 0) return void response.destroy();
    const each = all.map((call, index) => {
      calls.push({ method: call.method, params: call.params });
      const batch = Array.isArray(asked) && index === 0 ? { batch: all.length } : {};
      return { call, meddling: proxy.meddle({ ...call, ...batch }) };
    });
    await answer({ response, text, target, each, isBatch: Array.isArray(asked) });
  };
  const server = createServer((incoming, response) => {
    handle(incoming, response).catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return Object.assign(proxy, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  });
}

type Asked = ProxiedCall & { readonly id: unknown };

interface Exchange {
  readonly response: ServerResponse;
  readonly text: string;
  readonly target: string;
  /** The calls that came in one request, one or several, and what is to become of each. */
  readonly each: readonly { readonly call: Asked; readonly meddling: Meddling }[];
  readonly isBatch: boolean;
}

/** What befalls the connection befalls all calls of a request; what befalls an answer only its own. */
async function answer({ response, text, target, each, isBatch }: Exchange): Promise<void> {
  for (const { meddling } of each) {
    if (meddling.type === "body") return reply(response, meddling);
    if (meddling.type === "flood") return await flood(response, meddling.bytes);
    if (meddling.type === "cut") return void response.destroy();
    if (meddling.type === "delay") await sleep(meddling.delayMs);
  }
  const isOurs = each.every(({ meddling }) => meddling.type === "result" || meddling.type === "error");
  const told = isOurs ? [] : [JSON.parse(await forward(target, text)) as Response | readonly Response[]].flat();
  const answers = each.map(({ call: { id }, meddling }) => {
    const own = told.find((one) => one.id === id);
    if (meddling.type === "change") return { jsonrpc: "2.0", id, result: meddling.to(own?.result) };
    if (meddling.type === "result") return { jsonrpc: "2.0", id, result: meddling.result };
    return meddling.type === "error" ? { jsonrpc: "2.0", id, error: { code: meddling.code, message: meddling.message } } : own;
  });
  reply(response, { status: 200, body: JSON.stringify(isBatch ? answers : answers[0]) });
}

interface Response {
  readonly id: unknown;
  readonly result?: unknown;
}

async function forward(target: string, body: string): Promise<string> {
  const answered = await fetch(target, { method: "POST", headers: { "content-type": "application/json" }, body });
  return await answered.text();
}

interface Reply {
  readonly status: number;
  readonly body: string;
  readonly contentType?: string;
  readonly retryAfter?: string;
}

function reply(response: ServerResponse, { status, body, contentType = "application/json", retryAfter }: Reply): void {
  const asked = retryAfter === undefined ? {} : { "retry-after": retryAfter };
  response.writeHead(status, { "content-type": contentType, ...asked }).end(body);
}

async function flood(response: ServerResponse, bytes: number): Promise<void> {
  response.writeHead(200, { "content-type": "application/json" });
  response.write('{"jsonrpc":"2.0","id":1,"result":"');
  const megabyte = "f".repeat(1_000_000);
  const gone = once(response, "close");
  for (let sent = 0; sent < bytes && !response.destroyed; sent += megabyte.length) {
    if (!response.write(megabyte)) await Promise.race([once(response, "drain"), gone]);
  }
  if (!response.destroyed) response.end('"}');
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
