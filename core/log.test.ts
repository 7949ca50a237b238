import { expect, test } from "vitest";
import { createLog, onChange } from "#core/log.ts";

test("a condition is said once when it begins, when it changes and when it ends", () => {
  const lines: string[] = [];
  const say = onChange(
    createLog({ level: "info", write: (line) => lines.push((JSON.parse(line) as { message: string }).message) }),
    "source",
  );
  for (const trouble of [undefined, "unreachable", "unreachable", "unreachable", "slow", undefined, undefined]) say(trouble);
  expect(lines).toEqual(["source: unreachable", "source: slow", "source: well again"]);
});
