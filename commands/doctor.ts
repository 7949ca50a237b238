import { existsSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { systemClock } from "#core/clock.ts";
import { duration } from "#core/config/types.ts";
import { STACK_DIRECTORY } from "../stack/up.ts";
import type { Aviary } from "./doctor/canary.ts";
import { diagnose } from "./doctor/diagnose.ts";
import { type DoctorReport, renderReport } from "./doctor/report.ts";
import { findTarget, type GivenAddresses } from "./doctor/target.ts";
import { onInterrupt } from "./interrupt.ts";

const ROOT = join(import.meta.dirname, "..");

interface DoctorOptions extends GivenAddresses {
  readonly stack: string;
  readonly wait: string;
  readonly allowListen: readonly string[];
  readonly grafanaPasswordFile: string;
  readonly json?: boolean;
  readonly every?: string;
}

/** `offing doctor`: one canary through every hop, and what is wrong with the machine. */
export function doctorCommand(): Command {
  const collect = (value: string, before: string[]): string[] => [...before, value];
  return new Command("doctor")
    .description("send one canary through every hop of the stack, name the first broken one and its mend")
    .option("--every <duration>", "go on, one run each 5m, 1h ...; the exit code is the last run's")
    .option("--json", "print each report as one line of JSON")
    .option("--wait <duration>", "how long the canary may take to each backend", "20s")
    .option("--allow-listen <address:port>", "a listener beyond loopback that you want; may be repeated", collect, [])
    .option("--stack <folder>", "the folder of the native stack", STACK_DIRECTORY)
    .option("--collector <url>", "look here for the Collector's OTLP/HTTP; likewise:")
    .option("--prometheus <url>")
    .option("--loki <url>")
    .option("--tempo <url>")
    .option("--grafana <url>")
    .option("--grafana-password-file <file>", "the administrator's password", join(ROOT, "secrets", "grafana-admin-password"))
    .addHelpText(
      "after",
      "\nIt looks at the native stack of this checkout when that runs, else at the standard ports of compose.local.yaml. A part that the stack\ndoes not have (Tempo, Grafana) is said and is no failure. Exit codes: 0 every hop is whole, 1 one is broken, 2 usage.",
    )
    .action(runDoctor);
}

async function runDoctor(options: DoctorOptions): Promise<void> {
  const [waitMs, everyMs] = [
    milliseconds(options.wait, "--wait"),
    options.every === undefined ? null : milliseconds(options.every, "--every"),
  ];
  checkAddresses(options);
  const signal = onInterrupt();
  const aviary: Aviary = { startMs: Date.now(), count: 0 };
  do {
    const report = await diagnose({
      target: await findTarget(options, options.stack),
      aviary,
      waitMs,
      allowed: options.allowListen,
      grafanaPasswordFile: options.grafanaPasswordFile,
      dataFolder: existsSync(options.stack) ? options.stack : ROOT,
    });
    process.stdout.write(print(report, options.json === true));
    process.exitCode = report.ok ? 0 : 1;
    if (everyMs !== null) await systemClock.sleep(everyMs, signal);
  } while (everyMs !== null && !signal.aborted);
}

function print(report: DoctorReport, json: boolean): string {
  return json ? `${JSON.stringify({ at: new Date().toISOString(), ...report })}\n` : renderReport(report);
}

function milliseconds(text: string, option: string): number {
  const read = duration().safeParse(text);
  if (!read.success) new Command().error(`error: ${option} ${read.error.issues[0]?.message}`, { exitCode: 2 });
  return read.data ?? 0;
}

function checkAddresses({ collector, prometheus, loki, tempo, grafana }: GivenAddresses): void {
  for (const url of [collector, prometheus, loki, tempo, grafana]) {
    if (url !== undefined && !URL.canParse(url)) new Command().error(`error: ${url} is no URL`, { exitCode: 2 });
  }
}
