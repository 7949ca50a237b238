import { expect, test } from "vitest";
import { worthTelling } from "./check.ts";
import { STEPS } from "./steps.ts";

test("why something was skipped is told once, also when all went well", () => {
  const output = "stdout | a.test.ts\nskipped: no Tempo on this machine\n\n ✓ a.test.ts\nskipped: no Tempo on this machine\n";
  expect(worthTelling({}, output)).toEqual(["skipped: no Tempo on this machine"]);
});

test("how many mutants of each alert were killed is told", () => {
  const mutants = STEPS.find(({ name }) => name === "mutants") ?? {};
  expect(worthTelling(mutants, "Demo: comparison 2/2\n2 of 2 mutants killed, 0 excused\n")).toHaveLength(2);
});
