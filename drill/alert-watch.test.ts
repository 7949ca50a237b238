import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { atAlertmanager, inPrometheus, sightOf, until } from "./alert-watch.ts";

const labels = (job: string): object => ({ alertname: "OffingEmitterSilent", job });
let server: Server;
let url = "";
let answer: unknown = [];
beforeAll(async () => {
  server = createServer((_, response) => response.writeHead(answer === undefined ? 503 : 200).end(JSON.stringify(answer ?? {})));
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

const activeAt = "2026-01-01T00:00:00Z";
const later = "2026-01-01T00:00:10Z";

test("of several series the worst one counts, and the first of its kind", () => {
  expect(sightOf([])).toEqual({ state: "inactive", activeAtMs: undefined });
  expect(sightOf([{ state: "pending", activeAt }])).toEqual({ state: "pending", activeAtMs: Date.parse(activeAt) });
  const mixed = [
    { state: "pending", activeAt },
    { state: "firing", activeAt: later },
  ] as const;
  expect(sightOf(mixed)).toEqual({ state: "firing", activeAtMs: Date.parse(later) });
});

test("an alert about another job is not the one that is meant", async () => {
  answer = { data: { alerts: [{ labels: labels("offing-alerts"), state: "firing", activeAt }] } };
  const subject = { alert: "OffingEmitterSilent", job: "offing-chain" };
  expect(await inPrometheus(subject, { prometheus: url })).toMatchObject({ state: "inactive" });
  expect(await inPrometheus({ alert: "OffingEmitterSilent" }, { prometheus: url })).toMatchObject({ state: "firing" });
  answer = [{ labels: labels("offing-chain") }];
  expect(await atAlertmanager(subject, { alertmanager: url })).toBe(true);
  expect(await atAlertmanager({ ...subject, job: "another" }, { alertmanager: url })).toBe(false);
});

test("who does not answer says nothing: neither that an alert fires nor that it is over", async () => {
  answer = undefined;
  const subject = { alert: "OffingEmitterSilent" };
  expect(await inPrometheus(subject, { prometheus: url })).toBeUndefined();
  expect(await atAlertmanager(subject, { alertmanager: "http://127.0.0.1:1" })).toBeUndefined();
});

test("a wait ends when it holds, when its time is over, and at Ctrl-C", async () => {
  const { signal } = new AbortController();
  const answers = [false, false, true];
  expect(await until(async () => answers.shift() === true, { timeoutMs: 10_000, signal })).toBe(true);
  expect(await until(async () => false, { timeoutMs: 1, signal })).toBe(false);
  const stopped = AbortSignal.abort(new Error("interrupted"));
  await expect(until(async () => false, { timeoutMs: 10_000, signal: stopped })).rejects.toThrow("interrupted");
});
