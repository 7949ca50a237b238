import { Command, CommanderError } from "commander";
import { exitCodeOf, OffingError, renderError } from "#core/errors.ts";
import { alertsCommand } from "./commands/alerts.ts";
import { chainCommand } from "./commands/chain.ts";
import { demoCommand } from "./commands/demo.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { previewCommand } from "./commands/preview.ts";
import { reconcileCommand } from "./commands/reconcile.ts";
import { runCommand } from "./commands/run.ts";
import { telemetryCommand } from "./commands/telemetry.ts";
import { testCommand } from "./commands/test.ts";
import { contractCommand } from "./contract/cli.ts";
import { stackCommands } from "./stack/cli.ts";

const EXIT_CODES = "\nExit codes: 0 ok, 1 failed, 2 bad configuration or usage.";

/** The whole command line. */
function program(): Command {
  const root = new Command("offing")
    .description("Telemetry for blockchain systems whose every number can be reconciled with a ledger.")
    .addHelpText("after", `${EXIT_CODES}\nStart with: ./offing demo`)
    .showHelpAfterError("Run with --help to see how.");
  for (const command of [
    demoCommand(),
    testCommand(),
    ...stackCommands(),
    doctorCommand(),
    telemetryCommand(),
    runCommand(),
    reconcileCommand(),
    previewCommand(),
    chainCommand(),
    alertsCommand(),
    contractCommand(),
  ])
    root.addCommand(command);
  strict(root);
  return root;
}

/** Usage faults are exit code 2 everywhere. */
function strict(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) strict(child);
}

async function main(): Promise<number> {
  try {
    await program().parseAsync();
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    process.stderr.write(`${renderError(error)}\n`);
    return error instanceof OffingError ? exitCodeOf(error) : 1;
  }
}

process.exitCode = await main();
