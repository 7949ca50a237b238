import { Argument, Command } from "commander";
import type { Emitter } from "#core/emitter.ts";
import type { Fact } from "#core/fact.ts";
import { openLedger } from "#core/ledger/open.ts";
import { type ReconcileOptions, type ReconcileReport, reconcile } from "#core/reconcile.ts";
import type { RunOptions } from "#core/run.ts";
import { NO_RECORDS } from "#core/run-stream.ts";
import { reconcileStream } from "#core/stream-reconcile.ts";
import { textTable } from "../demo/text-table.ts";
import { setUpAlerts } from "./alerts-setup.ts";
import { type ConfigOptions, setUpChain } from "./chain-setup.ts";
import { setUpNode } from "./node-setup.ts";
import { withConfig } from "./run.ts";

/** `offing reconcile`: proves that the backends say what the ledger says. */
export function reconcileCommand(): Command {
  return withConfig(new Command("reconcile"))
    .description("compare the ledger, counted by SQL, with Prometheus, Loki and Tempo; exit 1 on any difference")
    .addArgument(new Argument("[domain]", "whose ledger").choices(["chain", "node", "alerts"]).default("chain"))
    .addHelpText("after", "\nThe node's ledger keeps no facts: its totals are compared with Prometheus, bucket by bucket.")
    .option("--wait <seconds>", "how long the backends may take to catch up", "30")
    .option("--json", "print the report as JSON")
    .action(async (domain: string, options: ConfigOptions & { wait: string; json?: boolean }) => {
      const waitMs = Number(options.wait) * 1000;
      if (!(waitMs >= 0)) new Command().error("error: --wait needs a number of seconds", { exitCode: 2 });
      const compare = { node: reconcileNode, alerts: reconcileAlerts }[domain] ?? reconcileChain;
      const report = await compare(options, waitMs);
      process.stdout.write(options.json === true ? `${JSON.stringify(report, undefined, 2)}\n` : renderReport(report));
      process.exitCode = report.equal ? 0 : 1;
    });
}

/**
 * Compares the chain emitter's ledger with its backends; the emitter may run meanwhile.
 *
 * @throws CONFIG_NOT_FOUND, CONFIG_INVALID, LEDGER_UNREACHABLE, BACKEND_UNREACHABLE
 */
export async function reconcileChain(options: ConfigOptions, waitMs: number): Promise<ReconcileReport> {
  const { config, emitter, run } = setUpChain(options);
  return await reconcileFacts({ emitter, run, backends: config.backends, waitMs });
}

/**
 * Compares the alert history's ledger with its backends; it may run meanwhile.
 *
 * @throws CONFIG_NOT_FOUND, CONFIG_INVALID, LEDGER_UNREACHABLE, BACKEND_UNREACHABLE
 */
export async function reconcileAlerts(options: ConfigOptions, waitMs: number): Promise<ReconcileReport> {
  const { config, emitter, run } = setUpAlerts(options);
  return await reconcileFacts({ emitter, run, backends: config.backends, waitMs });
}

interface FactsToCompare<O, F extends Fact> {
  readonly emitter: Emitter<O, F>;
  readonly run: Pick<RunOptions<O, F>, "location" | "clock">;
  readonly backends: ReconcileOptions["backends"];
  readonly waitMs: number;
}

async function reconcileFacts<O, F extends Fact>({ emitter, run, backends, waitMs }: FactsToCompare<O, F>): Promise<ReconcileReport> {
  const { records, metrics, domain } = emitter;
  const ledger = await openLedger({ location: run.location, domain, mode: "read", records, nowMs: run.clock.nowMs });
  try {
    // The ledger gives back what this emitter wrote; its domain was checked when it was opened.
    const signals = emitter.signals as ReconcileOptions["signals"];
    return await reconcile({ ledger, metrics, signals, backends, clock: run.clock, waitMs });
  } finally {
    await ledger.close();
  }
}

/**
 * Compares the totals of the node emitter's ledger with Prometheus; the emitter may run meanwhile.
 *
 * @throws CONFIG_NOT_FOUND, CONFIG_INVALID, LEDGER_UNREACHABLE, BACKEND_UNREACHABLE
 */
export async function reconcileNode(options: ConfigOptions, waitMs: number): Promise<ReconcileReport> {
  const { config, run } = setUpNode(options);
  const { metrics, domain } = run.emitter;
  const ledger = await openLedger({ location: run.location, domain, mode: "read", records: NO_RECORDS, nowMs: run.clock.nowMs });
  try {
    return await reconcileStream({ ledger, metrics, prometheus: config.backends.prometheus, clock: run.clock, waitMs });
  } finally {
    await ledger.close();
  }
}

/** The report as a table for a person. */
export function renderReport(report: ReconcileReport): string {
  const rows = report.rows.map((row) => [
    row.prometheusName,
    Object.values(row.labels).join(" "),
    row.ledger,
    row.prometheus ?? "-",
    row.pruned > 0 ? `${row.loki} + ${row.pruned} pruned` : (row.loki ?? "-"),
    row.equal ? "✓" : "✗",
  ]);
  const missing = report.missingLogs.map((id) => `  ✗ no log record in Loki: ${id}\n`);
  const traces = (report.missingTraces ?? []).map((id) => `  ✗ no trace in Tempo: ${id}\n`);
  const tempo = report.missingTraces === null ? "Tempo is not configured: traces were not looked for.\n" : "";
  return [
    `ledger ${report.ledgerId} at position ${report.cursorSeq}\n\n`,
    report.rows.length === 0 ? "" : `${textTable(["metric", "labels", "ledger", "Prometheus", "Loki", ""], rows)}\n\n`,
    ...report.faults.map((fault) => `  ✗ ${fault}\n`),
    `${report.facts} facts, ${report.missingLogCount} of them without a log record in Loki.\n`,
    ...missing,
    ...traces,
    tempo,
    report.equal ? "Every number is equal.\n" : "There are differences: docs/runbooks/reconcile.md says what each means.\n",
  ].join("");
}
