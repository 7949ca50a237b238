import { alertsCommand } from "./commands/alerts.ts";
import { chainCommand } from "./commands/chain.ts";
import { demoCommand } from "./commands/demo.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { drillCommand } from "./commands/drill.ts";
import { previewCommand } from "./commands/preview.ts";
import { runProgram } from "./commands/program.ts";
import { reconcileCommand } from "./commands/reconcile.ts";
import { runCommand } from "./commands/run.ts";
import { telemetryCommand } from "./commands/telemetry.ts";
import { testCommand } from "./commands/test.ts";
import { contractCommand } from "./contract/cli.ts";
import { stackCommands } from "./stack/cli.ts";

// The whole command line of a checkout.
process.exitCode = await runProgram(
  [
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
    contractCommand(),
  ],
  "Start with: ./offing demo",
);
