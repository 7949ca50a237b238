import { join } from "node:path";
import { Command } from "commander";
import { type HistoryRow, readHistory } from "#core/alerts/history.ts";
import { openLedger } from "#core/ledger/open.ts";
import { textTable } from "../demo/text-table.ts";
import { STACK_DIRECTORY } from "../stack/up.ts";
import { setUpAlerts } from "./alerts-setup.ts";
import type { ConfigOptions } from "./chain-setup.ts";
import { momentOf } from "./moment.ts";
import { withConfig } from "./run.ts";

interface HistoryOptions extends ConfigOptions {
  readonly since: string;
  readonly until?: string;
  readonly json?: boolean;
}

/** `offing alerts`: what fired when. */
export function alertsCommand(): Command {
  const command = new Command("alerts").description("ask the alert history");
  withConfig(command.command("history"), join(STACK_DIRECTORY, "alerts.yaml"))
    .description("list when each alert began to fire and when it stopped, from the ledger of `offing run alerts`")
    .option("--since <when>", "from here on: 24h or 7d ago, a date (2026-11-24) or a time (2026-11-24T08:00Z)", "24h")
    .option("--until <when>", "up to here, in the same words; now when left out")
    .option("--json", "print JSON for programs")
    .addHelpText(
      "after",
      "\nWhat fired last Tuesday: offing alerts history --since 2026-11-24 --until 2026-11-25\nDates and times are UTC.",
    )
    .action(async (options: HistoryOptions) => {
      const nowMs = Date.now();
      const range = {
        sinceMs: momentOf(options.since, { option: "--since", nowMs }),
        untilMs: momentOf(options.until ?? "0s", { option: "--until", nowMs }),
      };
      if (range.sinceMs >= range.untilMs) new Command().error("error: --since must be before --until", { exitCode: 2 });
      const { run, emitter } = setUpAlerts(options);
      const { records, domain } = emitter;
      const ledger = await openLedger({ location: run.location, domain, mode: "read", records, nowMs: run.clock.nowMs });
      try {
        const found = await readHistory(ledger, range);
        process.stdout.write(options.json === true ? `${JSON.stringify(found, undefined, 2)}\n` : render(found));
      } finally {
        await ledger.close();
      }
    });
  return command;
}

function render({ openBefore, transitions }: Awaited<ReturnType<typeof readHistory>>): string {
  const head = ["when (UTC)", "state", "severity", "alert", "about", "fired for", "summary"];
  const rows = [...openBefore.map((row) => line(row, "firing since")), ...transitions.map((row) => line(row, row.status))];
  if (rows.length === 0) return "No alert fired in this time.\n";
  const polled = transitions.some(({ evidence }) => evidence === "polled");
  return [
    `${textTable(head, rows)}\n`,
    polled ? "~ found by asking Alertmanager: it happened then at the latest.\n" : "",
    `${transitions.length} transitions, ${openBefore.length} alerts that fired already.\n`,
  ].join("");
}

function line(row: HistoryRow, state: string): string[] {
  const about = [row.job, row.instance].filter((part) => part !== null).join(" ");
  const fired = row.firedSeconds === null ? "" : lengthOf(row.firedSeconds);
  const at = `${row.at.slice(0, 19).replace("T", " ")}${row.evidence === "polled" ? " ~" : ""}`;
  return [at, state, row.severity, row.alertname, about, fired, row.summary ?? ""];
}

function lengthOf(seconds: number): string {
  const parts = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor((seconds % 86_400) / 3600), "h"],
    [Math.floor((seconds % 3600) / 60), "m"],
    [seconds % 60, "s"],
  ] as const;
  const shown = parts.filter(([count]) => count > 0).slice(0, 2);
  return shown.length === 0 ? "0s" : shown.map(([count, unit]) => `${count}${unit}`).join(" ");
}
