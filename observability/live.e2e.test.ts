import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { queryPrometheus } from "#core/backends.ts";
import { systemClock } from "#core/clock.ts";
import { createOtlpClient } from "#core/otlp.ts";
import { encodeSpan } from "#core/otlp-proto.ts";
import { type Stack, startStack } from "../stack/start.ts";
import { readObservability } from "./check.ts";
import { checkLive, exemplars, type LiveAnswer, type LiveOptions, SILENT_WHILE_WELL } from "./live.ts";
import { type DashboardQuery, dashboardQueries, substitute } from "./queries.ts";
import { comparable, compareDriven, type DrivenRound, zerosWhenStopped } from "./testing/compare-driven.ts";
import { drivenBatches } from "./testing/driven.ts";

const { contract, rules: ruleFiles } = readObservability();
const trace = { traceId: randomBytes(16).toString("hex"), spanId: randomBytes(8).toString("hex") };
const startMs = systemClock.nowMs();
let stack: Stack;
let rounds = 0;
beforeAll(async () => {
  stack = await startStack({ directory: mkdtempSync(join(tmpdir(), "offing-live-")), ports: "free" });
});
afterAll(async () => {
  await stack?.stop();
  if (stack !== undefined) rmSync(stack.directory, { recursive: true, force: true });
});

/** Sends everything the contract names once more, larger, as every emitter at once. */
async function drive(): Promise<DrivenRound> {
  rounds += 1;
  const otlp = createOtlpClient({ url: stack.endpoints.collector, headers: {}, timeoutMs: 10_000 });
  const shared = { abort: new AbortController().signal, patience: "wait" } as const;
  const atMs = systemClock.nowMs();
  const exemplar = { ...trace, value: 1, atMs, factId: "driven" };
  for (const batch of drivenBatches(contract, { atMs, startMs, round: rounds, exemplar })) await otlp.send({ ...batch, ...shared });
  const span = encodeSpan({
    type: "span",
    name: "chain.operation",
    kind: "internal",
    ...trace,
    startMs: atMs,
    endMs: atMs,
    attributes: {},
  });
  const ledger = { "service.name": "offing-chain", "service.instance.id": "ledger-1" };
  const node = { "service.name": "node", "service.instance.id": "node-1", "telemetry.sdk.name": "opentelemetry" };
  for (const resource of [ledger, node]) await otlp.send({ signal: "traces", resource, items: [span], ...shared });
  return { atMs, round: rounds };
}

const isSilentWhileWell = ({ panel }: LiveAnswer): boolean => SILENT_WHILE_WELL.includes(panel);

async function unanswered(more: Partial<LiveOptions> = {}): Promise<readonly LiveAnswer[]> {
  return (await checkLive({ ...stack.endpoints, ...more })).filter(({ ok }) => !ok);
}

test("every target, annotation, variable and exemplar of every dashboard answers with data, and with none where there is none", async () => {
  // The Collector speaks of itself from the start, and Prometheus's alerts need series first.
  const only: LiveOptions["only"] = ({ expr }) => !/otelcol_|ALERTS/.test(expr);
  const all = await checkLive({ ...stack.endpoints, only });
  expect(all.filter(({ ok }) => ok)).toEqual([]);
  expect(all.length).toBeGreaterThan(70);
  const seen = async (): Promise<readonly LiveAnswer[]> => {
    await drive();
    return await unanswered();
  };
  await expect.poll(async () => (await seen()).filter((one) => !isSilentWhileWell(one)), { timeout: 60_000, interval: 1_000 }).toEqual([]);
  expect((await checkLive(stack.endpoints)).filter(isSilentWhileWell).filter(({ ok }) => ok)).toEqual([]);
  const elsewhere = (await unanswered({ ledger: "another-ledger" })).map(({ panel }) => panel);
  expect(elsewhere).toContain("PSM blocked for");
  expect(elsewhere).not.toContain("Last heartbeat");
});

test("what each panel shows is what was driven, and not zero", async () => {
  const driven = await drive();
  await expect.poll(() => compareDriven(stack.endpoints.prometheus, contract, driven), { timeout: 30_000, interval: 1_000 }).toEqual([]);
  const { panels, skipped } = comparable(contract);
  expect(panels).toBeGreaterThan(40);
  expect(skipped.filter((panel) => !panel.startsWith("Collector: ")).sort()).toEqual([
    "Firing now",
    "Firing, as Prometheus finds it",
    "Spans, p99, with their traces",
  ]);
  // A driver that says something else is found out, so the comparison can fail.
  const wrong = await compareDriven(stack.endpoints.prometheus, contract, { ...driven, round: driven.round + 1 });
  expect(wrong.map(({ panel }) => panel)).toEqual(expect.arrayContaining(["Blocked operations in the ledger", "RPC latency"]));
});

test("every exemplar names a trace that was sent", async () => {
  const asked = dashboardQueries().filter((query) => query.exemplars === true);
  expect(asked.length).toBeGreaterThan(0);
  for (const { expr } of asked)
    expect(new Set(await exemplars(stack.endpoints.prometheus, substitute(expr)))).toEqual(new Set([trace.traceId]));
});

test("the Collector makes figures of an SDK's spans, and of no emitter's", async () => {
  const counted = await queryPrometheus(stack.endpoints.prometheus, 'otelcol_spans_duration_seconds_count{instance=~"ledger-1|node-1"}');
  expect(counted.map(({ labels }) => labels["instance"])).toEqual(["node-1"]);
});

// Nothing is sent between, so what Prometheus answers for ten minutes from now is what it will answer then.
test("with every emitter stopped no panel turns to zero", async () => {
  const { prometheus } = stack.endpoints;
  const atMs = systemClock.nowMs();
  expect(await zerosWhenStopped(prometheus, { atMs })).toEqual([]);
  // A query that fills silence with zero is found out.
  const [first] = dashboardQueries().filter(({ panel }) => panel === "Blocks behind the head");
  const filled = [{ ...first, expr: `${first?.expr} or vector(0)` } as DashboardQuery];
  expect(await zerosWhenStopped(prometheus, { atMs, queries: filled })).toEqual([`Blocks behind the head: ${filled[0]?.expr}`]);
});

test("Tempo answers every search for traces", async ({ skip }) => {
  if (stack.endpoints.tempo === null) {
    process.stdout.write("skipped: no Tempo on this machine (OFFING_TEMPO_BIN or PATH); TraceQL is parsed and its names are checked\n");
    skip();
  }
  await expect
    .poll(() => unanswered({ only: ({ datasource }) => datasource === "tempo" }), { timeout: 30_000, interval: 1_000 })
    .toEqual([]);
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

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}

test("Prometheus evaluates every rule on these series without an error", async () => {
  await drive();
  const exportedAtMs = systemClock.nowMs();
  const expected = ruleFiles.flatMap((file) => file.rules.map(({ alert }) => ({ name: alert, health: "ok" }))).sort(byName);
  const evaluated = async (): Promise<unknown> =>
    (await rules())
      .filter(({ lastEvaluation }) => Date.parse(lastEvaluation) > exportedAtMs)
      .map(({ name, health, lastError }) => ({ name, health, ...(lastError !== undefined && { lastError }) }))
      .sort(byName);
  await expect.poll(evaluated, { timeout: 30_000, interval: 1_000 }).toEqual(expected);
});
