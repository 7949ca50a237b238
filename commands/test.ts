import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { check } from "../scripts/check.ts";
import { STEPS } from "../scripts/steps.ts";
import { onInterrupt } from "./interrupt.ts";

/** `offing test`: everything CI runs, fast steps first. */
export function testCommand(): Command {
  return new Command("test")
    .description("run every check and test: lint, types, contract, shell, unit on both ledgers, rules, end to end on the real stack")
    .option("--only <step...>", `only these steps: ${STEPS.map((step) => `"${step.name}"`).join(", ")}`)
    .option("--keep-going", "go on after a failed step")
    .option("--fast", "leave out what starts servers or builds tools")
    .option(
      "--full",
      "also what takes long: each part of the stack away for ten minutes, every drill, and the stack with Docker; about an hour",
    )
    .action(async (options: { only?: string[]; keepGoing?: boolean; fast?: boolean; full?: boolean }) => {
      const unknown = (options.only ?? []).find((name) => !STEPS.some((step) => step.name === name));
      const command = new Command();
      if (unknown !== undefined) command.error(`error: no step is called "${unknown}"`, { exitCode: 2 });
      if (options.fast === true && options.full === true) command.error("error: --fast and --full exclude each other", { exitCode: 2 });
      const fast = STEPS.filter((step) => step.heavy !== true).map((step) => step.name);
      const { passed, failed } = await check({
        root: resolve(dirname(fileURLToPath(import.meta.url)), ".."),
        only: options.only ?? (options.fast === true ? fast : []),
        keepGoing: options.keepGoing ?? false,
        full: options.full ?? false,
        write: (text) => process.stdout.write(text),
        signal: onInterrupt(),
      });
      process.stdout.write(`${passed} passed, ${failed} failed\n`);
      process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
    });
}
