import { describe, expect, expectTypeOf, it } from "vitest";
import {
  type AlertThresholdLabels,
  blockTimestamp,
  failuresRecent,
  type OracleRequiredFailuresLabels,
  operations,
  oracleRequiredFailures,
  reorgDepth,
} from "#contract/generated/chain.ts";
import { heartbeatTimestamp, rpcDuration, rpcRequests } from "#contract/generated/shared.ts";
import { increase, inUnitOf, lastOver, type Matches, quantile, rate, ratio, secondsSince, selectorOf, sumBy } from "./promql.ts";

const { series, sibling, net, histogram } = selectorOf({ job: "offing-chain", ledgerVariable: "ledger" });
const LEDGER = 'job="offing-chain",instance=~"$ledger"';

describe("selectors", () => {
  it("narrow a ledger metric to the chosen ledgers, and a process metric to the job alone", () => {
    expect(series(blockTimestamp).promql).toBe(`offing_chain_block_timestamp_seconds{${LEDGER}}`);
    expect(series(heartbeatTimestamp).promql).toBe('offing_heartbeat_timestamp_seconds{job="offing-chain"}');
  });

  it("write one value, several values and anything but a value", () => {
    const labels = { contract: "PSM", window: ["1h", "burst"], reason_code: { not: "unknown" } } as const;
    expect(series(failuresRecent, labels).promql).toBe(
      `offing_chain_failures_recent{${LEDGER},contract="PSM",window=~"1h|burst",reason_code!="unknown"}`,
    );
  });

  it("write a contract key with dots as the label it becomes", () => {
    expect(series(rpcRequests, { "rpc.outcome": "error" }).promql).toContain('rpc_outcome="error"');
    expect(sumBy(series(rpcRequests), ["rpc.outcome"]).promql).toMatch(/^sum by \(rpc_outcome\) /);
  });

  it("count what the ledger holds as total + late - retracted", () => {
    expect(net(oracleRequiredFailures).promql).toBe(
      [
        `oracle_required_failures_total{${LEDGER}} + oracle_required_failures_late_total{${LEDGER}}`,
        `oracle_required_failures_retracted_total{${LEDGER}}`,
      ].join(" - "),
    );
    expect(sibling(operations, "late", { outcome: "blocked" }).promql).toBe(
      `offing_chain_operations_late_total{${LEDGER},outcome="blocked"}`,
    );
  });

  it("take only labels and values that the contract knows", () => {
    expectTypeOf<Matches<OracleRequiredFailuresLabels>>().not.toHaveProperty("reason");
    expectTypeOf<{ contract: "PSMM" }>().not.toExtend<Matches<OracleRequiredFailuresLabels>>();
    expectTypeOf<{ contract: readonly ["PSM", "FEE_ROUTER"] }>().toExtend<Matches<OracleRequiredFailuresLabels>>();
    expectTypeOf<{ alert: "ChainPsmBlocked" }>().not.toExtend<Matches<AlertThresholdLabels>>();
    expectTypeOf(sumBy<"contract" | "job", "contract">)
      .parameter(1)
      .toEqualTypeOf<readonly "contract"[]>();
    expectTypeOf(series(blockTimestamp).labels).toEqualTypeOf<readonly ("job" | "instance")[]>();
  });
});

describe("functions", () => {
  const failures = series(oracleRequiredFailures);

  it("carry the unit along", () => {
    expect(increase(failures, "1h").unit).toBe("{failure}");
    expect(rate(failures, "1h").unit).toBe("{failure}/s");
    expect(secondsSince(lastOver(series(heartbeatTimestamp), "1d"))).toMatchObject({
      promql: 'time() - last_over_time(offing_heartbeat_timestamp_seconds{job="offing-chain"}[1d])',
      unit: "s",
    });
    expect(histogram(rpcDuration, "sum").unit).toBe("s");
    expect(histogram(rpcDuration, "count").unit).toBe("{count}");
    expect(inUnitOf(failures, series(blockTimestamp)).unit).toBe("s");
  });

  it("divide so that a part without a series is 0 of its whole, and a whole of 0 gives nothing", () => {
    const { promql, unit } = ratio(sumBy(failures, ["contract"]), sumBy(series(operations), ["contract"]));
    const whole = `sum by (contract) (offing_chain_operations_total{${LEDGER}})`;
    expect(promql).toBe(`(sum by (contract) (oracle_required_failures_total{${LEDGER}}) or 0 * (${whole})) / (${whole} > 0)`);
    expect(unit).toBe("1");
  });

  it("take a quantile by le and the labels asked for", () => {
    const buckets = histogram(reorgDepth, "bucket");
    expect(quantile(0.99, { buckets, unit: "{block}", range: "1d", by: ["instance"] }).promql).toBe(
      `histogram_quantile(0.99, sum by (le, instance) (rate(offing_chain_reorg_depth_bucket{${LEDGER}}[1d])))`,
    );
  });
});
