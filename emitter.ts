import { runProgram } from "./commands/program.ts";
import { reconcileCommand } from "./commands/reconcile.ts";
import { runCommand } from "./commands/run.ts";

// The entry of the image: what an emitter needs, and nothing of what builds, draws or tests.
process.exitCode = await runProgram([runCommand(), reconcileCommand()], "Start with: run chain --config /etc/offing/offing.yaml");
