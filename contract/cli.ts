import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { checkReleased, RELEASED_PATH } from "./diff.ts";
import { emitJson } from "./emit-json.ts";
import { checkGenerated, generate } from "./generate.ts";
import type { Contract, Metric } from "./model.ts";
import { readContract } from "./schema.ts";

/** Where the command works; this checkout and standard output when left out. */
export interface ContractCommandOptions {
  readonly root?: string;
  readonly write?: (text: string) => void;
}

/** `offing contract check | generate | docs`. Faults leave as OffingError: CONTRACT_INVALID, CONTRACT_DRIFT, CONTRACT_BREAKING. */
export function contractCommand(options: ContractCommandOptions = {}): Command {
  const root = options.root ?? join(import.meta.dirname, "..");
  const write = options.write ?? ((text) => process.stdout.write(text));
  const command = new Command("contract").description("Check, generate and read the naming contract.");
  command
    .command("check")
    .description("Check contract/*.yaml, the files generated from it, and that no released name went or changed.")
    .action(() => write(`${runCheck(root)}\n`));
  command
    .command("generate")
    .description("Write contract/generated/ and docs/reference/ from contract/*.yaml.")
    .option("--release", `also record the names as released, in ${RELEASED_PATH}`)
    .action(({ release }: { readonly release?: true }) => write(`${runGenerate(root, release === true)}\n`));
  command
    .command("docs")
    .description("Say where the reference stands and list every Prometheus name.")
    .option("--json", "print the whole contract as JSON instead")
    .action(({ json }: { readonly json?: true }) => {
      const contract = readContract({ root });
      write(json === true ? emitJson(contract) : runDocs(contract));
    });
  return command;
}

function runCheck(root: string): string {
  const contract = checkGenerated({ root });
  checkReleased(contract, { root });
  return `contract: ${summary(contract)}, ok`;
}

function runGenerate(root: string, release: boolean): string {
  const written = generate({ root });
  const lines = written.length === 0 ? ["contract: generated files are up to date"] : written.map((path) => `contract: wrote ${path}`);
  if (!release) return lines.join("\n");
  const contract = readContract({ root });
  checkReleased(contract, { root });
  writeFileSync(join(root, RELEASED_PATH), emitJson(contract));
  return [...lines, `contract: recorded ${summary(contract)} as released`].join("\n");
}

function summary({ domains, errors }: Contract): string {
  const count = (list: "metrics" | "spans" | "events" | "attributes"): number =>
    domains.reduce((sum, domain) => sum + domain[list].length, 0);
  return `${count("metrics")} metrics, ${count("spans")} spans, ${count("events")} events, ${count("attributes")} attributes, ${errors.length} error codes`;
}

function runDocs(contract: Contract): string {
  const pages = [...contract.domains.map(({ name }) => `docs/reference/telemetry-${name}.md`), "docs/reference/errors.md"];
  const rows = contract.domains.flatMap(({ metrics }) => metrics.flatMap(prometheusRows));
  const width = Math.max(...rows.map(([name = ""]) => name.length));
  const table = rows.map(([name = "", kind = "", labels = ""]) => `  ${name.padEnd(width)}  ${kind.padEnd(9)}  ${labels}`.trimEnd());
  return `${["Reference:", ...pages.map((page) => `  ${page}`), "", "In Prometheus:", ...table].join("\n")}\n`;
}

function prometheusRows(metric: Metric): readonly (readonly string[])[] {
  const labels = metric.labels.map(({ prometheus }) => prometheus).join(", ");
  return [metric.prometheus, ...metric.siblings.map(({ prometheus }) => prometheus)].map((name) => [name, metric.instrument, labels]);
}
