import type { Command } from "commander";
import { stackCommands } from "../stack/cli.ts";
import { alertsCommand } from "./alerts.ts";
import { chainCommand } from "./chain.ts";
import { demoCommand } from "./demo.ts";
import { doctorCommand } from "./doctor.ts";
import { drillCommand } from "./drill.ts";
import { previewCommand } from "./preview.ts";
import { reconcileCommand } from "./reconcile.ts";
import { runCommand } from "./run.ts";
import { telemetryCommand } from "./telemetry.ts";
import { testCommand } from "./test.ts";

/** Every command of a checkout that stands on generated code, in the order of `--help`. */
export function everyCommand(): readonly Command[] {
  return [
    demoCommand(),
    testCommand(),
    ...stackCommands(),
    doctorCommand(),
    drillCommand(),
    telemetryCommand(),
    runCommand(),
    reconcileCommand(),
    previewCommand(),
    chainCommand(),
    alertsCommand(),
  ];
}
