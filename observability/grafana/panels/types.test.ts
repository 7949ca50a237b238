import { expect, it } from "vitest";
import * as chain from "#contract/generated/chain.ts";
import { rpcRequests } from "#contract/generated/shared.ts";
import { mark } from "./annotations.ts";
import { lineSelectorOf } from "./logql.ts";
import { selectorOf, sumBy } from "./promql.ts";
import { show } from "./query.ts";
import { traceSelectorOf } from "./traceql.ts";

const { series } = selectorOf({ job: "offing-chain", ledgerVariable: "ledger" });
const { lines, topValues } = lineSelectorOf({ job: "offing-chain" });
const { traces } = traceSelectorOf({ job: "offing-chain" });
const { failuresRecent, operationEvent, operationSpan } = chain;

// Each line below a directive is a mistake that the type checker must find; one that it lets through fails `tsc` as an unused directive.
it("takes no name that the contract does not have", () => {
  // @ts-expect-error: no such metric
  expect(() => series(chain.failuresOfLate)).toThrow();
  // @ts-expect-error: no such label
  series(failuresRecent, { reason: "PSM_ORACLE_MISSING" });
  // @ts-expect-error: no such value of the label
  series(failuresRecent, { contract: "PSMM" });
  // @ts-expect-error: a label that the metric does not have
  sumBy(series(failuresRecent), ["action_type"]);
  // @ts-expect-error: a label that the sum has taken away
  show(sumBy(series(failuresRecent), ["contract"]), "{{contract}} {{reason_code}}");
  // @ts-expect-error: the contract's key, where Grafana wants the label
  show(series(rpcRequests), "{{rpc.outcome}}");
  // @ts-expect-error: no such attribute of the event
  lines([operationEvent], { evidence_grade: "trace" });
  // @ts-expect-error: no such attribute to count by
  topValues([operationEvent], { limit: 3, by: ["caller"] });
  // @ts-expect-error: a label that the counted lines have no more
  show(topValues([operationEvent], { limit: 3, by: ["reason_code"] }), "{{outcome}}");
  // @ts-expect-error: no such attribute of the event
  mark(lines([operationEvent]), { name: "n", title: "{{module}}", color: "red" });
  // @ts-expect-error: no such attribute of the span
  traces([operationSpan], { module: "PSM" });
});

it("takes those that it has", () => {
  expect(show(series(rpcRequests), "{{provider}} {{rpc_outcome}} {{job}}").legend).toBe("{{provider}} {{rpc_outcome}} {{job}}");
  expect(show(topValues([operationEvent], { limit: 3, by: ["evm.frame.caller"] }), "{{evm_frame_caller}}").exemplars).toBe(false);
  expect(mark(lines([operationEvent]), { name: "n", title: "{{outcome}} {{trace_id}}", color: "red" }).title).toContain("outcome");
});
