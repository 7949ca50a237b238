import { describe, expect, expectTypeOf, it } from "vitest";
import { configChangeEvent, operationEvent, operationRetractedEvent } from "#contract/generated/chain.ts";
import { alertTransitionEvent } from "#contract/generated/shared.ts";
import { lineSelectorOf } from "./logql.ts";

const { lines, topValues, topValuesByStep } = lineSelectorOf({ job: "offing-chain", ledgerVariable: "ledger" });
const STREAM = '{service_name="offing-chain",service_instance_id=~"$ledger"}';

describe("lines", () => {
  it("asks for one event by its name", () => {
    expect(lines([configChangeEvent]).logql).toBe(`${STREAM} | event_name="offing.chain.config_change"`);
  });

  it("asks for several events literally, dots and all", () => {
    expect(lines([operationEvent, operationRetractedEvent], { reason_code: { not: "" } }).logql).toBe(
      `${STREAM} | event_name=~"offing\\\\.chain\\\\.operation|offing\\\\.chain\\\\.operation\\\\.retracted" | reason_code!=""`,
    );
  });

  it("gives the record's id the name by which Grafana finds its emitter", () => {
    const alerts = lineSelectorOf({ job: "offing-alerts", recordLabel: "alerts_fact_id" });
    expect(alerts.lines([alertTransitionEvent]).logql).toBe(
      '{service_name="offing-alerts"} | event_name="offing.alert.transition" | label_format alerts_fact_id=offing_fact_id',
    );
  });

  it("takes conditions only on attributes that every event has", () => {
    const select = lines<readonly [typeof operationEvent, typeof operationRetractedEvent]>;
    type Conditions = NonNullable<Parameters<typeof select>[1]>;
    expectTypeOf<Conditions>().toHaveProperty("outcome");
    expectTypeOf<Conditions>().not.toHaveProperty("evidence");
    expectTypeOf<{ outcome: "lost" }>().not.toExtend<Conditions>();
  });

  it("counts the most frequent values over the dashboard's range, or in each step", () => {
    expect(topValues([operationEvent], { limit: 5, by: ["evm.frame.caller"], match: { outcome: "blocked" } }).logql).toBe(
      `topk(5, sum by (evm_frame_caller) (count_over_time(${STREAM} | event_name="offing.chain.operation" | outcome="blocked" [$__range])))`,
    );
    expect(topValuesByStep([operationEvent], { limit: 5, by: ["offing.chain.route"] }).logql).toBe(
      `topk(5, sum by (offing_chain_route) (count_over_time(${STREAM} | event_name="offing.chain.operation" [$__interval])))`,
    );
  });
});
