import { describe, expect, it } from "vitest";
import { blockedDuration, failuresRecent, operationEvent, operationSpan } from "#contract/generated/chain.ts";
import { lineSelectorOf } from "./logql.ts";
import { inUnitOf, selectorOf } from "./promql.ts";
import { show } from "./query.ts";
import { bars, grafanaUnit, logs, NO_DATA, stat, text, timeseries, traces } from "./toolkit.ts";
import { traceSelectorOf } from "./traceql.ts";

const { series } = selectorOf({ job: "offing-chain", ledgerVariable: "ledger" });
const { lines } = lineSelectorOf({ job: "offing-chain", ledgerVariable: "ledger" });
const seconds = show(series(blockedDuration), "{{contract}}");
const count = show(series(failuresRecent), "{{contract}}");
const words = { key: "k", title: "T", description: "why" };
const at = { x: 0, y: 0, w: 6, h: 4 };

describe("panels", () => {
  it("have what the kit leaves out: a visible legend, the value shown, an id", () => {
    expect(timeseries({ ...words, queries: [seconds] }).place(7, at)).toMatchObject({ id: 7, options: { legend: { showLegend: true } } });
    expect(stat({ ...words, queries: [seconds] }).place(7, at)).toMatchObject({ options: { reduceOptions: { calcs: ["lastNotNull"] } } });
    expect(bars({ ...words, queries: [count] }).place(7, at)).toMatchObject({ options: { reduceOptions: { calcs: ["lastNotNull"] } } });
  });

  it("say what they show without data, in the contract's unit", () => {
    const panels = [stat, bars, timeseries].map((make) => make({ ...words, queries: [seconds] }).place(1, at));
    for (const panel of panels) expect(panel.fieldConfig?.defaults).toMatchObject({ unit: "s", noValue: NO_DATA });
    const lineDefaults = logs({ ...words, logs: lines([operationEvent]) }).place(1, at).fieldConfig?.defaults;
    expect(lineDefaults).toMatchObject({ unit: "none", noValue: NO_DATA });
    const noData = "nothing fires";
    const told = [stat({ ...words, noData, queries: [seconds] }), logs({ ...words, noData, logs: lines([operationEvent]) })];
    for (const panel of told) expect(panel.place(1, at).fieldConfig?.defaults?.noValue).toBe(noData);
  });

  it("ask for this instant where they show now, and for a range where they show a course", () => {
    expect(stat({ ...words, queries: [seconds] }).place(1, at).targets).toMatchObject([{ refId: "A", instant: true, range: false }]);
    expect(timeseries({ ...words, queries: [seconds, seconds] }).place(1, at).targets).toMatchObject([
      { refId: "A", instant: false, range: true },
      { refId: "B", instant: false, range: true },
    ]);
  });

  it("colour from their alert's threshold on, over a count from the next one on, and name its runbook", () => {
    const placed = (query: typeof count, alert: string): ReturnType<ReturnType<typeof stat>["place"]> =>
      stat({ ...words, queries: [query], alert }).place(1, at);
    const stepsOf = (panel: ReturnType<typeof placed>): unknown => panel.fieldConfig?.defaults.thresholds?.steps[1]?.value;
    expect(stepsOf(placed(seconds, "ChainPsmBlocked"))).toBe(600);
    expect(stepsOf(placed(seconds, "ChainHeadStalled"))).toBe(300);
    expect(stepsOf(placed(count, "ChainBuybackUnhealthyBurst"))).toBe(6);
    expect(placed(count, "ChainPsmBlocked").description).toBe("why Alert: ChainPsmBlocked, docs/runbooks/chain-psm-blocked.md.");
    expect(() => placed(count, "ChainNothing")).toThrow(/no rule is called ChainNothing/);
  });

  it("colour a series by what its value means", () => {
    const { fieldConfig } = timeseries({ ...words, queries: [count], colors: { blocked: "red" } }).place(1, at);
    expect(fieldConfig).toMatchObject({
      overrides: [
        { matcher: { id: "byName", options: "blocked" }, properties: [{ id: "color", value: { mode: "fixed", fixedColor: "red" } }] },
      ],
    });
  });

  it("can be placed again and again", () => {
    for (const panel of [stat, bars, timeseries].map((make) => make({ ...words, queries: [seconds] }))) {
      expect(panel.place(1, at)).toEqual(panel.place(1, at));
    }
  });

  it("keep data links as plain as Grafana wants them", () => {
    const links = [{ title: "there", url: "/d/x?viewPanel=panel-1", targetBlank: false }];
    expect(stat({ ...words, queries: [seconds], links }).place(1, at).fieldConfig?.defaults.links).toEqual(links);
  });

  it("refuse to mix units, unless a query is read in the other's", () => {
    expect(() => stat({ ...words, queries: [seconds, count] }).place(1, at)).toThrow(/panel k mixes units: s, short/);
    const read = show(inUnitOf(series(failuresRecent), series(blockedDuration)), "");
    expect(stat({ ...words, queries: [seconds, read] }).place(1, at).targets).toHaveLength(2);
  });

  it("search Tempo for traces, one row each", () => {
    const search = traceSelectorOf({ job: "offing-chain" }).traces([operationSpan], {
      outcome: ["blocked", "caught"],
      reason_code: { not: "" },
    });
    expect(traces({ ...words, traces: search }).place(1, at)).toMatchObject({
      type: "table",
      datasource: { uid: "tempo" },
      targets: [
        {
          queryType: "traceql",
          tableType: "traces",
          query:
            '{ resource.service.name = "offing-chain" && name = "chain.operation" && (span.outcome = "blocked" || span.outcome = "caught") && span.reason_code != nil }',
        },
      ],
    });
  });

  it("carry text as it is", () => {
    expect(text({ ...words, markdown: "# Hello", height: 3 }).place(1, at)).toMatchObject({
      type: "text",
      options: { content: "# Hello" },
    });
  });
});

describe("grafanaUnit", () => {
  it.each([
    ["s", "s"],
    ["By", "bytes"],
    ["1", "percentunit"],
    ["{failure}", "short"],
    ["{failure}/s", "cps"],
  ])("shows %s as %s", (ucum, unit) => {
    expect(grafanaUnit(ucum)).toBe(unit);
  });

  it("refuses a unit it does not know", () => {
    expect(() => grafanaUnit("furlong")).toThrow(expect.objectContaining({ code: "CONTRACT_INVALID" }));
  });
});
