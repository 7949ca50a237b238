import { Command } from "commander";
import { openLedger } from "#core/ledger/open.ts";
import { textTable } from "../demo/text-table.ts";
import { type Prunable, prunableIn } from "../emitters/chain/retention.ts";
import { type ConfigOptions, setUpChain } from "./chain-setup.ts";
import { withConfig } from "./run.ts";

interface PruneOptions extends ConfigOptions {
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** `offing chain prune`: deletes what the policy of the configuration lets go. */
export function pruneCommand(): Command {
  return withConfig(new Command("prune"))
    .description("delete what chain.retention lets go, under a record; totals, rollups and tables stay as they are")
    .option("--dry-run", "say what would go, and delete nothing; the emitter may run meanwhile")
    .option("--json", "print it as JSON")
    .addHelpText("after", "\nWithout --dry-run the emitter must be stopped: a ledger has one writer.")
    .action(async (options: PruneOptions) => {
      const gone = await pruneChain(options);
      process.stdout.write(options.json === true ? `${JSON.stringify(gone, undefined, 2)}\n` : rendered(gone, options.dryRun === true));
    });
}

/**
 * Prunes the chain ledger, or says what would go.
 *
 * @throws CONFIG_NOT_FOUND, CONFIG_INVALID, LEDGER_UNREACHABLE, LEDGER_LOCKED
 */
export async function pruneChain(options: PruneOptions): Promise<readonly Prunable[]> {
  const { config, emitter, run } = setUpChain(options);
  const { records, domain, metrics } = emitter;
  const mode = options.dryRun === true ? "read" : "write";
  const ledger = await openLedger({ location: run.location, domain, mode, records, nowMs: run.clock.nowMs });
  try {
    const { retention } = config.chain;
    const found = await prunableIn({ ledger, retention, metrics, nowMs: run.clock.nowMs() });
    if (mode === "write") for (const { order } of found) await ledger.prune(order);
    return found;
  } finally {
    await ledger.close();
  }
}

function rendered(found: readonly Prunable[], isDry: boolean): string {
  if (found.length === 0) return "Nothing is old enough to go.\n";
  const rows = found.map(({ order, rows: count, bytes }) => [order.table, `${order.fromSeq}..${order.toSeq}`, count, bytes]);
  const sum = found.reduce((total, { rows: count }) => total + count, 0);
  return `${textTable(["table", "positions", "rows", "bytes"], rows)}\n\n${sum} rows ${isDry ? "would go; nothing was deleted" : "went"}.\n`;
}
