import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { followCanary } from "./hops.ts";
import type { Finding } from "./report.ts";

const CANARY = { id: "5e".repeat(16), instance: "doctor-1", atMs: 1_700_000_000_000 };
const NOWHERE = "http://127.0.0.1:1";

let server: Server | undefined;
afterEach(() => server?.close());

/** Answers as Tempo documents it: there is none that the test machines can get. */
async function tempo(answer: (path: string) => number): Promise<string> {
  server?.close();
  server = createServer((request, response) => {
    const path = request.url ?? "";
    // The exemplar is there at once, so that only Tempo is waited for.
    if (path.startsWith("/api/v1/")) return void response.end(`"trace_id":"${CANARY.id}"`);
    const status = answer(path);
    const body = status === 200 ? '{"batches":[{"scopeSpans":[{"spans":[{}]}]}]}' : "trace not found";
    response.writeHead(status, { "content-type": status === 200 ? "application/json" : "text/plain" }).end(body);
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** What doctor finds at Tempo, whatever becomes of the other hops; `prometheus` is the address of the server above. */
async function foundAt(url: string, { waitMs = 0, prometheus = url } = {}): Promise<Finding | undefined> {
  const target = { native: null, collector: NOWHERE, prometheus, loki: NOWHERE, tempo: url, tracesFile: null, grafana: null };
  const findings = await followCanary(target, CANARY, waitMs);
  return findings.find(({ check }) => check === "trace in Tempo by id");
}

test("the canary's trace is asked of Tempo by its id, and waited for while Tempo does not know it", async () => {
  const asked: string[] = [];
  const url = await tempo((path) => (asked.push(path) < 3 ? 404 : 200));
  expect(await foundAt(url, { waitMs: 60_000 })).toMatchObject({ verdict: "ok", detail: expect.stringContaining(`at ${url} after `) });
  expect(asked).toEqual(Array.from({ length: 3 }, () => `/api/traces/${CANARY.id}`));
});

test("a Tempo that never gets it is the broken hop, and the mend leads to the Collector's queue", async () => {
  const url = await tempo(() => 404);
  expect(await foundAt(url)).toMatchObject({
    verdict: "broken",
    detail: `not at ${url} within the wait`,
    mend: expect.stringContaining("otelcol_exporter_queue_size"),
  });
});

test("a Tempo that answers with an error, and one that is gone, are told from one that lacks the trace", async () => {
  const url = await tempo(() => 500);
  expect(await foundAt(url, { waitMs: 60_000 })).toMatchObject({ verdict: "broken", detail: expect.stringMatching(/Tempo.*500/u) });
  expect(await foundAt(NOWHERE, { waitMs: 60_000, prometheus: url })).toMatchObject({
    verdict: "broken",
    mend: expect.stringContaining("./offing up"),
  });
});
