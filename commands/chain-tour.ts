import { textTable } from "../demo/text-table.ts";
import { readCoverage, renderCoverage } from "./chain.ts";
import { answerChecklist, answerExplain, answerRollup, withChainLedger } from "./chain-reports.ts";
import type { ConfigOptions } from "./chain-setup.ts";

/**
 * Everything the chain's ledger tells by itself, each answer under the command that gives it.
 *
 * @throws CONFIG_NOT_FOUND, CONFIG_INVALID, LEDGER_UNREACHABLE, BACKEND_UNREACHABLE
 */
export async function tourOfChain(options: ConfigOptions): Promise<string> {
  const coverage = await readCoverage(options);
  const parts: readonly (readonly [asked: string, answer: string])[] = [
    [
      "Is it blocked, since when, for whom, and was it a change of ours?   ./offing chain explain --since 2h",
      await answerExplain(options, "2h"),
    ],
    ["Would who tries now be turned away?   the canary, from oracle_canary_log", await canaries(options)],
    ["How many, by day?   ./offing chain rollup", await answerRollup(options)],
    ["Was every block read?   ./offing chain coverage", renderCoverage(coverage)],
    [
      "Is the telemetry there and fresh, and is all well?   ./offing chain checklist   (✗ is right: the story ends in trouble)",
      await answerChecklist(options),
    ],
  ];
  return parts.map(([asked, answer]) => `\n▸ ${asked}\n\n${indented(answer)}\n`).join("");
}

/** How each simulated call would have ended, first and last, and how often it came out so. */
async function canaries(options: ConfigOptions): Promise<string> {
  const rows = await withChainLedger(options, async ({ ledger }) =>
    ledger.select(
      `SELECT contract, action_type, canary_outcome, reason_code, count(*) AS times, max(block_number) AS newest_block FROM oracle_canary_log
       GROUP BY contract, action_type, canary_outcome, reason_code ORDER BY contract, action_type, newest_block`,
      await ledger.head(),
    ),
  );
  if (rows.length === 0) return "No call was simulated yet.\n";
  const lines = rows.map((row) => [
    String(row["contract"]),
    String(row["action_type"]),
    String(row["canary_outcome"]),
    String(row["reason_code"] ?? ""),
    Number(row["times"]),
    Number(row["newest_block"]),
  ]);
  return `${textTable(["contract", "action", "would have ended", "reason", "times", "newest block"], lines)}\n`;
}

function indented(text: string): string {
  return text.trimEnd().replace(/^(?=.)/gm, "    ");
}
