import { runProgram } from "./commands/program.ts";
import { contractCommand } from "./contract/cli.ts";

// The whole command line of a checkout. What writes the generated code must run while that code is behind what imports it.
const others = process.argv[2] === "contract" ? [] : (await import("./commands/every-command.ts")).everyCommand();
process.exitCode = await runProgram([...others, contractCommand()], "Start with: ./offing demo");
