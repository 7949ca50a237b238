import { expect, test } from "vitest";
import { DRILLS } from "../observability/drill/catalogue.ts";
import { renderList, renderOutcomes } from "./render.ts";
import type { AlertOutcome } from "./run-drill.ts";

const fine: AlertOutcome = {
  drill: "psm-oracle-removed",
  alert: "ChainPsmBlocked",
  ok: true,
  pendingAfterSeconds: 31,
  firedAfterSeconds: 32.5,
  clearedAfterSeconds: 16,
  problem: undefined,
};

test("the list names every drill once and every alert that it raises", () => {
  const list = renderList();
  for (const { name, alerts } of DRILLS) {
    expect(list.match(new RegExp(`^  ${name} +[A-Z]`, "gmu"))).toHaveLength(1);
    for (const alert of alerts) expect(list).toContain(alert);
  }
});

test("an alert that did its part is told with its times", () => {
  const text = renderOutcomes([fine]);
  expect(text).toMatch(/psm-oracle-removed +ChainPsmBlocked +32\.5 s +16\.0 s +ok/u);
  expect(text).toContain("1 alerts: every one fired and cleared.");
});

test("one that did not is told with what is missing, and never as a time of 0", () => {
  const failed = { ...fine, ok: false, firedAfterSeconds: undefined, clearedAfterSeconds: undefined, problem: "did not fire within 180 s" };
  const text = renderOutcomes([fine, failed]);
  expect(text).toMatch(/ChainPsmBlocked +- +- +FAILED: did not fire within 180 s/u);
  expect(text).toContain("2 alerts: 1 did not.");
});
