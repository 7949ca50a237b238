import { afterEach, expect, test } from "vitest";
import type { StoredFact } from "#core/fact.ts";
import { type HttpOptions, type HttpServer, startHttp } from "#core/http.ts";

let server: HttpServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const fact: StoredFact = { seq: 7, writtenAtMs: 1, fact: { id: "op:1:2:0xab:0:0:1", kind: "operation", timeMs: 1, late: false } };

async function start(over: Partial<HttpOptions> = {}): Promise<string> {
  server = await startHttp({
    host: "127.0.0.1",
    port: 0,
    unhealthy: () => [],
    unready: () => ["nothing was observed yet"],
    state: async () => ({ domain: "chain" }),
    fact: async (id) => (id === fact.fact.id ? fact : undefined),
    ...over,
  });
  return server.url;
}

test("health, readiness, state and facts answer as what they are", async () => {
  const url = await start();
  const seen: Record<string, [number, unknown]> = {};
  for (const path of ["/healthz", "/readyz", "/state", `/facts/${encodeURIComponent(fact.fact.id)}`, "/facts/none", "/bogus"]) {
    const response = await fetch(url + path);
    seen[path] = [response.status, await response.json()];
  }
  expect(seen["/healthz"]).toEqual([200, { ok: true, reasons: [] }]);
  expect(seen["/readyz"]).toEqual([503, { ok: false, reasons: ["nothing was observed yet"] }]);
  expect(seen["/state"]).toEqual([200, { domain: "chain" }]);
  expect(seen[`/facts/${encodeURIComponent(fact.fact.id)}`]).toEqual([200, fact]);
  expect(seen["/facts/none"]?.[0]).toBe(404);
  expect(seen["/bogus"]?.[0]).toBe(404);
});

test("with a token nothing answers without it", async () => {
  const url = await start({ token: "a-secret" });
  expect((await fetch(`${url}/state`)).status).toBe(401);
  expect((await fetch(`${url}/state`, { headers: { authorization: "Bearer a-secreT" } })).status).toBe(401);
  expect((await fetch(`${url}/state`, { headers: { authorization: "Bearer a-secret" } })).status).toBe(200);
});

test("a taken port is told with its mend", async () => {
  const url = await start();
  const { port } = new URL(url);
  await expect(
    startHttp({
      host: "127.0.0.1",
      port: Number(port),
      unhealthy: () => [],
      unready: () => [],
      state: async () => null,
      fact: async () => undefined,
    }),
  ).rejects.toMatchObject({
    code: "PORT_TAKEN",
    hint: expect.stringContaining("http.listen"),
  });
});

test("a state that cannot be told is a 503, not a crash", async () => {
  const url = await start({ state: async () => Promise.reject(new Error("the ledger is away")) });
  expect((await fetch(`${url}/state`)).status).toBe(503);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
});
