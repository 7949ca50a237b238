import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { alertsSchema } from "#core/alerts/config.ts";
import { coreSections } from "#core/config/core-sections.ts";
import { chainSchemaIn } from "../emitters/chain/config.ts";
import { nodeSchemaIn } from "../emitters/node/config.ts";

/** Where the schema stands; offing.example.yaml names it, so that an editor completes and checks as one writes. */
export const SCHEMA_FILE: string = join(import.meta.dirname, "../docs/reference/offing.schema.json");

/** Emitters whose section has no schema yet; an editor lets them be. */
const UNKNOWN_SECTIONS = ["funding", "match", "social"];

/** The JSON schema of `offing.yaml`, from the schemas that the commands check it with. What only code can check is left to them. */
export function configSchema(): string {
  const later = Object.fromEntries(UNKNOWN_SECTIONS.map((domain) => [domain, z.looseObject({}).optional()]));
  const sections = { chain: chainSchemaIn(".").optional(), node: nodeSchemaIn(".").optional(), alerts: alertsSchema.optional() };
  const whole = z.strictObject({ ...coreSections("chain"), ...sections, ...later });
  const schema = z.toJSONSchema(whole, { io: "input", unrepresentable: "any", target: "draft-7", override: withVariables });
  return `${JSON.stringify({ ...schema, title: "Offing's configuration" }, undefined, 2)}\n`;
}

/** `${env:NAME}` may stand for any plain value. */
function withVariables({ jsonSchema }: { jsonSchema: Record<string, unknown> }): void {
  const { type, default: initial, ...rest } = jsonSchema;
  if (type !== "integer" && type !== "number" && type !== "boolean" && !("pattern" in rest) && !("enum" in rest)) return;
  for (const key of Object.keys(jsonSchema)) delete jsonSchema[key];
  const variable = { type: "string", pattern: "\\$\\{env:[^}]+\\}" };
  Object.assign(jsonSchema, {
    ...(initial !== undefined && { default: initial }),
    anyOf: [{ ...(type !== undefined && { type }), ...rest }, variable],
  });
}

if (import.meta.main) writeFileSync(SCHEMA_FILE, configSchema());
