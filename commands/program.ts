import { Command, CommanderError } from "commander";
import { exitCodeOf, OffingError, renderError } from "#core/errors.ts";

const EXIT_CODES = "\nExit codes: 0 ok, 1 failed, 2 bad configuration or usage.";

/** Runs the command line with these commands, and gives the exit code. */
export async function runProgram(commands: readonly Command[], hint: string): Promise<number> {
  const root = new Command("offing")
    .description("Telemetry for blockchain systems whose every number can be reconciled with a ledger.")
    .addHelpText("after", `${EXIT_CODES}\n${hint}`)
    .showHelpAfterError("Run with --help to see how.");
  for (const command of commands) root.addCommand(command);
  strict(root);
  try {
    await root.parseAsync();
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    process.stderr.write(`${renderError(error)}\n`);
    return error instanceof OffingError ? exitCodeOf(error) : 1;
  }
}

/** Usage faults are exit code 2 everywhere. */
function strict(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) strict(child);
}
