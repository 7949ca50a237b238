import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createMeter } from "#core/meter.ts";
import { poll } from "./alertmanager.ts";
import { polled } from "./testing/told.ts";

const FIRING = polled(0, [{ id: 1, from: 0 }], { watchdog: false }).alerts;
const UPTIME = "2026-11-24T07:00:00.000Z";
interface Answer {
  readonly status?: number;
  readonly body: string;
}

let server: Server;
let answers: Readonly<Record<string, Answer>> = {};
const at = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
beforeAll(async () => {
  server = createServer((request, response) => {
    const { status = 200, body } = answers[request.url ?? ""] ?? { status: 404, body: "" };
    response.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function polledOnce(list: Answer, status: Answer = { body: JSON.stringify({ uptime: UPTIME }) }, url = at()) {
  answers = { "/api/v2/status": status, "/api/v2/alerts": list };
  const meter = createMeter();
  const seen = await poll(url, { meter, signal: new AbortController().signal });
  const faults = meter
    .collect()
    .filter(({ metric, value }) => metric.name === "offing.source.faults" && value > 0)
    .map(({ labels, value }) => `${labels["fault"]} ${value}`);
  return { seen, faults };
}

test("what fires, and since when this Alertmanager has been up", async () => {
  const { seen, faults } = await polledOnce({ body: JSON.stringify(FIRING) });
  expect(seen).toEqual({ type: "polled", alerts: FIRING, upSinceMs: Date.parse(UPTIME) });
  expect(faults).toEqual([]);
});

test("an alert that cannot be read is counted, and the others are kept", async () => {
  const { seen, faults } = await polledOnce({ body: JSON.stringify([{ odd: true }, ...FIRING, 7]) });
  expect(seen?.alerts).toEqual(FIRING);
  expect(faults).toEqual(["unknown 2"]);
});

test.each<[string, Answer, Answer | undefined, string]>([
  ["a list with another status", { status: 503, body: "" }, undefined, "http_status 1"],
  ["a list that is no JSON", { body: "<html>" }, undefined, "not_json 1"],
  ["a list that is none", { body: "{}" }, undefined, "unknown 1"],
  ["no time of its start", { body: "[]" }, { body: "{}" }, "unknown 1"],
  ["a status that fails", { body: "[]" }, { status: 500, body: "" }, "http_status 1"],
])("%s is no answer: absence must not be read out of it", async (_, list, status, fault) => {
  const { seen, faults } = await polledOnce(list, status);
  expect(seen).toBeNull();
  expect(faults).toEqual([fault]);
});

test("nobody there is unreachable; an end of the process is no fault", async () => {
  const { seen, faults } = await polledOnce({ body: "[]" }, undefined, "http://127.0.0.1:1");
  expect([seen, faults]).toEqual([null, ["unreachable 1"]]);
  const meter = createMeter();
  expect(await poll(at(), { meter, signal: AbortSignal.abort() })).toBeNull();
  expect(meter.collect().filter(({ value }) => value > 0)).toEqual([]);
});
