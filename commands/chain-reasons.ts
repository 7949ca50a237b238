import { Command } from "commander";
import { textTable } from "../demo/text-table.ts";
import { type RegistryEntry, registryOf } from "../emitters/chain/reports/registry.ts";
import { type ConfigOptions, setUpChain } from "./chain-setup.ts";
import { withConfig } from "./run.ts";

/** `offing chain reasons`: the reason codes of a configuration, built in and added, and what proves each. */
export function reasonsCommand(): Command {
  return withConfig(new Command("reasons"))
    .description("print the registry of reasons that the configuration makes: what each code means, who gives it and what proves it")
    .option("--json", "print it as JSON")
    .action((options: ConfigOptions & { readonly json?: boolean }) => {
      const entries = registryOf(setUpChain(options).config.chain);
      process.stdout.write(options.json === true ? `${JSON.stringify(entries, undefined, 2)}\n` : renderRegistry(entries));
    });
}

/** The registry for a person: one line for each thing that proves a code. */
function renderRegistry(entries: readonly RegistryEntry[]): string {
  const rows = entries.flatMap(({ code, oracleRequired, unhealthy, contracts, errors, messages }) => {
    const means = [...(oracleRequired ? ["oracle required"] : []), ...(unhealthy ? ["unhealthy"] : [])].join(", ");
    const proofs = [...errors.map((error) => `error ${error}`), ...messages.map((message) => `text "${message}"`)];
    return proofs.map((proof, index) => (index === 0 ? [code, means, contracts.join(", "), proof] : ["", "", "", proof]));
  });
  return `${textTable(["code", "means", "given by", "proved by"], rows)}\n`;
}
