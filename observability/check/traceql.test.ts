import { describe, expect, it } from "vitest";
import { readObservability } from "../check.ts";
import { traceqlFaults } from "./traceql.ts";
import { parseTraceql } from "./traceql-parse.ts";

const { contract } = readObservability();

describe("parseTraceql", () => {
  it.each([
    "{}",
    '{ resource.service.name = "offing-chain" && name = "chain.operation" }',
    "{ (span.a = 1 || span.b != nil) && !(duration > 1.5s) } | count() > 2",
    "{ span.a = .99 } >> { status = error } | by(resource.service.name) | avg(duration) > 100ms",
    "({ kind = server } && { kind = client }) || { nestedSetParent < 0 }",
    '{ name =~ "command\\\\..*" } | select(span.a, resource.b)',
    "{ duration > 1s } | rate() by (resource.service.name)",
    "{ } | quantile_over_time(duration, .99, .9) by (span.a) with (exemplars=true)",
    "{ span.a + 1 > 2 * span.b } | coalesce()",
  ])("reads %s", (text) => {
    expect(parseTraceql(text).fault).toBeUndefined();
  });

  it.each([
    ["{ name = }", /expects a field or a value/],
    ["{ name = 1", /expects }/],
    ["name = 1", /expects {/],
    ["{} && ", /expects {/],
    ["{} | paint()", /expects a pipeline stage and finds paint/],
    ["{} | count( > 2", /expects/],
    ["{} {}", /expects the end/],
    ["{ a ? b }", /cannot read "\? b/],
  ])("stops at what is wrong with %s", (text, fault) => {
    expect(parseTraceql(text).fault).toMatch(fault);
  });
});

describe("traceqlFaults", () => {
  const said = (conditions: string): string =>
    traceqlFaults(`{ resource.service.name = "offing-chain" && name = "chain.operation" && ${conditions} }`, contract).join("\n");

  it("is content with spans, attributes and values of the contract", () => {
    expect(said('span.reason_code != nil && span.outcome = "blocked" && status = error')).toBe("");
    expect(traceqlFaults('{ name =~ "command\\\\..*" && span.status = "failed" }', contract)).toEqual([]);
  });

  it.each([
    ['span.reason = "x"', /not every span it names has the attribute reason/],
    ['span.outcome = "stuck"', /outcome is never stuck/],
    ['resource.host = "x"', /no resource has the attribute host/],
    ['.outcome = "blocked"', /\.outcome has no scope/],
    ['name = "chain.opertion"', /no span of the contract is called chain\.opertion/],
  ])("finds %s", (condition, fault) => {
    expect(said(condition)).toMatch(fault);
  });

  it("wants to know which spans are meant", () => {
    expect(traceqlFaults("{ status = error }", contract)).toEqual(["does not say which spans it means"]);
  });
});
