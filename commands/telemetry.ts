import { Argument, Command } from "commander";
import type { OtlpOptions } from "#core/otlp.ts";
import type { ConfigOptions } from "./chain-setup.ts";
import { setUpChain } from "./chain-setup.ts";
import { setUpNode } from "./node-setup.ts";
import { withConfig } from "./run.ts";
import { nodeParcels } from "./telemetry/node-parcels.ts";
import { type Parcel, parcelsOf } from "./telemetry/parcels.ts";
import { renderRequests } from "./telemetry/render.ts";
import { requestsStraight, requestsThroughCollector } from "./telemetry/requests.ts";

interface PreviewOptions extends ConfigOptions {
  readonly facts: string;
  readonly through?: string;
  readonly json?: boolean;
}

/** `offing telemetry preview`: exactly what would leave this host. */
export function telemetryCommand(): Command {
  const command = new Command("telemetry").description("look at what is sent");
  withConfig(command.command("preview"))
    .description("print exactly what would leave this host for a managed backend; nothing is sent")
    .addArgument(new Argument("[domain]", "of which emitter").choices(["chain", "node"]).default("chain"))
    .option("--facts <n>", "how many of the ledger's last facts, or of the last lines of the node's log, to show", "3")
    .option(
      "--through <way>",
      "`straight` as the collector section sends it, or `collector`, by a Collector with collector/otel-remote.yaml",
    )
    .option("--json", "print the OTLP requests as JSON, one a line")
    .addHelpText("after", "\nWithout --through it is `straight` when collector.url is beyond loopback, else `collector`.")
    .action(preview);
  return command;
}

async function preview(domain: string, options: PreviewOptions): Promise<void> {
  const count = Number(options.facts);
  const { through } = options;
  if (!(Number.isInteger(count) && count >= 0)) new Command().error("error: --facts needs a whole number", { exitCode: 2 });
  if (through !== undefined && through !== "straight" && through !== "collector") {
    new Command().error("error: --through is `straight` or `collector`", { exitCode: 2 });
  }
  const { parcels, collector } = domain === "node" ? ofNode(options, count) : await ofChain(options, count);
  const straight = through === undefined ? leaves(collector) : through === "straight";
  const requests = straight ? requestsStraight(parcels, collector.redaction) : await requestsThroughCollector(parcels);
  if (options.json === true) for (const { request } of requests) process.stdout.write(`${JSON.stringify(request)}\n`);
  else process.stdout.write(renderRequests(parcels, requests, straight ? "straight from the emitter" : "through the Collector"));
}

interface Previewed {
  readonly parcels: readonly Parcel[];
  readonly collector: Pick<OtlpOptions, "redaction" | "url">;
}

async function ofChain(options: ConfigOptions, count: number): Promise<Previewed> {
  const { emitter, run } = setUpChain(options);
  return { parcels: await parcelsOf(emitter, run, count), collector: run.collector };
}

function ofNode(options: ConfigOptions, count: number): Previewed {
  const setup = setUpNode(options);
  return { parcels: nodeParcels(setup, count), collector: setup.run.collector };
}

/** Redaction is on by default exactly where the address is beyond this host. */
function leaves({ redaction, url }: Pick<OtlpOptions, "redaction" | "url">): boolean {
  return redaction !== undefined || url.startsWith("https:");
}
