import { Command } from "commander";
import { openLedger } from "#core/ledger/open.ts";
import { blocksIn, coverageOf, type Gap, gapsOf, type Interval, joined } from "../emitters/chain/coverage.ts";
import { tipOf } from "../emitters/chain/memory.ts";
import { pruneCommand } from "./chain-prune.ts";
import { reasonsCommand } from "./chain-reasons.ts";
import { reportCommands } from "./chain-reports.ts";
import { type ConfigOptions, setUpChain } from "./chain-setup.ts";
import { withConfig } from "./run.ts";

/** `offing chain ...`: what the chain emitter's ledger tells. */
export function chainCommand(): Command {
  const command = new Command("chain").description("ask the chain emitter's ledger");
  for (const subcommand of [coverageCommand(), pruneCommand(), reasonsCommand(), ...reportCommands()]) command.addCommand(subcommand);
  return command;
}

function coverageCommand(): Command {
  return withConfig(new Command("coverage"))
    .description("print which blocks were read, how well, and which were not; exit 1 when there is a gap")
    .option("--json", "print it as JSON")
    .action(async (options: ConfigOptions & { json?: boolean }) => {
      const report = await readCoverage(options);
      process.stdout.write(options.json === true ? `${JSON.stringify(report, undefined, 2)}\n` : renderCoverage(report));
      process.exitCode = report.gaps.length === 0 ? 0 : 1;
    });
}

/** Which blocks a ledger holds. */
export interface CoverageReport {
  readonly ledgerId: string;
  /** The first wanted block, and the newest one in the ledger; null before the first. */
  readonly from: number | null;
  readonly to: number | null;
  readonly intervals: readonly Interval[];
  readonly gaps: readonly Gap[];
  readonly gapBlocks: number;
}

/**
 * Reads what the ledger covers; the emitter may run meanwhile.
 *
 * @throws CONFIG_NOT_FOUND, CONFIG_INVALID, LEDGER_UNREACHABLE
 */
export async function readCoverage(options: ConfigOptions): Promise<CoverageReport> {
  const { config, emitter, run } = setUpChain(options);
  const { records, domain } = emitter;
  const ledger = await openLedger({ location: run.location, domain, mode: "read", records, nowMs: run.clock.nowMs });
  try {
    const state = await ledger.state();
    const intervals = joined(coverageOf(state));
    const { startBlock } = config.chain;
    const from = startBlock === "latest" ? (intervals[0]?.from ?? null) : startBlock;
    const gaps = gapsOf(intervals, from ?? undefined);
    return { ledgerId: ledger.id, from, to: tipOf(state)?.number ?? null, intervals, gaps, gapBlocks: blocksIn(gaps) };
  } finally {
    await ledger.close();
  }
}

/** The report for a person. */
export function renderCoverage({ ledgerId, from, to, intervals, gaps, gapBlocks }: CoverageReport): string {
  if (to === null) return `ledger ${ledgerId}: no block was read yet\n`;
  const lines = [
    ...intervals.map((interval) => ({ ...interval, grade: interval.grade as string })),
    ...gaps.map((gap) => ({ ...gap, grade: "GAP" })),
  ].sort((a, b) => a.from - b.from);
  const rows = lines.map((line) => `  ${`${line.from}..${line.to}`.padEnd(28)}${line.grade.padEnd(10)}${blocksIn([line])} blocks\n`);
  const verdict = gaps.length === 0 ? "No gap.\n" : `${gapBlocks} blocks were not read: docs/runbooks/chain-coverage-gap.md\n`;
  return [`ledger ${ledgerId}, blocks ${from ?? "-"} to ${to}\n\n`, ...rows, "\n", verdict].join("");
}
