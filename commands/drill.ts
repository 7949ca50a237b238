import { join, resolve } from "node:path";
import { Command } from "commander";
import { renderList, renderOutcomes } from "../drill/render.ts";
import type { AlertOutcome } from "../drill/run-drill.ts";
import { runDrills } from "../drill/run-drills.ts";
import type { Site } from "../drill/site.ts";
import { DRILLS, type DrillName } from "../observability/drill/catalogue.ts";
import { createProgress } from "../stack/progress.ts";
import { onInterrupt } from "./interrupt.ts";

const DIRECTORY = join(resolve(import.meta.dirname, ".."), ".offing", "drill");

/** `offing drill`: acts real trouble out and proves that each alert fires and clears. */
export function drillCommand(): Command {
  const command = new Command("drill").description("act real trouble out, and prove that each alert fires, arrives and clears");
  command
    .command("list")
    .description("list the drills: what each does to the watched world, and the alerts it must raise")
    .option("--json", "print JSON for programs")
    .action(({ json }: { readonly json?: boolean }) => {
      process.stdout.write(json === true ? `${JSON.stringify(DRILLS, undefined, 2)}\n` : renderList());
    });
  command
    .command("run")
    .argument("[name...]", "drills of `offing drill list`")
    .description("run drills on a stack of their own, whose rules are the real ones with every duration divided by 20")
    .option("--all", "every drill; about a quarter of an hour")
    .option("--keep", "leave everything running at the end until Ctrl-C, to look at it")
    .option("--json", "print the outcome as JSON for programs; progress goes to standard error")
    .addHelpText(
      "after",
      "\nA drill acts on the watched world or kills a process. It writes no metric and no ledger row, only a mark on every dashboard.\n" +
        "The stack of `offing up` is left alone. Ctrl-C makes the world well again and stops everything.",
    )
    .action(runAction);
  return command;
}

interface RunFlags {
  readonly all?: boolean;
  readonly keep?: boolean;
  readonly json?: boolean;
}

async function runAction(given: readonly string[], { all, keep, json }: RunFlags): Promise<void> {
  const names = all === true ? DRILLS.map(({ name }) => name) : given.map(nameOf);
  if (names.length === 0)
    new Command().error("error: name the drills to run, or say --all; `offing drill list` shows them", { exitCode: 2 });
  const signal = onInterrupt();
  const say = (line: string): void => void (json === true ? process.stderr : process.stdout).write(`${line}\n`);
  const onDone = async (outcomes: readonly AlertOutcome[], { stack }: Site): Promise<void> => {
    process.stdout.write(json === true ? `${JSON.stringify(outcomes, undefined, 2)}\n` : `\n${renderOutcomes(outcomes)}`);
    process.exitCode = outcomes.every(({ ok }) => ok) ? 0 : 1;
    if (keep !== true) return;
    say(`Everything keeps running: ${stack.endpoints.prometheus}. Ctrl-C stops it.`);
    await new Promise<void>((done) => signal.addEventListener("abort", () => done(), { once: true }));
  };
  try {
    await runDrills({ names, directory: DIRECTORY, progress: createProgress(), signal, say, onDone });
  } catch (error) {
    if (!signal.aborted) throw error;
    say("Stopped: the world is well again, and nothing is left running.");
    process.exitCode = 1;
  }
}

function nameOf(given: string): DrillName {
  const found = DRILLS.find(({ name }) => name === given);
  return found?.name ?? new Command().error(`error: no drill is called "${given}"; \`offing drill list\` shows them`, { exitCode: 2 });
}
