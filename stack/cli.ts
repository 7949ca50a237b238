import { Command } from "commander";
import { readDiskBudget } from "./disk-budget.ts";
import { createProgress } from "./progress.ts";
import { down, type StackStatus, status, up } from "./up.ts";

/** The commands `up`, `down` and `status`, ready to be added to a program. They print to standard output and set the exit code. */
export function stackCommands(): Command[] {
  return [upCommand(), downCommand(), statusCommand()];
}

/** The table that `up` and `status` print. */
export function renderStatus(present: StackStatus): string {
  if (!present.running) {
    const why = present.failure === null ? [] : ["It ended by itself:", ...present.failure.split("\n").map((line) => `  ${line}`)];
    return ["The stack does not run.", ...why, "Start it with ./offing up."].join("\n");
  }
  const head = ["PART", "VERSION", "PID", "ADDRESS", "READY", "LOG"];
  const rows = present.parts.map(({ part, version, pid, address, ready, log }) => [
    part,
    version,
    pid === null ? "-" : String(pid),
    address,
    ready ? "yes" : "no",
    log,
  ]);
  const { endpoints } = present;
  const traces = endpoints?.tracesFile == null ? [] : ["", `There is no Tempo on this machine: spans go to ${endpoints.tracesFile}`];
  return [...table([head, ...rows]), ...traces].join("\n");
}

function upCommand(): Command {
  return new Command("up")
    .description("Start the Collector, Prometheus, Alertmanager and Loki on loopback and leave them running.")
    .addHelpText(
      "after",
      `
Programs that are missing are fetched or built first; OFFING_<TOOL>_BIN (COLLECTOR, PROMETHEUS, ALERTMANAGER, LOKI, TEMPO) names one to use.
Ports: OTLP 4317 (gRPC) and 4318 (HTTP), Prometheus 9090, Alertmanager 9093, Loki 3100. OFFING_PORT_BASE=20000 takes 20000 and those after it.
Alertmanager pages nobody until the secrets of its receivers stand in the folder secrets/: see observability/alertmanager/alertmanager.yaml.`,
    )
    .option("--disk-budget <size>", "what Prometheus, Loki, Tempo, the queues and the ledgers may take together, such as 20G")
    .action(async ({ diskBudget }: { readonly diskBudget?: string }) => {
      const budget = diskBudget === undefined ? {} : { diskBudget: readDiskBudget(diskBudget) };
      const interrupt = new AbortController();
      const onSignal = (): void => interrupt.abort(new Error("interrupted"));
      process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
      try {
        const present = await up({ ...budget, progress: createProgress(), signal: interrupt.signal });
        process.stdout.write(`${renderStatus(present)}\n`);
      } catch (error) {
        if (!interrupt.signal.aborted) throw error;
        process.stderr.write("Interrupted: nothing is left running.\n");
        process.exitCode = 1;
      } finally {
        process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
      }
    });
}

function downCommand(): Command {
  return new Command("down").description("Stop what `up` has started, and nothing else. Data and logs stay.").action(async () => {
    const stopped = await down();
    process.stdout.write(stopped.length === 0 ? "Nothing ran.\n" : `Stopped ${stopped.join(", ")}.\n`);
  });
}

function statusCommand(): Command {
  return new Command("status")
    .description("Show each part of the stack: version, process, address, whether it is ready, log.")
    .option("--json", "print JSON for programs")
    .addHelpText("after", "\nEnds with 1 when the stack does not run or a part is not ready.")
    .action(async ({ json }: { readonly json?: boolean }) => {
      const present = await status();
      process.stdout.write(`${json === true ? JSON.stringify(present, undefined, 2) : renderStatus(present)}\n`);
      if (!present.running || present.parts.length === 0 || present.parts.some((part) => !part.ready)) process.exitCode = 1;
    });
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
