import { GENERATE_COMMAND } from "./emit-typescript.ts";
import type { Contract } from "./model.ts";

/** Keys outside the contract that may leave the host: what names a service, and the labels of the Collector's own metrics. */
const OUTSIDE: readonly string[] = [
  ...["service.name", "service.namespace", "service.version", "service.instance.id"],
  ...["deployment.environment.name", "offing.network", "event.name"],
  ...["telemetry.sdk.language", "telemetry.sdk.name", "telemetry.sdk.version"],
  ...["exporter", "receiver", "processor", "transport", "data_type"],
  ...["otelcol.component.id", "otelcol.component.kind", "otelcol.pipeline.id", "otelcol.signal"],
];

/** Writes the keys that may leave the host, for the source. */
export function emitAllowedKeys(contract: Contract): string {
  const keys = allowedKeys(contract).map((key) => `  ${JSON.stringify(key)},`);
  return [
    `// Generated from contract/*.yaml. DO NOT EDIT: run \`${GENERATE_COMMAND}\`.`,
    "",
    "/** Every attribute key that may leave the host: those of the contract without a `private` mark, and a few that name a service. */",
    "export const ALLOWED_KEYS: ReadonlySet<string> = new Set([",
    ...keys,
    "]);",
    "",
  ].join("\n");
}

/** Writes the same keys for the Collector. */
export function emitAllowedKeysYaml(contract: Contract): string {
  const keys = allowedKeys(contract).map((key) => `- ${key}`);
  return [
    `# Generated from contract/*.yaml. DO NOT EDIT: run \`${GENERATE_COMMAND}\`. The keys that may leave the host.`,
    ...keys,
    "",
  ].join("\n");
}

function allowedKeys(contract: Contract): readonly string[] {
  const ours = contract.domains.flatMap(({ attributes }) => attributes.filter((one) => one.private === undefined).map(({ key }) => key));
  return [...new Set([...OUTSIDE, ...ours])].sort();
}
