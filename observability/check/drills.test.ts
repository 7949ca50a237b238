import { expect, test } from "vitest";
import { ACTS } from "../../drill/acts.ts";
import { readObservability } from "../check.ts";
import { DRILLS, UNDRILLED } from "../drill/catalogue.ts";
import { checkDrills, type DrillBook } from "./drills.ts";

const { rules } = readObservability();
const book: DrillBook = { drills: DRILLS, undrilled: UNDRILLED };
const problems = (changed: Partial<DrillBook>): readonly string[] =>
  checkDrills(rules, { ...book, ...changed }).map(({ place, problem }) => `${place} ${problem}`);

test("every alert has a drill, or a reason that a person can weigh", () => {
  expect(checkDrills(rules)).toEqual([]);
  for (const reason of Object.values(UNDRILLED)) expect(reason.split(" ").length).toBeGreaterThan(8);
});

test("an alert whose drill is taken away is named", () => {
  const drills = DRILLS.filter(({ name }) => name !== "psm-oracle-removed");
  expect(problems({ drills })).toContainEqual(expect.stringMatching(/^ChainPsmBlocked has no drill/u));
});

test("a drill for an alert that is not there is named, and so is a reason that says nothing any more", () => {
  expect(problems({ drills: [...DRILLS, { name: "node-killed", alerts: ["NodeGone"] }] })).toEqual([
    "node-killed raises NodeGone, which no rule has",
  ]);
  expect(problems({ undrilled: { ...UNDRILLED, NodeGone: "gone", NodeSilent: "cannot be" } })).toEqual([
    "NodeGone has a reason to have no drill, and no rule has it",
    "NodeSilent has a drill, and a reason to have none",
  ]);
});

test("every drill has its act, by its name", () => {
  expect(Object.keys(ACTS).sort()).toEqual(DRILLS.map(({ name }) => name).sort());
});
