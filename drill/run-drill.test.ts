import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type OtlpReceiver, startOtlpReceiver } from "#core/testing/otlp-receiver.ts";
import type { DrillPlan } from "../observability/drill/catalogue.ts";
import type { Act } from "./acts.ts";
import { disturb } from "./run-drill.ts";
import type { Site } from "./site.ts";

const PLAN: DrillPlan = {
  name: "emitter-killed",
  alerts: ["OffingEmitterSilent"],
  target: "an emitter",
  does: "it is killed",
  heals: "it is started",
  aboutSeconds: 1,
};

// The order of things is what is held here; drill.e2e.test.ts has a real stack.
let prometheus: Server;
let alerts: readonly object[] = [];
let collector: OtlpReceiver;
let site: Site;
const folder = mkdtempSync(join(tmpdir(), "offing-run-drill-"));
beforeAll(async () => {
  prometheus = createServer((_, response) => response.end(JSON.stringify({ data: { alerts } })));
  await new Promise<void>((listening) => prometheus.listen(0, "127.0.0.1", listening));
});
afterAll(() => {
  prometheus.close();
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  alerts = [];
  collector = await startOtlpReceiver();
  const url = `http://127.0.0.1:${(prometheus.address() as AddressInfo).port}`;
  site = { stack: { endpoints: { collector: collector.url, prometheus: url, alertmanager: url } } } as Site;
});
afterEach(() => collector.close());

/** An act that only remembers what was asked of it, together with what arrived at the Collector. */
function remembered(begin: () => Promise<void> = async () => undefined): { readonly act: Act; readonly steps: string[] } {
  const steps: string[] = [];
  const step = (name: string): void => {
    const marks = collector.requests.flatMap(({ text }) => /drill emitter-killed (\w+)/u.exec(text)?.[1] ?? []);
    steps.push([name, ...marks].join(" "));
  };
  const act: Act = {
    prepare: async () => step("prepare"),
    begin: async () => {
      step("begin");
      await begin();
    },
    heal: async () => step("heal"),
  };
  return { act, steps };
}

const marks = (): readonly string[] => collector.requests.flatMap(({ text }) => /drill emitter-killed (\w+)/u.exec(text)?.[1] ?? []);

test("Ctrl-C in the middle makes the world well again and marks the end, before anything else is said", async () => {
  const { signal, abort } = abortable();
  const { act, steps } = remembered(async () => abort());
  await expect(disturb(PLAN, act, { site, history: folder, signal, say: () => {} })).rejects.toThrow("interrupted");
  expect(steps).toEqual(["prepare", "begin started", "heal started"]);
  expect(marks()).toEqual(["started", "ended"]);
});

test("an act that fails half-way is healed, and its alerts are told as failed with the reason", async () => {
  const { signal } = abortable();
  const { act, steps } = remembered(() => Promise.reject(new Error("no such process")));
  const { cleared } = await disturb(PLAN, act, { site, history: folder, signal, say: () => {} });
  expect(await cleared()).toMatchObject([{ alert: "OffingEmitterSilent", ok: false, problem: expect.stringContaining("no such process") }]);
  expect(steps.at(-1)).toBe("heal started");
  expect(marks()).toEqual(["started", "ended"]);
});

function abortable(): { readonly signal: AbortSignal; readonly abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort(new Error("interrupted")) };
}
