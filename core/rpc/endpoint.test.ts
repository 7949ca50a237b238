import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { systemClock } from "#core/clock.ts";
import { errorFields } from "#core/log.ts";
import { createMeter } from "#core/meter.ts";
import { createEndpoint, type Endpoint, faultOf, isMethodMissing, Reverted } from "./endpoint.ts";

const ALLOWED: readonly string[] = ["eth_chainId", "eth_call"];

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
  if (server !== undefined) await once(server, "close");
  server = undefined;
});

const SECRET_PATH = "/v3/0123456789abcdef";
const never = new AbortController().signal;
const chainId = { method: "eth_chainId", params: [] } as const;

/** An endpoint in front of a server that answers so. */
async function endpoint(
  answer: (response: ServerResponse) => void,
  timeoutMs = 2_000,
): Promise<Endpoint & { readonly requests: () => number }> {
  let requests = 0;
  const made = createServer((_, response) => {
    requests += 1;
    answer(response);
  });
  server = made;
  made.listen(0, "127.0.0.1");
  await once(made, "listening");
  const url = `http://user:password@127.0.0.1:${(made.address() as AddressInfo).port}${SECRET_PATH}?key=abcdefgh`;
  return {
    ...createEndpoint({ allowed: ALLOWED, url, provider: "rpc-1", timeoutMs, meter: createMeter(), clock: systemClock }),
    requests: () => requests,
  };
}

async function faultFrom(asked: Promise<unknown>): Promise<Error> {
  return await asked.then(
    () => expect.fail("it answered"),
    (error: Error) => error,
  );
}

function body(text: string, status = 200): (response: ServerResponse) => void {
  return (response) => void response.writeHead(status, { "content-type": "application/json" }).end(text);
}

