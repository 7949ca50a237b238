import { Command, InvalidArgumentError, Option } from "commander";
import type { Ledger } from "#core/ledger/ledger.ts";
import { openLedger } from "#core/ledger/open.ts";
import { textTable } from "../demo/text-table.ts";
import { type ChecklistItem, checklist } from "../emitters/chain/reports/checklist.ts";
import { explain } from "../emitters/chain/reports/explain.ts";
import { type RollupRow, rollup } from "../emitters/chain/reports/rollup.ts";
import { PERIODS, type Period } from "../emitters/chain/reports/rollup-views.ts";
import { renderExplanation } from "../emitters/chain/reports/words.ts";
import { type ChainSetup, type ConfigOptions, setUpChain } from "./chain-setup.ts";
import { momentOf } from "./moment.ts";
import { withConfig } from "./run.ts";

type JsonOption = ConfigOptions & { readonly json?: boolean };

/** `offing chain rollup | explain | checklist`: what the ledger answers by itself; the emitter may run meanwhile. */
export function reportCommands(): readonly Command[] {
  return [rollupCommand(), explainCommand(), checklistCommand()];
}

function rollupCommand(): Command {
  return withConfig(new Command("rollup"))
    .description("operations and what of them an oracle blocked, by UTC day, week or month")
    .addOption(new Option("--by <period>", "the period").choices(PERIODS).default("day"))
    .option("--since <day>", "only periods that begin on or after this day, or so long ago: 2026-01-31, 30d")
    .option("--json", "print the rows as JSON")
    .action(async (options: JsonOption & { readonly by: Period; readonly since?: string }) => {
      const { since } = options;
      const sinceMs = since === undefined ? undefined : momentOf(since, { option: "--since", nowMs: Date.now() });
      const day = sinceMs === undefined ? {} : { since: new Date(sinceMs).toISOString().slice(0, 10) };
      const rows = await withChainLedger(options, ({ ledger }) => rollup(ledger, { by: options.by, ...day }));
      print(options.json === true ? rows : renderRollup(rows, options.by));
    });
}

function explainCommand(): Command {
  return withConfig(new Command("explain"))
    .description("say in words what was blocked, since when, for whom, and what was changed before")
    .option("--since <time>", "from when on: 6h, 7d, 2026-01-31, 2026-01-31T08:00", "24h")
    .option("--until <time>", "up to when; now when left out")
    .option("--window <duration>", "how long before an episode a change of configuration may explain it", "1h")
    .option("--json", "print the episodes as JSON")
    .action(async (options: JsonOption & { readonly since: string; readonly until?: string; readonly window: string }) => {
      const nowMs = Date.now();
      const sinceMs = momentOf(options.since, { option: "--since", nowMs });
      const untilMs = options.until === undefined ? nowMs : momentOf(options.until, { option: "--until", nowMs });
      const windowMs = nowMs - momentOf(options.window, { option: "--window", nowMs });
      const found = await withChainLedger(options, ({ ledger }) => explain(ledger, { sinceMs, untilMs, windowMs }));
      print(options.json === true ? found : renderExplanation(found));
    });
}

function checklistCommand(): Command {
  return withConfig(new Command("checklist"))
    .description("answer the runtime checklist: are the metrics there and fresh, was there a spike? exit 1 unless all is well")
    .option("--hours <n>", "how far back a spike is looked for", positive, 6)
    .option("--json", "print the answers as JSON")
    .action(async (options: JsonOption & { readonly hours: number }) => {
      const items = await itemsOf(options, options.hours);
      print(options.json === true ? items : renderChecklist(items));
      process.exitCode = items.every(({ ok }) => ok) ? 0 : 1;
    });
}

/** What `offing chain rollup` prints. @throws CONFIG_NOT_FOUND, CONFIG_INVALID, LEDGER_UNREACHABLE */
export async function answerRollup(options: ConfigOptions): Promise<string> {
  return renderRollup(await withChainLedger(options, ({ ledger }) => rollup(ledger, { by: "day" })), "day");
}

/** What `offing chain explain --since SINCE` prints. @throws CONFIG_NOT_FOUND, CONFIG_INVALID, LEDGER_UNREACHABLE */
export async function answerExplain(options: ConfigOptions, since: string): Promise<string> {
  const nowMs = Date.now();
  const span = { sinceMs: momentOf(since, { option: "--since", nowMs }), untilMs: nowMs, windowMs: 3_600_000 };
  return renderExplanation(await withChainLedger(options, ({ ledger }) => explain(ledger, span)));
}

/** What `offing chain checklist` prints. @throws CONFIG_NOT_FOUND, CONFIG_INVALID, LEDGER_UNREACHABLE, BACKEND_UNREACHABLE */
export async function answerChecklist(options: ConfigOptions): Promise<string> {
  return renderChecklist(await itemsOf(options, 6));
}

async function itemsOf(options: ConfigOptions, hours: number): Promise<readonly ChecklistItem[]> {
  return await withChainLedger(options, ({ ledger, setup }) => {
    const { prometheus } = setup.config.backends;
    return checklist({ ledger, prometheus, zeros: setup.emitter.zeros, nowMs: Date.now(), hours });
  });
}

/** Opens the ledger of a configuration for reading. @throws CONFIG_NOT_FOUND, CONFIG_INVALID, LEDGER_UNREACHABLE */
export async function withChainLedger<T>(
  options: ConfigOptions,
  ask: (opened: { readonly ledger: Ledger; readonly setup: ChainSetup }) => Promise<T>,
): Promise<T> {
  const setup = setUpChain(options);
  const { domain, records } = setup.emitter;
  const ledger = await openLedger({ location: setup.run.location, domain, mode: "read", records, nowMs: Date.now });
  try {
    return await ask({ ledger, setup });
  } finally {
    await ledger.close();
  }
}

function renderRollup(rows: readonly RollupRow[], by: Period): string {
  if (rows.length === 0) return "No operation stands in the ledger.\n";
  const listed = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .map(([word, count]) => `${word} ${count}`)
      .join(", ");
  const lines = rows.map((row) => [
    row.periodStart,
    row.contract,
    row.actionType,
    row.operations,
    row.failed,
    row.blocked,
    `${(row.blockedShare * 100).toFixed(1)} %`.padStart(7),
    listed(row.byReason),
    listed(row.byCaller),
  ]);
  return `${textTable([by, "contract", "action", "operations", "failed", "blocked", "share", "reasons", "callers"], lines)}\n`;
}

function renderChecklist(items: readonly ChecklistItem[]): string {
  const lines = items.map(
    ({ ok, question, answer, next }) => `${ok ? "✓" : "✗"} ${question}\n    ${answer}${ok ? "" : `\n    next: ${next}`}\n`,
  );
  return lines.join("");
}

function print(answer: string | object): void {
  process.stdout.write(typeof answer === "string" ? answer : `${JSON.stringify(answer, undefined, 2)}\n`);
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError("it needs a number above 0.");
  return value;
}
