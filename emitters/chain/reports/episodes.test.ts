import { expect, test } from "vitest";
import { type ChangeRow, episodesOf, type OperationRow } from "./episodes.ts";
import { duration, renderExplanation } from "./words.ts";

const START = Date.UTC(2026, 0, 31, 8, 0);
const MINUTE = 60_000;

function operation(minute: number, how: "success" | "blocked" | "reverted", more: Partial<OperationRow> = {}): OperationRow {
  return {
    atMs: START + minute * MINUTE,
    blockNumber: 100 + minute,
    contract: "PSM",
    actionType: "PSM_MINT",
    caller: "0xa",
    callerCategory: "eoa",
    success: how === "success",
    reasonCode: how === "blocked" ? "PSM_ORACLE_MISSING" : null,
    blocked: how === "blocked",
    ...more,
  };
}

function change(minute: number, summary: string): ChangeRow {
  return { atMs: START + minute * MINUTE, blockNumber: 100 + minute, module: "ORACLE", changedBy: "0xdao", summary };
}

const WINDOW = { windowMs: 30 * MINUTE };

test("a success of the same contract ends an episode; silence, a plain revert and another contract do not", () => {
  const episodes = episodesOf(
    [
      operation(0, "success"),
      operation(1, "blocked"),
      operation(2, "reverted"),
      operation(3, "success", { contract: "BUYBACK_VAULT" }),
      operation(500, "blocked", { caller: "0xb", callerCategory: "contract", actionType: "PSM_REDEEM" }),
      operation(510, "success"),
      operation(520, "blocked"),
    ],
    [],
    WINDOW,
  );
  expect(episodes).toMatchObject([
    { contract: "PSM", firstBlock: 101, count: 2, callers: 2, byCaller: { contract: 1, eoa: 1 }, byAction: { PSM_MINT: 1, PSM_REDEEM: 1 } },
    { contract: "PSM", firstBlock: 620, count: 1, callers: 1 },
  ]);
  expect(episodes.map(({ endedAtMs }) => endedAtMs)).toEqual([START + 510 * MINUTE, null]);
});

test("an episode knows the changes in the window before it, the nearest first, and those while it lasted", () => {
  const changes = [change(-31, "too early"), change(-20, "first"), change(-1, "second"), change(5, "mend"), change(50, "later")];
  const [episode] = episodesOf([operation(0, "blocked"), operation(10, "success")], changes, WINDOW);
  expect(episode?.before.map(({ summary }) => summary)).toEqual(["second", "first"]);
  expect(episode?.during.map(({ summary }) => summary)).toEqual(["mend"]);
});

test("the words say what, since when, for whom and what came before", () => {
  const changes = [change(-5, "OracleChanged(next=0x0)")];
  const episodes = episodesOf([operation(0, "blocked"), operation(1, "blocked"), operation(9, "success")], changes, WINDOW);
  const told = { sinceMs: START - 60 * MINUTE, untilMs: START + 60 * MINUTE, operations: 3, blocked: 2, episodes, changes };
  expect(
    renderExplanation(told),
  ).toBe(`From 2026-01-31 07:00:00 UTC to 2026-01-31 09:00:00 UTC: 3 operations, 2 of them blocked by an oracle.

PSM was blocked from 2026-01-31 08:00:00 UTC (block 100): 2 operations, 2 PSM_ORACLE_MISSING.
  Turned away: 1 caller (2 eoa), with 2 PSM_MINT.
  An operation went through again at 2026-01-31 08:09:00 UTC, after 9 min.
  5 min before, ORACLE was changed by 0xdao in block 95: OracleChanged(next=0x0). Ask whether that was meant.

1 change of configuration:
  2026-01-31 07:55:00 UTC  ORACLE was changed by 0xdao in block 95: OracleChanged(next=0x0)
`);
  const quiet = { ...told, blocked: 0, episodes: [], changes: [] };
  expect(renderExplanation(quiet)).toContain("Nothing was blocked. No configuration was changed.");
});

test.each([
  [0, "0 s"],
  [59_400, "59 s"],
  [3_900_000, "1 h 5 min"],
  [3_600_000, "1 h"],
  [183_600_000, "2 d 3 h"],
])("%d ms are %s", (ms, words) => expect(duration(ms)).toBe(words));
