import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "#core/clock.ts";
import { createOtlpClient } from "#core/otlp.ts";
import { encodeSpan, type OtlpItem } from "#core/otlp-proto.ts";
import type { Attributes } from "#core/signal.ts";
import { type Stack, startStack } from "../stack/start.ts";
import { readObservability } from "./check.ts";
import { checkLive, type LiveAnswer } from "./live.ts";
import { everyName } from "./testing/every-name.ts";

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ directory: mkdtempSync(join(tmpdir(), "offing-live-")), ports: "free" });
});
afterAll(async () => {
  await stack.stop();
  rmSync(stack.directory, { recursive: true, force: true });
});

async function unanswered(ledger?: string): Promise<readonly LiveAnswer[]> {
  const { prometheus, loki } = stack.endpoints;
  return (await checkLive({ prometheus, loki, ...(ledger !== undefined && { ledger }) })).filter(({ ok }) => !ok);
}

/** Two exports, so that counters have a course. */
async function exportTwice(): Promise<void> {
  const { contract } = readObservability();
  const otlp = createOtlpClient({ url: stack.endpoints.collector, headers: {}, timeoutMs: 10_000 });
  const shared = { abort: new AbortController().signal, patience: "wait" } as const;
  const startMs = systemClock.nowMs();
  const resource = (instance: string): Attributes => ({ "service.name": "offing-chain", "service.instance.id": instance });
  for (const value of [1, 2]) {
    const { ledgerPoints, processPoints, records } = everyName(contract, { atMs: systemClock.nowMs(), startMs, value });
    await otlp.send({ signal: "metrics", resource: resource("ledger-1"), items: ledgerPoints, ...shared });
    await otlp.send({ signal: "metrics", resource: resource("slot-1"), items: processPoints, ...shared });
    await otlp.send({ signal: "traces", resource: resource("ledger-1"), items: [span(systemClock.nowMs())], ...shared });
    await systemClock.sleep(1_000);
    if (value > 1) continue;
    for (const service of ["offing-chain", "offing-drill", "offing-alerts"]) {
      await otlp.send({ signal: "logs", resource: { ...resource("ledger-1"), "service.name": service }, items: records, ...shared });
    }
  }
}

function span(atMs: number): OtlpItem {
  const place = { traceId: randomBytes(16).toString("hex"), spanId: randomBytes(8).toString("hex"), startMs: atMs, endMs: atMs };
  return encodeSpan({ type: "span", name: "chain.operation", kind: "internal", ...place, attributes: {} });
}

test("every query of every dashboard finds what the contract names, and nothing where there is nothing", async () => {
  const all = await checkLive(stack.endpoints);
  expect(all.filter(({ ok }) => ok)).toEqual([]);
  expect(all.length).toBeGreaterThan(40);
  await exportTwice();
  // The backends take a moment after the Collector has acknowledged.
  await expect.poll(() => unanswered(), { timeout: 60_000, interval: 1_000 }).toEqual([]);
  const elsewhere = (await unanswered("another-ledger")).map(({ panel }) => panel);
  expect(elsewhere).toContain("PSM blocked for");
  expect(elsewhere).not.toContain("Last heartbeat");
});

interface RuleHealth {
  readonly name: string;
  readonly health: string;
  readonly lastError?: string;
  readonly lastEvaluation: string;
}

async function rules(): Promise<readonly RuleHealth[]> {
  const response = await fetch(new URL("/api/v1/rules", stack.endpoints.prometheus));
  const { data } = (await response.json()) as { readonly data: { readonly groups: readonly { readonly rules: readonly RuleHealth[] }[] } };
  return data.groups.flatMap((group) => group.rules);
}

test("Prometheus evaluates every rule on these series without an error", async () => {
  await exportTwice();
  const exportedAtMs = systemClock.nowMs();
  const expected = readObservability().rules.flatMap((file) => file.rules.map(({ alert }) => ({ name: alert, health: "ok" })));
  const evaluated = async (): Promise<unknown> =>
    (await rules())
      .filter(({ lastEvaluation }) => Date.parse(lastEvaluation) > exportedAtMs)
      .map(({ name, health, lastError }) => ({ name, health, ...(lastError !== undefined && { lastError }) }));
  await expect.poll(evaluated, { timeout: 30_000, interval: 1_000 }).toEqual(expected);
});
