import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { runNodeDemo } from "../demo/node/run-node-demo.ts";
import { runDemo } from "../demo/run-demo.ts";
import { runOwnChain } from "../demo/run-own-chain.ts";
import { tourOfChain } from "./chain-tour.ts";
import { onInterrupt } from "./interrupt.ts";
import { reconcileChain } from "./reconcile.ts";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const RECONCILE_WAIT_MS = 60_000;

/** `offing demo`: the whole way from a revert to an alert, on this machine. */
export function demoCommand(): Command {
  const command = new Command("demo")
    .description("show the whole way: a real EVM node, Collector, Prometheus and Loki, and equal numbers at the end")
    .option("--keep", "leave everything running until Ctrl-C")
    .option("--rpc <url>", "watch the chain at this JSON-RPC URL instead of the demo's own; needs --config")
    .option("-c, --config <file>", "the configuration for --rpc")
    .option("--for <seconds>", "with --rpc: how long to watch before the numbers are compared", "120")
    .addHelpText("after", "\nThe first run builds the tools that are not on this machine, which takes a while and needs Go.")
    .action(async (options: { keep?: boolean; rpc?: string; config?: string; for: string }) => {
      const watchSeconds = Number(options.for);
      const own = options.rpc !== undefined || options.config !== undefined;
      if (own && (options.rpc === undefined || options.config === undefined)) {
        new Command().error("error: --rpc and --config belong together", { exitCode: 2 });
      }
      if (!(watchSeconds > 0)) new Command().error("error: --for needs a number of seconds", { exitCode: 2 });
      const signal = onInterrupt();
      const shared = {
        directory: join(ROOT, ".offing", "demo"),
        ports: "standard" as const,
        keep: options.keep ?? false,
        signal,
        write: (text: string) => process.stdout.write(text),
        reconcile: (config: string, set: readonly string[] = []) => reconcileChain({ config, set }, RECONCILE_WAIT_MS),
      };
      const { rpc = "", config = "" } = options;
      await ending(signal, () => (own ? runOwnChain({ ...shared, rpc, config, watchSeconds }) : runDemo(shared)));
    });
  command.addCommand(chainDemoCommand());
  command.addCommand(nodeDemoCommand());
  return command;
}

/** `offing demo chain`: the same, and then every question that the chain's ledger answers. */
function chainDemoCommand(): Command {
  return new Command("chain")
    .description("the same story, and then everything an operator asks: explain, canary, rollup, coverage, checklist")
    .option("--keep", "leave everything running until Ctrl-C")
    .action(async (_: object, command: Command) => {
      const { keep = false } = command.optsWithGlobals<{ keep?: boolean }>();
      const signal = onInterrupt();
      const directory = join(ROOT, ".offing", "demo");
      const write = (text: string): void => void process.stdout.write(text);
      const reconcile = (config: string) => reconcileChain({ config, set: [] }, RECONCILE_WAIT_MS);
      const tour = (config: string) => tourOfChain({ config, set: [] });
      await ending(signal, () => runDemo({ directory, ports: "standard", keep, signal, write, reconcile, tour }));
    });
}

/** Exits as the numbers say; Ctrl-C is no error. */
async function ending(signal: AbortSignal, work: () => Promise<boolean>): Promise<void> {
  try {
    process.exitCode = (await work()) ? 0 : 1;
  } catch (error) {
    if (!signal.aborted) throw error;
    process.stdout.write("\nStopped; nothing is left running.\n");
    process.exitCode = 1;
  }
}

/** `offing demo node`: one small node told of twice, by the library and by its log. */
function nodeDemoCommand(): Command {
  return new Command("node")
    .description("run a small node through work and faults, once on the library and once by its log alone, and compare what both tell")
    .option("--keep", "let both nodes go on until Ctrl-C")
    .action(async (options: { keep?: boolean }) => {
      const signal = onInterrupt();
      const directory = join(ROOT, ".offing", "demo-node");
      const write = (text: string): void => void process.stdout.write(text);
      await ending(signal, () => runNodeDemo({ directory, ports: "standard", keep: options.keep ?? false, signal, write }));
    });
}
