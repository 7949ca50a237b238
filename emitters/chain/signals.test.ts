import { describe, expect, it } from "vitest";
import type { StoredFact } from "#core/fact.ts";
import { spanIdOf, traceIdOf } from "#core/ids.ts";
import { State } from "#core/state.ts";
import type { ChainFact } from "./facts.ts";
import { block, CONFIG, frame, hashOf, MISSING, ROUTER, reverted, USER } from "./fixtures/handmade.ts";
import { readRecorded } from "./fixtures/recorded.ts";
import { createInterpret } from "./interpret.ts";
import { signals, zerosOf } from "./signals.ts";
import { watchOf } from "./watch.ts";

const interpret = createInterpret(watchOf(CONFIG));
const routed = frame({ to: ROUTER, error: "execution reverted", output: MISSING, calls: [reverted(MISSING, { from: ROUTER })] });

function stored(...observations: readonly Parameters<typeof interpret>[1][]): readonly StoredFact<ChainFact>[] {
  const state = new State();
  return observations.flatMap((seen) => interpret(state, seen)).map((fact, index) => ({ seq: index + 1, writtenAtMs: 9, fact }));
}

/** Counts by the metric's Prometheus name and label values. */
function counts(fact: StoredFact<ChainFact> | undefined): readonly string[] {
  return (fact === undefined ? [] : signals(fact)).flatMap((signal) =>
    signal.type === "increment" || signal.type === "recording"
      ? [`${signal.metric.prometheus} ${[...Object.values(signal.labels), signal.value].join(" ")}`]
      : [],
  );
}

describe("signals", () => {
  const [blocked, retracted, reorg] = stored(block({ number: 7, traces: [routed] }), block({ number: 7, branch: "b", parentBranch: "a" }));

  it("count a blocked operation by the seed's name and by how it ended", () => {
    expect(counts(blocked)).toEqual([
      "offing_facts_total operation 1",
      "offing_chain_operations_total PSM PSM_MINT blocked whitelisted_route 1",
      "oracle_required_failures_total PSM PSM_MINT PSM_ORACLE_MISSING 1",
    ]);
  });

  it("count a retraction the same, marked as one", () => {
    expect(counts(retracted)).toEqual(counts(blocked));
    expect(retracted?.fact.retracts).toBe(blocked?.fact.id);
  });

  it("count a success, a plain revert and one that nobody can read", () => {
    const [success, plain, unknown] = stored(block({ number: 7, traces: [frame(), reverted("0x"), reverted("0x12345678")] }));
    expect(counts(success)).toEqual(["offing_facts_total operation 1", "offing_chain_operations_total PSM PSM_MINT success eoa 1"]);
    expect(counts(plain)).toEqual(["offing_facts_total operation 1", "offing_chain_operations_total PSM PSM_MINT reverted eoa 1"]);
    expect(counts(unknown)).toEqual([
      "offing_facts_total operation 1",
      "offing_chain_operations_total PSM PSM_MINT reverted eoa 1",
      "offing_chain_unresolved_total trace 1",
    ]);
  });

  it("record a reorg's depth", () => expect(counts(reorg)).toEqual(["offing_facts_total reorg 1", "offing_chain_reorg_depth 1"]));

  it("draw a span at the block's time, one trace for each transaction in its block", () => {
    const [span] = blocked === undefined ? [] : signals(blocked).filter(({ type }) => type === "span");
    const { txHash = "" } = blocked?.fact.kind === "operation" ? blocked.fact : {};
    expect(span).toMatchObject({
      name: "chain.operation",
      traceId: traceIdOf(`tx:1:${hashOf(7, "a")}:${txHash}`),
      spanId: spanIdOf(blocked?.fact.id ?? ""),
      startMs: blocked?.fact.timeMs,
      endMs: blocked?.fact.timeMs,
      error: "PSM_ORACLE_MISSING",
      attributes: { reason_code: "PSM_ORACLE_MISSING", "evm.frame.path": "0.0", "evm.frame.caller": ROUTER, "evm.tx.from": USER },
    });
  });

  it("mark no span as failed that a transaction caught or that went through", () => {
    const facts = stored(block({ number: 7, traces: [frame(), frame({ to: ROUTER, calls: [reverted(MISSING)] })] }));
    const spans = facts.flatMap(signals).filter((signal) => signal.type === "span");
    expect(spans.map((span) => span.error)).toEqual([undefined, undefined]);
    expect(spans.map((span) => span.attributes["outcome"])).toEqual(["success", "caught"]);
  });

  it("let a retraction's record point at the span of what it takes back", () => {
    const [span] = blocked === undefined ? [] : signals(blocked).filter((signal) => signal.type === "span");
    const [log] = retracted === undefined ? [] : signals(retracted).filter((signal) => signal.type === "log");
    expect(log).toMatchObject({ traceId: span?.traceId, spanId: span?.spanId, severity: "warn" });
  });
});

describe("zerosOf", () => {
  it("lists the tuples that the configuration makes possible, and no others", () => {
    const failures = zerosOf(CONFIG).filter(({ metric }) => metric.prometheus === "oracle_required_failures_total");
    expect(failures.map(({ labels }) => Object.values(labels).join(" "))).toEqual([
      "PSM PSM_MINT PSM_ORACLE_MISSING",
      "BUYBACK_VAULT BUYBACK_EXECUTE BUYBACK_ORACLE_REQUIRED",
      "BUYBACK_VAULT BUYBACK_EXECUTE BUYBACK_ORACLE_UNHEALTHY",
    ]);
    const changes = zerosOf(CONFIG).filter(({ metric }) => metric.prometheus === "offing_chain_config_changes_total");
    expect(changes.map(({ labels }) => labels["module"])).toEqual(["PSM", "ORACLE"]);
  });
});

describe("signals of what a hostile contract said", () => {
  const { config, batches } = readRecorded("odd");
  const tell = createInterpret(watchOf(config));
  const state = new State();
  const facts = batches.flat().flatMap(({ observation }) => tell(state, observation));
  const lines = facts.flatMap((fact, index) => signals({ seq: index + 1, writtenAtMs: 9, fact }));

  it("are one short printable line each, with well-formed attributes of bounded length", () => {
    const logs = lines.filter((signal) => signal.type === "log");
    expect(logs.length).toBeGreaterThan(30);
    for (const { body, attributes } of logs) {
      expect(body.length).toBeLessThanOrEqual(512);
      for (const text of [body, ...Object.values(attributes).map(String)]) {
        expect(text.isWellFormed()).toBe(true);
        expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        expect(text.length).toBeLessThanOrEqual(2 + 2 * 1_024);
      }
    }
  });
});