describe("an endpoint", () => {
  it("gives the result, null too", async () => {
    expect(await (await endpoint(body('{"jsonrpc":"2.0","id":1,"result":"0x1"}'))).ask(chainId, never)).toBe("0x1");
  });

  it("gives what is read in the result, and what reading fails with as it is", async () => {
    const node = await endpoint(body('{"jsonrpc":"2.0","id":1,"result":"0x1"}'));
    expect(await node.ask({ ...chainId, read: (result) => [result] }, never)).toEqual(["0x1"]);
    const broken = new TypeError("a mistake of ours is no fault of the node");
    const read = (): never => {
      throw broken;
    };
    expect(await faultFrom(node.ask({ ...chainId, read }, never))).toBe(broken);
  });

  it("lets a revert be read like a result, where it is one", async () => {
    const node = await endpoint(body('{"jsonrpc":"2.0","id":1,"error":{"code":3,"message":"execution reverted","data":"0xAB"}}'));
    const read = (result: unknown) => (result instanceof Reverted ? result.data : "none");
    expect(await node.ask({ method: "eth_call", params: [], mayRevert: true, read }, never)).toBe("0xab");
    expect(faultOf(await faultFrom(node.ask({ method: "eth_call", params: [], read }, never)))).toBe("rpc_error");
  });

  it("sends nothing but what is on the read-only list", async () => {
    const node = await endpoint(body('{"jsonrpc":"2.0","id":1,"result":"0x1"}'));
    for (const method of [
      "eth_sendRawTransaction",
      "eth_sendTransaction",
      "anvil_reorg",
      "debug_setHead",
      "personal_sign",
      "trace_rawTransaction",
    ]) {
      const refused = await faultFrom(node.ask({ method, params: [] }, never));
      expect(refused, method).toMatchObject({ code: "SOURCE_METHOD_REFUSED", retry: "never" });
    }
    expect(node.requests()).toBe(0);
  });

  it.each([
    ["a body that never ends", (response: ServerResponse) => void response.writeHead(200).write('{"jsonrpc":'), "unreachable"],
    ["no answer", () => {}, "unreachable"],
    ["a cut connection", (response: ServerResponse) => void response.destroy(), "unreachable"],
    ["a gateway's page", body("<html>", 502), "http_status"],
    ["an empty body", body(""), "not_json"],
    ["a response without a result", body('{"jsonrpc":"2.0","id":1}'), "unknown"],
    ["a list", body("[]"), "unknown"],
    ["an error", body('{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"no"}}'), "rpc_error"],
    ["an error that is text", body('{"jsonrpc":"2.0","id":1,"error":"no"}'), "rpc_error"],
    [
      "a body beyond the cap",
      (response: ServerResponse) => void response.writeHead(200, { "content-length": "99999999" }).write("{"),
      "too_large",
    ],
  ])("names the fault of %s", async (_, answer, fault) => {
    const error = await faultFrom((await endpoint(answer, 300)).ask(chainId, never));
    expect(error).toMatchObject({ name: "OffingError", retry: "later" });
    expect(faultOf(error)).toBe(fault);
  });

  it("names a port where nobody listens unreachable", async () => {
    const options = {
      allowed: ALLOWED,
      url: "http://127.0.0.1:1",
      provider: "rpc-1",
      timeoutMs: 500,
      meter: createMeter(),
      clock: systemClock,
    };
    const error = await faultFrom(createEndpoint(options).ask(chainId, never));
    expect(error).toMatchObject({ code: "SOURCE_UNREACHABLE", context: { fault: "unreachable" } });
  });

  it("shows no part of its URL in an error, even when the node repeats it", async () => {
    const echo = `{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"bad key 0123456789abcdef of user:password, key abcdefgh"}}`;
    for (const answer of [body(echo), body("<html>"), body("no", 500), (response: ServerResponse) => void response.destroy()]) {
      const error = await faultFrom((await endpoint(answer)).ask(chainId, never));
      const shown = JSON.stringify([errorFields(error), error.message, error.stack, String(error.cause)]);
      expect(shown).not.toMatch(/0123456789abcdef|password|abcdefgh|127\.0\.0\.1/);
      server?.closeAllConnections();
      server?.close();
    }
  });

  it.each([
    ["geth's", { code: 3, message: "execution reverted: no", data: "0xABCD" }, "0xabcd"],
    ["a revert without bytes", { code: -32_000, message: "execution reverted" }, "0x"],
    ["OpenEthereum's", { code: -32_015, message: "VM execution error. Reverted", data: "Reverted 0x1234" }, "0x1234"],
  ])("gives a revert as an answer where one may come: %s", async (_, error, data) => {
    const node = await endpoint(body(JSON.stringify({ jsonrpc: "2.0", id: 1, error })));
    expect(await node.ask({ method: "eth_call", params: [], mayRevert: true }, never)).toEqual(new Reverted(data));
    expect(faultOf(await faultFrom(node.ask({ method: "eth_call", params: [] }, never)))).toBe("rpc_error");
  });

  it("takes no other error for a revert", async () => {
    const node = await endpoint(body('{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"missing trie node","data":"0x12"}}'));
    expect(faultOf(await faultFrom(node.ask({ method: "eth_call", params: [], mayRevert: true }, never)))).toBe("rpc_error");
  });

  it("ends at once when it is told to", async () => {
    const node = await endpoint(() => {}, 60_000);
    const stop = new AbortController();
    const asked = faultFrom(node.ask(chainId, stop.signal));
    setTimeout(() => stop.abort(), 50);
    expect(await asked).not.toMatchObject({ name: "OffingError" });
  });
});

describe("isMethodMissing", () => {
  const said = async (code: number, message: string): Promise<boolean> =>
    isMethodMissing(
      await faultFrom((await endpoint(body(JSON.stringify({ jsonrpc: "2.0", id: 1, error: { code, message } })))).ask(chainId, never)),
    );

  it.each([
    [-32_601, "whatever"],
    [-32_000, "the method debug_traceTransaction does not exist/is not available"],
    [-32_600, "Unsupported method: debug_traceTransaction"],
    [-32_000, "method debug_traceTransaction is disabled"],
  ])("knows %i %s", async (code, message) => expect(await said(code, message)).toBe(true));

  it.each([
    [-32_000, "transaction not found"],
    [-32_000, "missing trie node 0x12 (path ) state is not available"],
    [-32_005, "daily request count exceeded"],
    [-32_000, "execution timeout"],
  ])("does not take %i %s for it", async (code, message) => expect(await said(code, message)).toBe(false));
});
