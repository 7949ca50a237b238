import { Command } from "commander";
import { renderConfig } from "#core/config.ts";
import { run } from "#core/run.ts";
import { runStream } from "#core/run-stream.ts";
import type { NodeConfig } from "../emitters/node/config.ts";
import { setUpAlerts } from "./alerts-setup.ts";
import { setUpChain } from "./chain-setup.ts";
import { onInterrupt } from "./interrupt.ts";
import { setUpNode } from "./node-setup.ts";

/** `offing run DOMAIN`: one emitter in the foreground. */
export function runCommand(): Command {
  const command = new Command("run").description("run an emitter in the foreground");
  withConfig(command.command("chain"))
    .description("watch an EVM chain for operations that an oracle blocks")
    .option("--print-config", "print the checked configuration with secrets masked, and stop")
    .addHelpText(
      "after",
      "\nIt stops at Ctrl-C or SIGTERM, after handing over what is in the ledger. One JSON object a line goes to standard error.",
    )
    .action(async (options: { config: string; set: string[]; printConfig?: boolean }) => {
      const setup = setUpChain(options);
      if (options.printConfig === true) process.stdout.write(renderConfig(setup.config));
      else await run(setup.run, onInterrupt());
    });
  withConfig(command.command("alerts"))
    .description("keep the history of alerts: take Alertmanager's webhook at /alertmanager, and ask it for what was missed")
    .option("--print-config", "print the checked configuration with secrets masked, and stop")
    .addHelpText("after", "\n`offing up` runs it beside Alertmanager; `offing alerts history` reads what it wrote.")
    .action(async (options: { config: string; set: string[]; printConfig?: boolean }) => {
      const setup = setUpAlerts(options);
      if (options.printConfig === true) process.stdout.write(renderConfig(setup.config));
      else await run(setup.run, onInterrupt());
    });
  withConfig(command.command("node"))
    .description("turn the JSON log of a node into spans, metrics and log records")
    .option("--print-config", "print the checked configuration with secrets masked, and stop")
    .addHelpText("after", "\nIt stops at Ctrl-C or SIGTERM, and by itself once standard input, where that is its only input, has ended.")
    .action(async (options: { config: string; set: string[]; printConfig?: boolean }) => {
      const setup = setUpNode(options);
      if (options.printConfig === true) process.stdout.write(renderConfig({ ...setup.config, node: nodeSection(setup.config.node) }));
      else await runStream(setup.run, onInterrupt());
    });
  return command;
}

/** What a person wants to see of the section: the names of the mappings, not what stands in them. */
function nodeSection({ mappings, ...rest }: NodeConfig): object {
  return { ...rest, mappings: [...mappings.keys()] };
}

/** Adds the options by which a command finds its configuration, which is `file` unless given. */
export function withConfig(command: Command, file: string = "offing.yaml"): Command {
  const collect = (value: string, before: string[]): string[] => [...before, value];
  return command
    .option("-c, --config <file>", "the configuration", file)
    .option("--set <key=value>", "set one value over the file, such as collector.url=http://127.0.0.1:4318; may be repeated", collect, []);
}
